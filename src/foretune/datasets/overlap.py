"""Keeps several dataset folders from leaking into each other, and a test from what a model was trained on.

`splits` guards one dataset while it is built; here are the guards of those who read several. Simulated
and real markets are guarded apart: what a simulation does tells nothing about a real market's future.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from foretune.datasets.example import Example, Split
from foretune.datasets.splits import check_no_overlap
from foretune.errors import DataError, LeakageError
from foretune.origin import Origin

SIMULATED, REAL = "simulated", "real"


def market_kind(example: Example) -> str:
    """'simulated', or 'real' for recorded and live data."""
    return SIMULATED if example.context.origin is Origin.SIMULATED else REAL


def known_until(example: Example) -> datetime:
    """The last moment the example's answer knows of (UTC): its label's end, else its decision."""
    return example.label_end_at or example.context.as_of


def check_ids(examples: Sequence[Example]) -> None:
    """Raise DataError if two examples share an id."""
    twice = [name for name, count in Counter(example.id for example in examples).items() if count > 1]
    if twice:
        raise DataError(
            f"{len(twice)} examples stand in the data twice, '{twice[0]}' first: a folder is named twice, or two "
            f"folders hold the same symbol and day; give only one of them"
        )


def check_union(examples: Sequence[Example]) -> None:
    """Raise LeakageError if, over all examples together, an earlier split reaches into a later one.

    Folders that are each split well may still leak together: one trains on days another tests.
    """
    for kind in (SIMULATED, REAL):
        own = [example for example in examples if market_kind(example) == kind]
        rows = pl.DataFrame(
            {
                "split": [example.split.value for example in own],
                "decision_at": [example.context.as_of for example in own],
                "label_end_at": [known_until(example) for example in own],
            }
        )
        try:
            check_no_overlap(rows)
        except LeakageError as exc:
            raise LeakageError(
                f"the {kind} datasets leak into each other: {exc}; build them over the same dates with the same "
                f"shares, or use one of them"
            ) from exc


def training_ends(examples: Sequence[Example]) -> dict[str, datetime]:
    """Per kind of market, the last moment any training example knows of (UTC)."""
    ends: dict[str, datetime] = {}
    for example in examples:
        if example.split is Split.TRAIN:
            kind, end = market_kind(example), known_until(example)
            ends[kind] = max(end, ends.get(kind, end))
    return ends


def check_unseen(examples: Sequence[Example], trained_until: Mapping[str, datetime]) -> None:
    """Raise LeakageError if an example was decided before training on its kind of market ended."""
    for kind, end in trained_until.items():
        decisions = [example.context.as_of for example in examples if market_kind(example) == kind]
        if decisions and min(decisions) <= end:
            raise LeakageError(
                f"the models were trained on {kind} markets until {end:%Y-%m-%d %H:%M} UTC, but the {kind} test rows "
                f"begin at {min(decisions):%Y-%m-%d %H:%M} UTC; evaluate on the datasets of the training, or on one "
                f"whose test split begins later"
            )
