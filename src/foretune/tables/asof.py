"""The one as-of join. Every value that meets a decision passes through here."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foretune.errors import DataError


def as_of(decisions: pl.DataFrame, facts: pl.DataFrame, *, column: str, max_age: timedelta) -> pl.DataFrame:
    """Add to `decisions` the newest fact of one series that was known at `decision_at`.

    Args:
        decisions: any frame with `decision_at` (UTC); its rows and their order are kept, and need
            not be sorted. A missing `decision_at` sees nothing.
        facts: `event_at`, `known_at`, `value` of one series, possibly with vintages.
        column: name of the added column; null where nothing was known or it was too old.
        max_age: a fact is used for this long after `known_at`, never longer: a series that
            stopped does not go on for ever.

    Among facts with `known_at <= decision_at` the one about the latest period wins, then its
    latest vintage. A late revision of an older period therefore never displaces a newer one. One
    that is too old is not replaced by an older one: the series has stopped.

    Raises:
        DataError: `decision_at` and `known_at` differ in unit or time zone.

    >>> from datetime import UTC, datetime, timedelta
    >>> day = lambda d: datetime(2024, 1, d, tzinfo=UTC)
    >>> facts = pl.DataFrame({"event_at": [day(1)], "known_at": [day(15)], "value": [3.4]})
    >>> decisions = pl.DataFrame({"decision_at": [day(14), day(15)]})
    >>> as_of(decisions, facts, column="cpi_yoy", max_age=timedelta(days=40))["cpi_yoy"].to_list()
    [None, 3.4]
    """
    newest = (
        facts.drop_nulls(["event_at", "known_at"])  # a fact without its clocks is never known
        .sort("known_at", "event_at")
        .filter(pl.col("event_at") == pl.col("event_at").cum_max())
        .unique("known_at", keep="last", maintain_order=True)
    )
    known, at = newest["known_at"], decisions["decision_at"]
    if known.dtype != at.dtype:
        raise DataError(f"{column}: decision_at is {at.dtype}, known_at {known.dtype}; only equal clocks can be joined")
    # a search per decision instead of a join: the decisions are neither sorted nor copied
    known_ticks, ticks = _ticks(known), _ticks(at)
    row = np.searchsorted(known_ticks, ticks, side="right") - 1
    usable = row >= 0
    usable[usable] &= ticks[usable] - known_ticks[row[usable]] <= _in_unit_of(at, max_age)
    values = newest["value"].gather(pl.Series(row, dtype=pl.Int64).set(pl.Series(~usable, dtype=pl.Boolean), None))
    return decisions.with_columns(values.alias(column))


def _ticks(times: pl.Series) -> NDArray[np.int64]:
    """`times` as integers of their unit; a time that is missing lies before everything."""
    return times.to_physical().fill_null(np.iinfo(np.int64).min).to_numpy()


def _in_unit_of(times: pl.Series, span: timedelta) -> int:
    """`span` as an integer of the unit of `times`."""
    dtype = times.dtype
    unit = dtype.time_unit if isinstance(dtype, pl.Datetime) else "us"
    return int(pl.Series([span], dtype=pl.Duration(unit)).to_physical().item())
