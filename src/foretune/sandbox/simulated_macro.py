"""Macro series of a simulated world, correlated with its crypto factor. Dates and text, no wire format.

Daily series have a value on weekdays, none on three fixed holidays. Monthly and quarterly ones are
dated at their period's start and published later, like the real ones.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretune.sandbox.market import Observation

STRESS: Final = 2
DAILY: Final = ("SP500", "VIXCLS", "DGS10", "DGS2", "DTWEXBGS", "DCOILWTICO")
LOW_FREQUENCY: Final = ("CPIAUCSL", "UNRATE", "GDPC1")
FILES: Final = ("gold_price", "dxy")
_HOLIDAYS: Final = ((1, 1), (7, 4), (12, 25))
_DECIMALS: Final = {"gold_price": 1, "dxy": 3, "DTWEXBGS": 4, "CPIAUCSL": 3, "UNRATE": 1, "GDPC1": 1}


@dataclass(frozen=True, slots=True)
class Published:
    """An observation and the day by whose end it is public."""

    observation: Observation
    on: date


@dataclass(frozen=True, slots=True)
class MacroSeries:
    """`series` by FRED id or file name, ascending; `cpi_releases` is (release day, `YYYY-MM`)."""

    series: Mapping[str, tuple[Published, ...]]
    cpi_releases: tuple[tuple[date, str], ...]


def simulate_macro(seed: int, first: date, factor: NDArray[np.float64], regime: NDArray[np.int64]) -> MacroSeries:
    """Series over the days from `first` on, one per element of `factor` (daily log returns) and `regime`.

    Periods that end after the last day are left out. As in `simulate_crypto`, a longer history
    begins with a shorter one.
    """
    streams = [np.random.default_rng(each) for each in np.random.SeedSequence([seed, 2]).spawn(4)]
    daily, prices, labour, output = streams
    days = [first + timedelta(days=offset) for offset in range(len(factor))]
    series = _daily(daily, days, factor.tolist(), regime.tolist())
    months = list(_periods(days, 1))
    quarters = list(_periods(days, 3))
    stress = dict(zip(days, (regime == STRESS).tolist(), strict=True))
    series["CPIAUCSL"] = _cpi(prices, months)
    series["UNRATE"] = _unemployment(labour, months, stress)
    series["GDPC1"] = _gdp(output, quarters)
    # the schedule is public in advance: it covers the running month and the next two
    scheduled = [*months, *_following(days[-1], 3)] if months else []
    releases = {f"{month:%Y-%m}": cpi_release(month) for month in scheduled}
    return MacroSeries(series, tuple((day, month) for month, day in releases.items()))


def cpi_release(month: date) -> date:
    """The 12th of the following month, or the Monday after.

    >>> cpi_release(date(2024, 9, 1))
    datetime.date(2024, 10, 14)
    """
    return _weekday(_shift(month, 1).replace(day=12))


def _daily(
    stream: np.random.Generator, days: list[date], factor: list[float], regime: list[int]
) -> dict[str, tuple[Published, ...]]:
    weekdays = [index for index, day in enumerate(days) if day.weekday() < 5]
    draws = stream.standard_normal((len(weekdays), 9)).tolist()
    found: dict[str, list[Published]] = {name: [] for name in (*DAILY, *FILES)}
    stock, vix, ten, two, dollar, oil, gold, basket = 2_100.0, math.log(16), 1.9, 1.0, 115.0, 48.0, 1_300.0, 0.0
    for index, z in zip(weekdays, draws, strict=True):
        stressed = regime[index] == STRESS
        move = 0.0003 + 0.10 * factor[index] + (0.013 if stressed else 0.007) * z[0] - (0.0008 if stressed else 0.0)
        stock *= math.exp(move)
        vix += 0.06 * (math.log(27 if stressed else 16) - vix) - 3.0 * move + 0.03 * z[1]
        ten = max(0.3, ten + 0.002 * (2.8 - ten) + 1.2 * move + 0.045 * z[2])
        two = max(0.05, two + 0.003 * (2.4 - two) + 0.9 * move + 0.030 * z[2] + 0.030 * z[3])
        dollar *= math.exp(0.002 * math.log(118 / dollar) - 0.08 * move + 0.0030 * z[4])
        oil *= math.exp(0.004 * math.log(65 / oil) + 0.40 * move + 0.020 * z[5])
        gold *= math.exp(0.0002 - 0.50 * 0.0030 * z[4] + 0.0075 * z[6])
        basket = 0.98 * basket + 0.0015 * z[7]
        values = {
            "SP500": stock,
            "VIXCLS": math.exp(vix),
            "DGS10": ten,
            "DGS2": two,
            "DTWEXBGS": dollar,
            "DCOILWTICO": oil,
            "gold_price": gold,
            "dxy": dollar * 0.82 * math.exp(basket),
        }
        day = days[index]
        closed = (day.month, day.day) in _HOLIDAYS
        for name, value in values.items():
            found[name].append(Published(Observation(day.isoformat(), "" if closed else _text(name, value)), day))
    return {name: tuple(rows) for name, rows in found.items()}


def _cpi(stream: np.random.Generator, months: list[date]) -> tuple[Published, ...]:
    """A price level whose monthly inflation has a memory."""
    level, inflation, rows = 240.0, 0.0020, []
    for month, z in zip(months, stream.standard_normal(len(months)).tolist(), strict=True):
        inflation = 0.0022 + 0.65 * (inflation - 0.0022) + 0.0014 * z
        level *= 1 + inflation
        rows.append(Published(Observation(month.isoformat(), _text("CPIAUCSL", level)), cpi_release(month)))
    return tuple(rows)


def _unemployment(
    stream: np.random.Generator, months: list[date], stress: Mapping[date, bool]
) -> tuple[Published, ...]:
    """Rises in stressed months; published on the first Friday of the next."""
    level, rows = 4.6, []
    for month, z in zip(months, stream.standard_normal(len(months)).tolist(), strict=True):
        length = calendar.monthrange(month.year, month.month)[1]
        share = sum(stress[month + timedelta(days=offset)] for offset in range(length)) / length
        level = max(2.5, level + 0.06 * (4.3 - level) + 0.25 * share + 0.07 * z)
        following = _shift(month, 1)
        friday = following + timedelta(days=(calendar.FRIDAY - following.weekday()) % 7)
        rows.append(Published(Observation(month.isoformat(), _text("UNRATE", level)), friday))
    return tuple(rows)


def _gdp(stream: np.random.Generator, quarters: list[date]) -> tuple[Published, ...]:
    """Real output; published four weeks after the quarter."""
    level, rows = 18_500.0, []
    for quarter, z in zip(quarters, stream.standard_normal(len(quarters)).tolist(), strict=True):
        level *= 1 + 0.0055 + 0.005 * z
        out = _weekday(_shift(quarter, 3) + timedelta(days=28))
        rows.append(Published(Observation(quarter.isoformat(), _text("GDPC1", level)), out))
    return tuple(rows)


def _periods(days: list[date], months: int) -> Iterator[date]:
    """First days of the whole periods of `months` months that lie inside `days`."""
    for day in days:
        if day.day == 1 and (day.month - 1) % months == 0 and _shift(day, months) - timedelta(days=1) <= days[-1]:
            yield day


def _following(day: date, count: int) -> list[date]:
    month = day.replace(day=1)
    return [_shift(month, offset) for offset in range(count)]


def _shift(month: date, by: int) -> date:
    """The first of the month `by` months after the first of a month."""
    index = month.year * 12 + month.month - 1 + by
    return date(index // 12, index % 12 + 1, 1)


def _weekday(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= 5 else day


def _text(name: str, value: float) -> str:
    return f"{value:.{_DECIMALS.get(name, 2)}f}"
