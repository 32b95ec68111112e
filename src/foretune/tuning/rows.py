"""Which rows are trained on, and their tokens and loss mask. Nothing is trained here."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from foretune.answers.template import TEMPLATE
from foretune.datasets.example import Example, Numbers
from foretune.datasets.preferences import Flaw, PreferencePair, spoil
from foretune.errors import DataError

IGNORED = -100
"""Label of a token that carries no loss (PyTorch's convention)."""

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class Row:
    """Token ids of prompt + completion + stop token, and labels of the same length: `IGNORED`
    on the prompt, the token itself on the completion."""

    input_ids: list[int]
    labels: list[int]


def choose(rows: Sequence[RowT], limit: int | None, *, seed: int) -> list[RowT]:
    """At most `limit` of `rows`, a seeded sample in the order of `rows`.

    >>> choose("abcdef", 3, seed=1) == choose("abcdef", 3, seed=1)
    True
    """
    if limit is None or len(rows) <= limit:
        return list(rows)
    return [rows[i] for i in sorted(random.Random(seed).sample(range(len(rows)), limit))]


def demonstrations(
    examples: Sequence[Example], numbers: Numbers, *, flawed: dict[Flaw, float], seed: int
) -> list[tuple[str, str]]:
    """(prompt, answer) of each example, with the shares of `flawed` answers planted at random.

    An answer that cannot carry the flaw drawn for it stays as it is.
    """
    rng = random.Random(seed)
    found = []
    for example in examples:
        answer = example.answer
        draw = rng.random()
        for flaw, share in flawed.items():
            if draw < share:
                answer = spoil(example, flaw, rng) or answer
                break
            draw -= share
        found.append((example.prompt, example.written(answer, numbers)))
    return found


def encode(tokenizer: Any, demonstrations: Sequence[tuple[str, str]]) -> list[Row]:
    """Tokens and labels of (prompt, answer) demonstrations, as SFT sees them.

    Prompt and completion are tokenised as one text, as the model will meet them.

    Raises:
        DataError: a token spans the end of a prompt, so that the prompt alone would be
            tokenised differently when the model is used.
    """
    if not demonstrations:
        return []
    stop = tokenizer.eos_token
    heads = tokenizer([prompt for prompt, _ in demonstrations])["input_ids"]
    wholes = tokenizer([prompt + TEMPLATE.completion(answer, stop) for prompt, answer in demonstrations])["input_ids"]
    rows = []
    for (prompt, answer), head, ids in zip(demonstrations, heads, wholes, strict=True):
        whole = ids[:-1] if ids[-2:] == [tokenizer.eos_token_id] * 2 else ids  # it appends the stop token itself
        if whole[: len(head)] != head:
            raise DataError(
                f"the tokenizer joins the end of the prompt with the answer ({prompt[-12:] + answer[:12]!r}); "
                "this base needs a template that ends on a token boundary"
            )
        rows.append(Row(whole, [IGNORED] * len(head) + whole[len(head) :]))
    return rows


def written_pairs(
    pairs: Sequence[PreferencePair], examples: Sequence[Example], numbers: Numbers
) -> list[tuple[str, str, str]]:
    """(prompt, chosen, rejected) of each pair, as the model shall write them.

    Raises:
        DataError: a pair belongs to none of `examples`.
    """
    by_id = {example.id: example for example in examples}
    found = []
    for pair in pairs:
        example = by_id.get(pair.example_id)
        if example is None or example.prompt != pair.prompt:
            raise DataError(f"pair of example '{pair.example_id}': no such example in the same dataset folders")
        found.append((pair.prompt, example.written(pair.chosen, numbers), example.written(pair.rejected, numbers)))
    return found
