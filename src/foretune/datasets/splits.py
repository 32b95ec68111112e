"""Train, validation and test by time, with purge and embargo. Never by row count, never shuffled."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from pydantic import Field, model_validator

from foretune.config import Config
from foretune.datasets.example import Split
from foretune.errors import EmptyData, LeakageError

PURGED = "purged"


class SplitSpec(Config):
    """Shares of the time span, newest last. There is no way to ask for no purge.

    `embargo_days` is kept free on top of the purge, between the end of the last training label
    and the first decision of the next split.
    """

    validation: float = Field(0.1, ge=0, lt=1)
    test: float = Field(0.2, gt=0, lt=1)
    embargo_days: int = Field(5, ge=0, le=3650)

    @model_validator(mode="after")
    def _leaves_a_training_part(self) -> SplitSpec:
        if self.validation + self.test >= 1:
            raise ValueError("validation + test must stay below 1, so that training keeps a part")
        return self


def assign_splits(rows: pl.DataFrame, spec: SplitSpec) -> pl.DataFrame:
    """Add `split` (train, validation, test or purged) to labelled rows.

    Boundaries are dates shared by all assets. A row whose label interval, plus the embargo,
    reaches into the next split is purged: its outcome overlaps outcomes the next split scores.

    Raises:
        EmptyData: a split is left without rows (the span is too short for horizon and shares).
        LeakageError: never, unless this function is wrong: the result is checked.
    """
    dates = rows["decision_at"].unique().sort()
    if dates.is_empty():
        raise EmptyData("no labelled rows to split; the history must be longer than warm-up plus horizon")
    first_test = dates[min(len(dates) - 1, int(len(dates) * (1 - spec.test)))]
    first_validation = dates[min(len(dates) - 1, int(len(dates) * (1 - spec.test - spec.validation)))]
    embargo = timedelta(days=spec.embargo_days)
    decided, ends = pl.col("decision_at"), pl.col("label_end_at") + embargo
    split = (
        pl.when(decided >= first_test)
        .then(pl.lit(Split.TEST.value))
        .when(decided >= first_validation)
        .then(pl.when(ends < first_test).then(pl.lit(Split.VALIDATION.value)).otherwise(pl.lit(PURGED)))
        .otherwise(pl.when(ends < first_validation).then(pl.lit(Split.TRAIN.value)).otherwise(pl.lit(PURGED)))
    )
    done = rows.with_columns(split.alias("split"))
    needed = [Split.TRAIN, Split.TEST, *([Split.VALIDATION] if spec.validation else [])]
    present = set(done["split"].unique())
    for name in needed:
        if name.value not in present:
            days = (dates[-1] - dates[0]).days
            raise EmptyData(
                f"no {name.value} rows are left after purge and embargo: {days} days of decisions are too few "
                f"for these shares; use a longer history or other shares"
            )
    check_no_overlap(done, embargo)
    return done


def check_no_overlap(rows: pl.DataFrame, embargo: timedelta = timedelta(0)) -> None:
    """Raise LeakageError if a label of an earlier split reaches into a later one.

    Works on any frame with `split`, `decision_at`, `label_end_at`, whoever made it.
    """
    order = [Split.TRAIN, Split.VALIDATION, Split.TEST]
    for at, earlier in enumerate(order):
        for later in order[at + 1 :]:
            ends = rows.filter(pl.col("split") == earlier.value)["label_end_at"].max()
            starts = rows.filter(pl.col("split") == later.value)["decision_at"].min()
            if not (isinstance(ends, datetime) and isinstance(starts, datetime)):
                continue  # one of the two splits is empty
            if ends + embargo >= starts:
                raise LeakageError(
                    f"a {earlier.value} label ends at {ends}, but {later.value} decisions begin at {starts}: "
                    f"purge the overlapping rows (embargo {embargo.days} days)"
                )
