"""The 20 technical indicators of one asset's bars, in numpy and TA-Lib. No frames, no dates.

Inputs are one asset's finished bars, oldest first, adjusted forward for splits, finite and positive:
a single NaN would poison every recursive indicator after it, so `tables` rejects such bars and the
kernel refuses them.
Warm-up is NaN, never a partial window. Windows count bars: trading days for session markets,
calendar days for markets that never close.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import talib
from numpy.typing import NDArray

from foretune.features.field import FeatureField

Array = NDArray[np.float64]


def _field(name: str, lookback: int, unit: str, meaning: str) -> FeatureField:
    return FeatureField(name, "technical", lookback, unit, meaning, canonical=True, needed=True)


TECHNICAL_FIELDS: tuple[FeatureField, ...] = (
    _field("rsi_14", 15, "0-100", "Wilder's relative strength index, 0-100"),
    _field("macd", 34, "price", "EMA 12 - EMA 26"),
    _field("macd_signal", 34, "price", "EMA 9 of macd"),
    _field("macd_histogram", 34, "price", "macd - macd_signal"),
    _field("bb_upper", 20, "price", "SMA 20 + 2 population standard deviations"),
    _field("bb_middle", 20, "price", "SMA 20"),
    _field("bb_lower", 20, "price", "SMA 20 - 2 population standard deviations"),
    _field("sma_20", 20, "price", "mean close of 20 bars"),
    _field("sma_50", 50, "price", "mean close of 50 bars"),
    _field("sma_200", 200, "price", "mean close of 200 bars"),
    _field("ema_12", 12, "price", "exponential mean, span 12, seeded with the SMA"),
    _field("ema_26", 26, "price", "exponential mean, span 26, seeded with the SMA"),
    _field("volatility_30d", 31, "fraction per year", "annualised standard deviation (ddof 1) of 30 log returns"),
    _field("volatility_60d", 61, "fraction per year", "annualised standard deviation (ddof 1) of 60 log returns"),
    _field("volatility_90d", 91, "fraction per year", "annualised standard deviation (ddof 1) of 90 log returns"),
    _field("momentum_5d", 6, "fraction", "close / close 5 bars ago - 1"),
    _field("momentum_10d", 11, "fraction", "close / close 10 bars ago - 1"),
    _field("momentum_30d", 31, "fraction", "close / close 30 bars ago - 1"),
    _field("atr_14", 15, "price", "Wilder's average true range, in price units"),
    _field("adx_14", 28, "0-100", "Wilder's average directional index, 0-100"),
)
TECHNICAL_NAMES = tuple(field.name for field in TECHNICAL_FIELDS)

LEVELS = tuple(row for row, field in enumerate(TECHNICAL_FIELDS) if field.unit == "price")
"""Rows in units of the price: what the kernel brings back to the prices of the row's own day."""

PERIODS_PER_YEAR: Mapping[str, float] = {"crypto": 365.0, "equity": 252.0, "fx": 252.0, "commodity": 252.0}


def technical_indicators(
    high: Array, low: Array, close: Array, log_close: Array, *, periods_per_year: float, out: Array
) -> None:
    """Fill `out` (20 rows in the order of `TECHNICAL_FIELDS`, one column per bar) for one asset."""
    if close.size < 2:
        out[:] = np.nan
        return
    out[0] = talib.RSI(close, 14)
    out[1], out[2], out[3] = talib.MACD(close, 12, 26, 9)
    out[4], out[5], out[6] = talib.BBANDS(close, 20, 2.0, 2.0)
    out[7], out[8], out[9] = out[5], talib.SMA(close, 50), talib.SMA(close, 200)  # the middle band is the mean
    out[10], out[11] = talib.EMA(close, 12), talib.EMA(close, 26)
    returns = np.diff(log_close)
    for row, window in ((12, 30), (13, 60), (14, 90)):
        out[row, 0] = np.nan
        # population -> sample standard deviation -> per year
        scale = math.sqrt(window / (window - 1) * periods_per_year)
        np.multiply(talib.STDDEV(returns, window), scale, out=out[row, 1:])
    out[15], out[16], out[17] = talib.ROCP(close, 5), talib.ROCP(close, 10), talib.ROCP(close, 30)
    out[18] = talib.ATR(high, low, close, 14)
    out[19] = talib.ADX(high, low, close, 14)
