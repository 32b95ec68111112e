"""19 more fields of one asset's bars: returns, extremes, ranges, tails, volume. No frames, no dates.

Like `technical`: finished bars, oldest first, prices adjusted forward for splits, warm-up NaN.
Windows count bars.
"""

from __future__ import annotations

import math

import numpy as np
import talib
from numpy.typing import NDArray

from foretune.features.field import FeatureField, Group
from foretune.features.rolling import rolling_moments, rolling_sum

Array = NDArray[np.float64]


def _field(name: str, lookback: int, unit: str, meaning: str, group: Group = "price") -> FeatureField:
    return FeatureField(name, group, lookback, unit, meaning, needed=group == "price")


PRICE_FIELDS: tuple[FeatureField, ...] = (
    _field("log_return_1d", 2, "log return", "log(close / close of the bar before)"),
    _field("log_return_5d", 6, "log return", "log(close / close 5 bars ago)"),
    _field("log_return_20d", 21, "log return", "log(close / close 20 bars ago)"),
    _field("log_return_60d", 61, "log return", "log(close / close 60 bars ago)"),
    _field("log_return_90d", 91, "log return", "log(close / close 90 bars ago)"),
    _field("log_return_180d", 181, "log return", "log(close / close 180 bars ago)"),
    _field("drawdown_90d", 90, "fraction", "close / highest close of 90 bars - 1"),
    _field("drawdown_200d", 200, "fraction", "close / highest close of 200 bars - 1"),
    _field("distance_high_20d", 20, "fraction", "close / highest high of 20 bars - 1"),
    _field("distance_low_20d", 20, "fraction", "close / lowest low of 20 bars - 1"),
    _field("distance_high_200d", 200, "fraction", "close / highest high of 200 bars - 1"),
    _field("distance_low_200d", 200, "fraction", "close / lowest low of 200 bars - 1"),
    _field("volatility_parkinson_30d", 30, "fraction per year", "annualised, from the high-low ranges of 30 bars"),
    _field("volatility_garman_klass_30d", 30, "fraction per year", "annualised, from all four prices of 30 bars"),
    _field("skew_60d", 61, "1", "sample skewness (bias corrected) of 60 log returns; null where they are all equal"),
    _field("kurtosis_60d", 61, "1", "sample excess kurtosis (bias corrected) of 60 log returns; null as skew"),
    _field("volume_ratio_20d", 20, "ratio", "volume / mean volume of 20 bars", "volume"),
    _field("volume_zscore_60d", 60, "standard deviations", "volume against mean and deviation of 60 bars", "volume"),
    _field("volume_trend_5d_60d", 60, "fraction", "mean volume of 5 bars / mean of 60 bars - 1", "volume"),
)
PRICE_NAMES = tuple(field.name for field in PRICE_FIELDS)

_RETURNS = (1, 5, 20, 60, 90, 180)
_SMALLEST_DEVIATION = 1e-12
"""Returns that vary by less than this hold nothing but the rounding of their prices."""


def price_indicators(
    open_: Array,
    high: Array,
    low: Array,
    close: Array,
    log_close: Array,
    volume: Array,
    volume_quote: Array,
    *,
    periods_per_year: float,
    out: Array,
) -> None:
    """Fill `out` (19 rows in the order of `PRICE_FIELDS`, one column per bar) for one asset.

    Prices are finite and positive. Of the volumes, NaN is a value that is not known; a window that
    holds one has no value from `volume` (units, adjusted for splits), and takes that of
    `volume_quote` (money) where this is whole. The choice is made per window, not per asset: what
    comes later must not change it.

    Ranges: Parkinson (1980), Garman and Klass (1980), the practical form without drift term.
    """
    for row, bars in enumerate(_RETURNS):
        out[row, :bars] = np.nan
        np.subtract(log_close[bars:], log_close[:-bars], out=out[row, bars:])
    out[6] = _against(close, talib.MAX(close, 90))
    out[7] = _against(close, talib.MAX(close, 200))
    out[8] = _against(close, talib.MAX(high, 20))
    out[9] = _against(close, talib.MIN(low, 20))
    out[10] = _against(close, talib.MAX(high, 200))
    out[11] = _against(close, talib.MIN(low, 200))
    _range_volatility(open_, high, low, close, periods_per_year, out[12:14])
    _tails(np.diff(log_close), out[14:16])
    _volume(volume, out[16:19])
    if np.isnan(volume).any() and not np.isnan(volume_quote).all():
        money = np.empty((3, close.size))
        _volume(volume_quote, money)
        for row, window in ((16, 20), (17, 60), (18, 60)):
            broken = np.ones(close.size, dtype=np.bool_)
            broken[window - 1 :] = np.isnan(rolling_sum(volume, window))
            out[row][broken] = money[row - 16][broken]


def _against(close: Array, level: Array) -> Array:
    return close / level - 1


def _range_volatility(open_: Array, high: Array, low: Array, close: Array, per_year: float, out: Array) -> None:
    out[:] = np.nan
    window = 30
    if close.size < window:
        return
    spread = np.square(np.log(high / low))
    body = np.square(np.log(close / open_))
    out[0, window - 1 :] = np.sqrt(rolling_sum(spread, window) * (per_year / window / (4 * math.log(2))))
    daily = 0.5 * spread - (2 * math.log(2) - 1) * body
    # a bar whose high and low do not hold its open and close may sum to less than nothing: no value
    total = rolling_sum(daily, window)
    out[1, window - 1 :] = np.sqrt(np.where(total >= 0, total, np.nan) * (per_year / window))


def _tails(returns: Array, out: Array) -> None:
    out[:] = np.nan
    n = 60
    if returns.size < n:
        return
    found = rolling_moments(returns, n, order=4)
    assert found.third is not None and found.fourth is not None  # noqa: S101, PT018 - order 4 gives both
    moves = np.sqrt(found.second / n) > _SMALLEST_DEVIATION
    second = np.where(moves, found.second / n, np.nan)
    skew = found.third / n / (second * np.sqrt(second))
    kurtosis = found.fourth / n / np.square(second)
    out[0, n:] = skew * (math.sqrt(n * (n - 1)) / (n - 2))
    out[1, n:] = ((n**2 - 1) * kurtosis - 3 * (n - 1) ** 2) / ((n - 2) * (n - 3))


def _volume(volume: Array, out: Array) -> None:
    out[:] = np.nan
    if volume.size < 20:
        return
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not finite, and becomes NaN below
        out[0, 19:] = volume[19:] / _above(rolling_sum(volume, 20) / 20, 0.0)
        if volume.size < 60:
            return
        found = rolling_moments(volume, 60, order=2)
        deviation = np.sqrt(found.second / 59)
        # where every bar of the window traded the same there is no deviation to count in
        out[1, 59:] = (volume[59:] - found.mean) / _above(deviation, _SMALLEST_DEVIATION * found.mean)
        out[2, 59:] = rolling_sum(volume[55:], 5) / 5 / _above(found.mean, 0.0) - 1


def _above(values: Array, floor: Array | float) -> Array:
    return np.where((values > floor) & (values < np.inf), values, np.nan)
