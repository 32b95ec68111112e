"""Which days an asset class has a bar for, and what a table of bars lacks or has twice. It changes no row.

- crypto: every UTC day;
- equity: the sessions of the New York Stock Exchange, special closures included;
- fx and commodity: Monday to Friday but Christmas and New Year's Day. Providers that cut days at
  00:00 UTC also have a short bar on Sunday evening: an extra session is never wrong here.
"""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from functools import cache
from typing import Final

import polars as pl

from foretune.errors import DataError

_WEEKEND: Final = 5  # Saturday
_CLOSED_24_5: Final = ((1, 1), (12, 25))
_DECADE: Final = 10


def expected_sessions(asset_class: str, start: date, end: date) -> list[date]:
    """The days from `start` to `end`, both included, that have a session.

    Raises:
        DataError: an asset class without a calendar.

    >>> [str(day) for day in expected_sessions("equity", date(2024, 3, 28), date(2024, 4, 1))]  # Good Friday between
    ['2024-03-28', '2024-04-01']
    """
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    match asset_class:
        case "crypto":
            return days
        case "equity":
            return [day for day in days if day in _new_york(day.year // _DECADE)]
        case "fx" | "commodity":
            return [day for day in days if day.weekday() < _WEEKEND and (day.month, day.day) not in _CLOSED_24_5]
        case _:
            raise DataError(f"no calendar for the asset class '{asset_class}'; known: crypto, equity, fx, commodity")


def missing_sessions(bars: pl.DataFrame) -> pl.DataFrame:
    """Sessions between an asset's first and last bar that have no bar.

    Args:
        bars: `symbol`, `asset_class` and `event_at` (UTC), in any order.

    Returns:
        `symbol`, `day`, and `gap_days`: the calendar days from the bar before to the bar after it.
        Sorted by symbol and day.
    """
    held = _days(bars)
    spans = held.group_by("symbol", "asset_class").agg(pl.col("day").min().alias("first"), pl.col("day").max())
    expected = [
        pl.DataFrame({"symbol": symbol, "day": expected_sessions(asset_class, first, last)}, schema=_DAY_SCHEMA)
        for symbol, asset_class, first, last in spans.iter_rows()
    ]
    if not expected:
        return pl.DataFrame(schema={**_DAY_SCHEMA, "gap_days": pl.Int64})
    stops = held.select("symbol", "day", pl.col("day").alias("stop"))
    missing = pl.concat(expected).join(held, on=("symbol", "day"), how="anti").sort("day")
    stops = stops.sort("day")  # both sides are sorted, which polars cannot check within groups
    before = missing.join_asof(stops, on="day", by="symbol", strategy="backward", check_sortedness=False)
    after = before.join_asof(stops, on="day", by="symbol", strategy="forward", suffix="_after", check_sortedness=False)
    gap = (pl.col("stop_after") - pl.col("stop")).dt.total_days()
    return after.select("symbol", "day", gap.alias("gap_days")).sort("symbol", "day")


def gaps(bars: pl.DataFrame, longest_days: int) -> pl.DataFrame:
    """Stretches of more than `longest_days` calendar days from one bar of an asset to the next.

    Two bars on neighbouring days are 1 day apart, a Friday and its Monday 3. Returns `symbol`,
    `after` and `before` (the days of the two bars) and `days`, sorted by symbol and day.
    """
    following = pl.col("day").shift(-1).over("symbol")
    return (
        _days(bars)
        .sort("symbol", "day")
        .with_columns(following.alias("before"))
        .with_columns((pl.col("before") - pl.col("day")).dt.total_days().alias("days"))
        .filter(pl.col("days") > longest_days)
        .select("symbol", pl.col("day").alias("after"), "before", "days")
    )


def duplicates(bars: pl.DataFrame) -> pl.DataFrame:
    """Days on which an asset has more than one bar: `symbol`, `day`, `bars`, sorted by symbol and day."""
    return (
        bars.group_by("symbol", pl.col("event_at").dt.date().alias("day"))
        .agg(pl.len().cast(pl.Int64).alias("bars"))
        .filter(pl.col("bars") > 1)
        .sort("symbol", "day")
    )


_DAY_SCHEMA: Final = {"symbol": pl.String, "day": pl.Date}


def _days(bars: pl.DataFrame) -> pl.DataFrame:
    """One row per asset and UTC day that has a bar."""
    return bars.select("symbol", "asset_class", pl.col("event_at").dt.date().alias("day")).unique()


@cache
def _new_york(decade: int) -> frozenset[date]:
    """Sessions of ten years (202: the 2020s). The library is slow to load, and so loaded when first needed."""
    with warnings.catch_warnings():
        # it reads pandas in a way that pandas 3 deprecates; nothing a user could mend
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        import exchange_calendars

        calendar = exchange_calendars.get_calendar(
            "XNYS", start=f"{decade * _DECADE}-01-01", end=f"{decade * _DECADE + _DECADE - 1}-12-31"
        )
        return frozenset(session.date() for session in calendar.sessions)
