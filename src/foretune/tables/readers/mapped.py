"""Any CSV or Parquet table into facts, by naming its columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

import polars as pl

from foretune.errors import ConfigError
from foretune.sources.response import RawResponse
from foretune.tables.readers.finished import refuse_other_steps, validate_finished
from foretune.tables.readers.tabular import closest, number, pick, read_table, utc, wall
from foretune.tables.schemas import Bars, Observations, Validated

PRICES = ("open", "high", "low", "close")
VOLUMES = ("volume", "volume_quote")
_DAY = timedelta(days=1)
_CLOCK_CHANGE = timedelta(hours=1)


def read_mapped_bars(
    response: RawResponse,
    columns: Mapping[str, str],
    symbol: str,
    asset_class: str,
    *,
    bar: timedelta = _DAY,
    stamp: Literal["open", "close"] = "open",
    between: tuple[date, date] | None = None,
) -> Validated:
    """A table of bars into `Bars` named `symbol`, oldest first.

    `columns` maps `time`, `open`, `high`, `low`, `close` and, where there are any, `volume` and
    `volume_quote` to columns of the table. `stamp` says which end of its bar `time` names; a bar
    counts as known when it closes, and one that closes after the fetch is rejected as unfinished.
    The times `utc` takes are taken; an empty price is rejected, an empty volume is unknown.

    A daily bar belongs to the date that its own clock shows: a bar stamped 2024-01-02T00:00-05:00
    begins at 2024-01-02 00:00 UTC for us, in winter as in summer, so that bars stay whole days
    apart. It is known when that day is over in its own zone and in UTC.

    With `between` (first and last day) bars that begin on other days are not looked at: they were not
    asked for, so they are no rejected ones either.

    Raises:
        ConfigError: a column that is needed is not mapped, not there, or not known here; or the
            rows are hours, weeks or months apart where `bar` says days.
        MalformedResponse: neither CSV nor Parquet.
    """
    where = f"{response.path} ({symbol})"
    _check_keys(columns, needed=("time", *PRICES), optional=VOLUMES, where=where)
    frame = pick(read_table(response), columns, where=where)
    timed = frame.with_columns(utc(frame, "time").alias("_at"), wall(frame, "time").alias("_wall")).sort(
        "_at", nulls_last=True
    )
    refuse_other_steps(timed["_at"], bar, where=where, mend="give a file with one row for each bar of that length")
    event_at, known_at = _dated(stamp) if bar == _DAY else _timed(bar, stamp)
    volumes = [number(name) if name in columns else pl.lit(None, dtype=pl.Float64).alias(name) for name in VOLUMES]
    dated = timed.with_columns(event_at.alias("event_at"), known_at.alias("known_at"))
    if between is not None:  # a bar whose time cannot be read stays, to be rejected
        dated = dated.filter(pl.col("event_at").dt.date().is_between(*between).fill_null(value=True))
    return validate_finished(
        Bars,
        dated.with_columns(
            *(number(name).alias(name) for name in PRICES),
            *(volume.alias(name) for name, volume in zip(VOLUMES, volumes, strict=True)),
            pl.lit(symbol).alias("symbol"),
            pl.lit(asset_class).alias("asset_class"),
            pl.lit(response.provider).alias("source"),
            pl.lit(response.origin.value).alias("origin"),
        ).sort("event_at", nulls_last=True),
        response.fetched_at,
    )


def read_mapped_series(
    response: RawResponse,
    columns: Mapping[str, str],
    series: str,
    known_after: timedelta,
    *,
    between: tuple[float, float] = (float("-inf"), float("inf")),
    whole: bool = False,
) -> Validated:
    """A table of values into `Observations` of `series`, oldest first.

    `columns` maps `time` and `value`. A value counts as known `known_after` its time, basis
    `assumed`: for a time that names the start of a day this is a day at least. An empty value is no
    fact and leaves no row; one outside `between` (both ends included), with decimals where `whole`
    ones are wanted, or known only after the fetch, is rejected.

    Raises:
        ConfigError: a column is not mapped, not there, or not known here; or `known_after` is negative.
        MalformedResponse: neither CSV nor Parquet.
    """
    where = f"{response.path} ({series})"
    _check_keys(columns, needed=("time", "value"), optional=(), where=where)
    if known_after < timedelta(0):
        raise ConfigError(f"{where}: known_after is {known_after}; a value is not known before its time")
    frame = pick(read_table(response), columns, where=where)
    there = pl.col("value").cast(pl.String, strict=False).str.strip_chars().fill_null("") != ""
    value, at = number("value"), utc(frame, "time")
    good = value.is_between(*between) & ((value == value.floor()) if whole else pl.lit(True))
    return validate_finished(
        Observations,
        frame.filter(there)
        .with_columns(
            pl.lit(series).alias("series"),
            at.alias("event_at"),
            (at + known_after).alias("known_at"),
            pl.when(good).then(value).alias("value"),
            pl.lit("assumed").alias("basis"),
            pl.lit(response.provider).alias("source"),
            pl.lit(response.origin.value).alias("origin"),
        )
        .sort("event_at", nulls_last=True),
        response.fetched_at,
        reason="known only after the fetch",
    )


def _timed(bar: timedelta, stamp: Literal["open", "close"]) -> tuple[pl.Expr, pl.Expr]:
    """Start and end of bars of any length but a day's."""
    start = pl.col("_at") if stamp == "open" else pl.col("_at") - bar
    return start, start + bar


def _dated(stamp: Literal["open", "close"]) -> tuple[pl.Expr, pl.Expr]:
    """00:00 UTC of each daily bar's own date, and when that day is over; rows are sorted by time."""
    at, wall_time = pl.col("_at"), pl.col("_wall")
    if stamp == "open":
        # the day on which clocks go back has 25 hours, which only the row after it tells
        following = at.shift(-1)
        long_day = (following - at).is_between(_DAY, _DAY + _CLOCK_CHANGE)
        end = pl.when(long_day).then(following).otherwise(at + _DAY)
    else:
        end = at
        wall_time = wall_time - timedelta(microseconds=1)  # a close at midnight ends the day before
    day = pl.when(at.is_not_null()).then(wall_time).dt.truncate("1d").dt.replace_time_zone("UTC")
    return day, pl.max_horizontal(day + _DAY, end)


def _check_keys(columns: Mapping[str, str], *, needed: tuple[str, ...], optional: tuple[str, ...], where: str) -> None:
    for name in needed:
        if name not in columns:
            raise ConfigError(f"{where}: columns do not say which one is '{name}'; needed: {', '.join(needed)}")
    for name in columns:
        if name not in (*needed, *optional):
            raise ConfigError(f"{where}: columns has '{name}', which means nothing here{closest(name, needed)}")
