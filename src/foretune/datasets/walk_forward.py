"""Walk-forward folds by date, purged and embargoed: each tests on the stretch after what it trains on. Fits nothing.

The folds cut the rows they are given: without the rows of the test split, that split stays unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl

from foretune.errors import ConfigError, EmptyData

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "fold": pl.Int64,
    "role": pl.String,
    "first_decision": pl.Datetime("us", "UTC"),
    "last_decision": pl.Datetime("us", "UTC"),
    "labels_end": pl.Datetime("us", "UTC"),
    "rows": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Fold:
    """`train` and `test` are Boolean masks over the rows; rows in neither are later, or purged."""

    number: int
    train: pl.Series
    test: pl.Series


def walk_forward_folds(rows: pl.DataFrame, *, folds: int, embargo_days: int = 5) -> Iterator[Fold]:
    """Cut `rows` into `folds` expanding folds, the earliest first.

    The decision dates, shared by all assets, make `folds + 1` stretches of equally many dates. Fold
    i tests on stretch i + 1 and trains on every earlier row whose label, plus the embargo, ends
    before that stretch begins. There is no way to ask for no purge.

    Args:
        rows: `decision_at`, `label_end_at`.
        folds: how many, at least 1.
        embargo_days: days kept free between the last training label's end and the first test decision.

    Raises:
        ConfigError: fewer than one fold, or an embargo below none.
        EmptyData: a fold has no training rows left: the stretches are shorter than horizon and embargo.
    """
    if folds < 1 or embargo_days < 0:
        raise ConfigError(
            f"{folds} folds with {embargo_days} days of embargo cannot be cut; ask for 1 or more, 0 or more"
        )
    dates = rows["decision_at"].unique().sort()
    if len(dates) <= folds:
        raise EmptyData(f"{len(dates)} decision dates are too few for {folds} walk-forward folds; use a longer history")
    starts: list[datetime | None] = [dates[len(dates) * at // (folds + 1)] for at in range(1, folds + 1)]
    embargo = timedelta(days=embargo_days)
    for number, (start, stop) in enumerate(pairwise([*starts, None]), 1):
        assert start is not None  # noqa: S101 - only the end of the last stretch is open
        train = (rows["label_end_at"] + embargo < start).fill_null(value=False).alias("train")
        test = rows["decision_at"] >= start
        if stop is not None:
            test &= rows["decision_at"] < stop
        if not train.any():
            raise EmptyData(
                f"walk-forward fold {number} of {folds} has no training rows: no label ends {embargo_days} days before "
                f"its test begins at {start}; use fewer folds or a longer history"
            )
        yield Fold(number, train, test.alias("test"))


def fold_spans(rows: pl.DataFrame, *, folds: int, embargo_days: int = 5) -> pl.DataFrame:
    """What `walk_forward_folds` cuts, as a table: two rows per fold, `train` and `test`.

    Columns: `fold`, `role`, `first_decision`, `last_decision`, `labels_end` (UTC), `rows`.

    >>> from datetime import UTC
    >>> days = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(300)]
    >>> panel = pl.DataFrame({"decision_at": days, "label_end_at": [day + timedelta(days=90) for day in days]})
    >>> fold_spans(panel, folds=2, embargo_days=5).select("fold", "role", "rows").rows()
    [(1, 'train', 5), (1, 'test', 100), (2, 'train', 105), (2, 'test', 100)]
    """
    found = []
    for fold in walk_forward_folds(rows, folds=folds, embargo_days=embargo_days):
        for role, mask in (("train", fold.train), ("test", fold.test)):
            part = rows.filter(mask)
            decided = part["decision_at"]
            found.append((fold.number, role, decided.min(), decided.max(), part["label_end_at"].max(), len(part)))
    return pl.DataFrame(found, schema=_SCHEMA, orient="row")
