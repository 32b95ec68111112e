"""Macro values of a simulated world, correlated with its crypto factor. No release dates, no wire format.

Daily series have a value on weekdays, none on the holidays of US exchanges. Monthly and quarterly
figures are what the agency will settle on in the end, dated at their period's start; when and how
they come out is decided in `simulated_vintages`.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from foretune.sandbox.market import Observation
from foretune.sandbox.simulated_calendar import is_session, shift_month
from foretune.sandbox.simulated_walks import Floats, Ints

STRESS: Final = 2
DAILY: Final = ("SP500", "VIXCLS", "DGS10", "DGS2", "DTWEXBGS", "DCOILWTICO")
LOW_FREQUENCY: Final = ("CPIAUCSL", "UNRATE", "GDPC1")
FILES: Final = {"gold_price": "gold_price", "dxy": "dxy", "sp500_long": "SP500", "vix_ohlc": "VIXCLS"}
"""File name → the daily series in it."""
STOCK_VOLATILITY: Final = {False: 0.007, True: 0.013}
"""The stock index's own daily volatility, by whether the market is stressed."""
STOCK_BETA: Final = 0.10
"""How much of the crypto factor's move the stock index shares."""
_DECIMALS: Final = {"gold_price": 1, "dxy": 3, "DTWEXBGS": 4}

Figures = tuple[tuple[date, float], ...]
"""(first day of the period, value), ascending."""


@dataclass(frozen=True, slots=True)
class Macro:
    """`series` as served, by FRED id or `gold_price` and `dxy`; `levels` the same unrounded, holidays included.

    `levels` have one element per weekday, `weekdays` says which day of the world each is.
    `figures` holds the monthly and quarterly series.
    """

    series: Mapping[str, tuple[Observation, ...]]
    levels: Mapping[str, Floats]
    weekdays: Ints
    figures: Mapping[str, Figures]


def simulate_macro(seed: int, first: date, factor: Floats, regime: Ints) -> Macro:
    """Values over the days from `first` on, one per element of `factor` (daily log returns) and `regime`.

    Periods that end after the last day are left out. As in `simulate_crypto`, a longer history
    begins with a shorter one.
    """
    streams = [np.random.default_rng(each) for each in np.random.SeedSequence([seed, 2]).spawn(4)]
    daily, prices, labour, output = streams
    days = [first + timedelta(days=offset) for offset in range(len(factor))]
    weekdays = [index for index, day in enumerate(days) if day.weekday() < 5]
    levels = _daily(daily, weekdays, factor.tolist(), regime.tolist())
    months, quarters = list(_periods(days, 1)), list(_periods(days, 3))
    stress = dict(zip(days, (regime == STRESS).tolist(), strict=True))
    return Macro(
        series={
            name: _observations(name, values, [days[index] for index in weekdays]) for name, values in levels.items()
        },
        levels={name: np.array(values) for name, values in levels.items()},
        weekdays=np.array(weekdays, dtype=np.int64),
        figures={
            "CPIAUCSL": _cpi(prices, months),
            "UNRATE": _unemployment(labour, months, stress),
            "GDPC1": _gdp(output, quarters),
        },
    )


def _daily(
    stream: np.random.Generator, weekdays: list[int], factor: list[float], regime: list[int]
) -> dict[str, list[float]]:
    draws = stream.standard_normal((len(weekdays), 9)).tolist()
    found: dict[str, list[float]] = {name: [] for name in (*DAILY, "gold_price", "dxy")}
    stock, vix, ten, two, dollar, oil, gold, basket = 2_100.0, math.log(16), 1.9, 1.0, 115.0, 48.0, 1_300.0, 0.0
    for index, z in zip(weekdays, draws, strict=True):
        stressed = regime[index] == STRESS
        own = STOCK_VOLATILITY[stressed] * z[0]
        move = 0.0003 + STOCK_BETA * factor[index] + own - (0.0008 if stressed else 0.0)
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
        for name, value in values.items():
            found[name].append(value)
    return found


def _observations(name: str, values: list[float], days: list[date]) -> tuple[Observation, ...]:
    decimals = _DECIMALS.get(name, 2)
    return tuple(
        Observation(day.isoformat(), f"{value:.{decimals}f}" if is_session(day) else "")
        for day, value in zip(days, values, strict=True)
    )


def _cpi(stream: np.random.Generator, months: list[date]) -> Figures:
    """A price level whose monthly inflation has a memory."""
    level, inflation, rows = 240.0, 0.0020, []
    for month, z in zip(months, stream.standard_normal(len(months)).tolist(), strict=True):
        inflation = 0.0022 + 0.65 * (inflation - 0.0022) + 0.0014 * z
        level *= 1 + inflation
        rows.append((month, level))
    return tuple(rows)


def _unemployment(stream: np.random.Generator, months: list[date], stress: Mapping[date, bool]) -> Figures:
    """A rate in percent that rises in stressed months."""
    level, rows = 4.6, []
    for month, z in zip(months, stream.standard_normal(len(months)).tolist(), strict=True):
        length = calendar.monthrange(month.year, month.month)[1]
        share = sum(stress[month + timedelta(days=offset)] for offset in range(length)) / length
        level = max(2.5, level + 0.06 * (4.3 - level) + 0.25 * share + 0.07 * z)
        rows.append((month, level))
    return tuple(rows)


def _gdp(stream: np.random.Generator, quarters: list[date]) -> Figures:
    """Real output, in billions a year."""
    level, rows = 18_500.0, []
    for quarter, z in zip(quarters, stream.standard_normal(len(quarters)).tolist(), strict=True):
        level *= 1 + 0.0055 + 0.005 * z
        rows.append((quarter, level))
    return tuple(rows)


def _periods(days: list[date], months: int) -> Iterator[date]:
    """First days of the whole periods of `months` months that lie inside `days`."""
    for day in days:
        if day.day == 1 and (day.month - 1) % months == 0 and shift_month(day, months) - timedelta(days=1) <= days[-1]:
            yield day
