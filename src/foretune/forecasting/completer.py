"""What forecasting and evaluation ask of a language model. No model is loaded here.

Structural types: anything that completes prompts fits, so both rooms run without torch and
tests use a scripted model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Completion(Protocol):
    """One continuation of a prompt."""

    @property
    def text(self) -> str:
        """What was written, without the prompt and without the stop token."""

    @property
    def stopped(self) -> bool:
        """True if the model wrote its stop token, False if it was cut off."""


class Completer(Protocol):
    """Continues prompts. The same arguments give the same completions."""

    def __call__(
        self, prompts: Sequence[str], *, samples: int, temperature: float, seed: int
    ) -> Sequence[Sequence[Completion]]:
        """`samples` continuations of each prompt, in the order of `prompts`."""
