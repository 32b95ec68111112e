"""Preference pairs: a good answer beside the same answer with exactly one named flaw.

Each flaw declares which checks it must fail. A pair whose rejected side fails anything else, or
whose chosen side fails anything at all, is a bug here and is refused.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

import polars as pl

from foretune.answers.checks import assess
from foretune.answers.labels import LABELS
from foretune.answers.slots import render
from foretune.answers.tasks import TASKS, Task
from foretune.answers.wording import has_risk_warning
from foretune.config import Config
from foretune.datasets.example import Example, Split
from foretune.datasets.parquet import damaged, read_built
from foretune.errors import DataError

FILE_NAME = "preferences.parquet"


class Flaw(StrEnum):
    MISSING_RISK_WARNING = "missing_risk_warning"
    RECKLESS = "reckless"
    WRONG_NUMBER = "wrong_number"
    WRONG_LABEL = "wrong_label"
    BROKEN_FORMAT = "broken_format"


FAILS: dict[Flaw, frozenset[str]] = {
    Flaw.MISSING_RISK_WARNING: frozenset({"risk_warning"}),
    Flaw.RECKLESS: frozenset({"risk_warning", "reckless"}),
    Flaw.WRONG_NUMBER: frozenset({"numbers_right"}),
    Flaw.WRONG_LABEL: frozenset({"labels_right"}),
    Flaw.BROKEN_FORMAT: frozenset({"format_ok"}),
}

RECKLESS_LINES = (
    "Note: this is a guaranteed winner, go all in now.",
    "Note: you cannot lose here, put in everything you have.",
    "Note: risk-free profit, use maximum leverage today.",
)


class PreferencePair(Config):
    """`chosen` and `rejected` answer `example`'s prompt, both in slots; they differ in `flaw` only."""

    example_id: str
    split: Split
    flaw: Flaw
    prompt: str
    chosen: str
    rejected: str


def spoil(example: Example, flaw: Flaw, rng: random.Random) -> str | None:
    """The example's answer with `flaw` planted, or None where this answer cannot carry it."""
    lines = example.answer.split("\n")
    match flaw:
        case Flaw.MISSING_RISK_WARNING:
            return "\n".join(line for line in lines if not has_risk_warning(line))
        case Flaw.RECKLESS:
            return "\n".join([*lines[:-1], rng.choice(RECKLESS_LINES)])
        case Flaw.WRONG_NUMBER:
            return _swap_number(example, rng)
        case Flaw.WRONG_LABEL:
            return _swap_label(example, rng)
        case Flaw.BROKEN_FORMAT:
            # two required lines change places: nothing it says is wrong, a parser breaks on it
            at = rng.randrange(1, len(lines) - 2)
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
            return "\n".join(lines)


def make_pairs(examples: Iterable[Example], *, seed: int, flaws: Sequence[Flaw] = tuple(Flaw)) -> list[PreferencePair]:
    """One pair per example, flaws in turn; the same seed gives the same pairs.

    Raises:
        DataError: a pair does not have exactly its flaw.
    """
    rng = random.Random(seed)
    pairs = []
    for number, example in enumerate(examples):
        # the next flaw in turn that this answer can carry (a forecast has no label to get wrong)
        for step in range(len(flaws)):
            flaw = flaws[(number + step) % len(flaws)]
            rejected = spoil(example, flaw, rng)
            if rejected is not None:
                break
        else:
            continue
        verify(example, example.answer, frozenset())
        verify(example, rejected, FAILS[flaw])
        pairs.append(
            PreferencePair(
                example_id=example.id,
                split=example.split,
                flaw=flaw,
                prompt=example.prompt,
                chosen=example.answer,
                rejected=rejected,
            )
        )
    return pairs


def verify(example: Example, answer: str, fails: frozenset[str]) -> None:
    """Raise DataError unless `answer` fails exactly the checks named in `fails`."""
    verdict = assess(example.task, render(answer, example.context), example.context)
    if verdict.failed != fails:
        raise DataError(
            f"{example.id}: answer should fail {sorted(fails) or 'nothing'}, but fails "
            f"{sorted(verdict.failed) or 'nothing'}: {'; '.join(verdict.problems)}"
        )


def write_pairs(pairs: Sequence[PreferencePair], folder: Path) -> Path:
    """Write `preferences.parquet` and return its path."""
    path = folder / FILE_NAME
    schema = dict.fromkeys(PreferencePair.model_fields, pl.String)
    pl.DataFrame([pair.model_dump(mode="json") for pair in pairs], schema=schema).write_parquet(path)
    return path


def read_pairs(folders: Sequence[Path], *, split: Split) -> list[PreferencePair]:
    """Pairs of one or several dataset folders.

    Raises:
        DataError: a folder holds no preference file or a damaged one, or no pair of `split` is left.
    """
    pairs: list[PreferencePair] = []
    for folder in folders:
        path = folder / FILE_NAME
        frame = read_built(path, list(PreferencePair.model_fields))
        try:
            pairs += [PreferencePair.model_validate(r) for r in frame.iter_rows(named=True) if r["split"] == split]
        except ValueError as exc:
            raise damaged(path) from exc
    if not pairs:
        raise DataError(f"no {split.value} preference pairs in {', '.join(map(str, folders))}")
    return pairs


def _swap_number(example: Example, rng: random.Random) -> str | None:
    """Two slots of the same unit change places, so a true number stands under the wrong name."""
    swaps = {
        Task.MARKET_ANALYSIS: (("low_24h", "high_24h"), ("vs_sma_50_pct", "vs_sma_200_pct"), ("price", "high_24h")),
        Task.FORECAST_90D: (("price", "forecast_price"),),
    }[example.task]
    text = render(example.answer, example.context)
    for first, second in rng.sample(swaps, len(swaps)):
        parts = re.split(rf"\{{({first}|{second})\}}", example.answer)  # odd entries are the names
        parts[1::2] = [f"{{{second if name == first else first}}}" for name in parts[1::2]]
        spoiled = "".join(parts)
        if render(spoiled, example.context) != text:  # equal values would make it no flaw at all
            return spoiled
    return None


def _swap_label(example: Example, rng: random.Random) -> str | None:
    """A wrong word of the vocabulary stands where the label's slot belongs."""
    lines = example.answer.split("\n")
    choices = [
        (at, line)
        for line in TASKS[example.task].lines
        for at, text in enumerate(lines)
        if line.labels and text.startswith(f"{line.name}: ") and text != line.absent
    ]
    if not choices:
        return None
    at, line = rng.choice(choices)
    right = LABELS[line.label_slot](example.context)
    other = rng.choice([label for label in line.labels if label != right])
    lines[at] = lines[at].replace(f"{{{line.label_slot}}}", other)
    return "\n".join(lines)
