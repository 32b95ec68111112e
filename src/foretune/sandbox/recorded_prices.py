"""Recorded prices: candles, mid prices of two-sided quotes, share splits, CoinGecko's daily points.

Whole files, as recorded. What `now` hides is decided in `recorded`.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Final

from foretune.errors import ConfigError
from foretune.sandbox.catalog import BarTable, ChartTable, Table, read_columns
from foretune.sandbox.market import DAY_MS, Bar, ChartPoint, Split, epoch_ms
from foretune.sandbox.recorded_reading import ascending, day_of, instant

_SIDES: Final = ("open", "high", "low", "close")
_SUNDAY: Final = 6
_SPLIT_TOLERANCE: Final = 1e-3
_LARGEST_DENOMINATOR: Final = 10
"""Splits are 2:1, 3:2, 7:1, 1:10 …; a factor that is no such fraction is not a split."""


def read_bars(root: Path, table: BarTable) -> tuple[Bar, ...]:
    """Daily bars of `table`: candles as recorded, or the mid of bid and ask.

    The mid of each of open, high, low and close is (bid + ask) / 2, exactly. The highest bid and
    the highest ask need not fall on one moment, so high and low of the mid are approximations.
    Quotes have no volume. Sundays are folded into Mondays, see `fold_sundays`.
    """
    path = root / table.file
    if table.quotes == "trades":
        rows = read_columns(path, table.columns)
        bars = (
            Bar(
                instant(path, row["time"], table.utc_offset),
                *_ohlc(row),
                row.get("volume", ""),
                row.get("volume_quote", ""),
            )
            for row in rows
        )
        return ascending(tuple(bars), table.file)
    mids = []
    for row in read_columns(path, table.columns):
        mid = {side: _mid(path, row[f"bid_{side}"], row[f"ask_{side}"]) for side in _SIDES}
        mids.append(Bar(instant(path, row["time"], table.utc_offset), *_ohlc(mid), "", ""))
    return fold_sundays(ascending(tuple(mids), table.file))


def fold_sundays(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Two-sided quotes from Monday to Friday, as the providers of currencies sell them.

    A venue that cuts its days at 00:00 UTC has a short bar on Sunday evening: the first hours of
    Monday's session. As a day of its own it is a sixth of a week's bars with hardly a move in it,
    and a volatility over 252 bars a year comes out too small. So Monday opens as Sunday did, its
    high and low are the extremes of both, and it closes as it did; the prices are the recorded
    ones. A Sunday without a Monday after it is left out: its hours are no session.

    >>> sunday = Bar(1_709_424_000_000, "1.5", "1.8", "1.45", "1.6", "", "")  # 2024-03-03
    >>> monday = Bar(1_709_510_400_000, "1.6", "1.75", "1.4", "1.7", "", "")
    >>> fold_sundays([sunday, monday]) == (Bar(monday.time_ms, "1.5", "1.8", "1.4", "1.7", "", ""),)
    True
    >>> fold_sundays([sunday])
    ()
    """
    folded: list[Bar] = []
    sunday: Bar | None = None
    for bar in bars:
        if _weekday(bar) == _SUNDAY:
            sunday = bar
            continue
        if sunday is not None and bar.time_ms == sunday.time_ms + DAY_MS:
            high = max(sunday.high, bar.high, key=Decimal)
            bar = bar._replace(open=sunday.open, high=high, low=min(sunday.low, bar.low, key=Decimal))
        sunday = None
        folded.append(bar)
    return tuple(folded)


def read_minutes(root: Path, table: Table) -> tuple[Bar, ...]:
    """One-minute bars, stamped with a day and the milliseconds since its midnight."""
    path = root / table.file
    bars = []
    for row in read_columns(path, table.columns):
        opened = instant(path, row["date"], table.utc_offset) + int(row["ms"])
        bars.append(Bar(opened, *_ohlc(row), row.get("volume", ""), row.get("volume_quote", "")))
    return ascending(tuple(bars), table.file)


def read_splits(path: Path, sessions: Sequence[Bar]) -> tuple[Split, ...]:
    """The splits that a factor file implies, effective on the next of `sessions`.

    A row of a factor file holds for the days up to its own date, so where `split_factor` changes
    from one row to the next, the split took effect after the earlier row's date. The file rounds
    its factors: a ratio is taken for the simple fraction next to it. A change after the last
    session has not happened yet.

    Raises:
        ConfigError: a ratio is further than 0.1 % from every simple fraction.
    """
    rows = [
        (day_of(path, row["date"]), Decimal(row["split_factor"]))
        for row in read_columns(path, {"date": "date", "split_factor": "split_factor"})
    ]
    opened = [bar.time_ms for bar in sessions]
    splits = []
    for (day, before), (_, after) in itertools.pairwise(rows):
        if after == before:
            continue
        midnight = epoch_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))
        following = bisect_right(opened, midnight + DAY_MS - 1)
        if following == len(opened):
            continue
        effective = datetime.fromtimestamp(opened[following] / 1000, UTC).date()
        splits.append(Split(effective.isoformat(), _factor(path, after / before)))
    return tuple(splits)


def read_chart(root: Path, table: ChartTable) -> tuple[ChartPoint, ...]:
    """CoinGecko's daily points under the provider's own stamps: D 00:00 is the close of D-1.

    A market cap of 0 stays 0, as it is sent; it means unknown there.
    """
    path = root / table.file
    points = (
        ChartPoint(
            instant(path, row["time"], table.utc_offset),
            _number(path, row["price"]),
            _number(path, row.get("market_cap", "")),
            _number(path, row.get("volume_quote", "")),
        )
        for row in read_columns(path, table.columns)
    )
    return ascending(tuple(points), table.file)


def _weekday(bar: Bar) -> int:
    return datetime.fromtimestamp(bar.time_ms / 1000, UTC).weekday()


def _ohlc(row: Mapping[str, str]) -> tuple[str, str, str, str]:
    return row["open"], row["high"], row["low"], row["close"]


def _mid(path: Path, bid: str, ask: str) -> str:
    return f"{(_decimal(path, bid) + _decimal(path, ask)) / 2:f}"


def _factor(path: Path, ratio: Decimal) -> str:
    """How many shares one share became, as decimal text.

    >>> _factor(Path("aapl.csv"), Decimal("0.25") / Decimal("0.0357143"))
    '7'
    """
    exact = Fraction(ratio)
    simple = (
        exact.limit_denominator(_LARGEST_DENOMINATOR)
        if ratio >= 1
        else 1 / (1 / exact).limit_denominator(_LARGEST_DENOMINATOR)
    )
    if abs(float(exact / simple) - 1) > _SPLIT_TOLERANCE:
        raise ConfigError(f"{path}: split factors change by {ratio:f}, which is no simple ratio of shares")
    return f"{Decimal(simple.numerator) / Decimal(simple.denominator):.10g}"


def _number(path: Path, text: str) -> str:
    """`text`, after a check that it is a number or empty: it goes out unquoted."""
    if text:
        _decimal(path, text)
    return text


def _decimal(path: Path, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ConfigError(f"{path}: {text!r} is not a number") from None
    if not value.is_finite():
        raise ConfigError(f"{path}: {text!r} is not a finite number")
    return value
