"""The one prompt template, shared by dataset builder, trainer, evaluator and server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """Alpaca-style prompt; the completion is the answer followed by the stop token.

    >>> print(Template().prompt("Say hello.", "Name: Ada"))
    ### Instruction:
    Say hello.
    <BLANKLINE>
    ### Input:
    Name: Ada
    <BLANKLINE>
    ### Response:
    <BLANKLINE>
    """

    name: str = "alpaca"

    def prompt(self, instruction: str, input_text: str = "") -> str:
        """Everything before the answer. An empty input leaves its section out."""
        section = f"### Input:\n{input_text}\n\n" if input_text else ""
        return f"### Instruction:\n{instruction}\n\n{section}### Response:\n"

    def completion(self, answer: str, stop_token: str) -> str:
        """The part that carries the loss; the stop token is always in it."""
        return f"{answer}{stop_token}"

    @property
    def chat_template(self) -> str:
        """The same text as Jinja for `tokenizer.chat_template`: the user's message holds the
        instruction, a blank line, and the input block introduced by `### Input:`."""
        return (
            "{% for message in messages %}"
            "{% if message['role'] == 'user' %}### Instruction:\n{{ message['content'] }}\n\n"
            "### Response:\n{% elif message['role'] == 'assistant' %}{{ message['content'] }}{{ eos_token }}"
            "{% else %}{{ raise_exception('only user and assistant turns are supported') }}{% endif %}"
            "{% endfor %}"
        )

    def user_message(self, instruction: str, input_text: str = "") -> str:
        """The user turn whose rendering by `chat_template` equals `prompt`."""
        return f"{instruction}\n\n### Input:\n{input_text}" if input_text else instruction


TEMPLATE = Template()
