"""The 20 technical indicators of one asset's bars, in numpy and TA-Lib. No frames, no dates.

Inputs are one asset's finished bars, oldest first, finite and positive: a single NaN would
poison every recursive indicator after it, so such bars are rejected in `tables`, before this.
Warm-up is NaN, never a partial window. Windows count bars: trading days for session markets,
calendar days for markets that never close.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import talib
from numpy.typing import NDArray

from foretune.errors import DataError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TechnicalField:
    """`lookback` is how many bars a value needs, itself included."""

    name: str
    lookback: int
    meaning: str


TECHNICAL_FIELDS: tuple[TechnicalField, ...] = (
    TechnicalField("rsi_14", 15, "Wilder's relative strength index, 0-100"),
    TechnicalField("macd", 34, "EMA 12 - EMA 26"),
    TechnicalField("macd_signal", 34, "EMA 9 of macd"),
    TechnicalField("macd_histogram", 34, "macd - macd_signal"),
    TechnicalField("bb_upper", 20, "SMA 20 + 2 population standard deviations"),
    TechnicalField("bb_middle", 20, "SMA 20"),
    TechnicalField("bb_lower", 20, "SMA 20 - 2 population standard deviations"),
    TechnicalField("sma_20", 20, "mean close of 20 bars"),
    TechnicalField("sma_50", 50, "mean close of 50 bars"),
    TechnicalField("sma_200", 200, "mean close of 200 bars"),
    TechnicalField("ema_12", 12, "exponential mean, span 12, seeded with the SMA"),
    TechnicalField("ema_26", 26, "exponential mean, span 26, seeded with the SMA"),
    TechnicalField("volatility_30d", 31, "annualised standard deviation (ddof 1) of 30 log returns"),
    TechnicalField("volatility_60d", 61, "annualised standard deviation (ddof 1) of 60 log returns"),
    TechnicalField("volatility_90d", 91, "annualised standard deviation (ddof 1) of 90 log returns"),
    TechnicalField("momentum_5d", 6, "close / close 5 bars ago - 1"),
    TechnicalField("momentum_10d", 11, "close / close 10 bars ago - 1"),
    TechnicalField("momentum_30d", 31, "close / close 30 bars ago - 1"),
    TechnicalField("atr_14", 15, "Wilder's average true range, in price units"),
    TechnicalField("adx_14", 28, "Wilder's average directional index, 0-100"),
)
TECHNICAL_NAMES = tuple(field.name for field in TECHNICAL_FIELDS)

PERIODS_PER_YEAR: Mapping[str, float] = {"crypto": 365.0, "equity": 252.0, "fx": 252.0, "commodity": 252.0}


def technical_indicators(high: Array, low: Array, close: Array, *, periods_per_year: float, out: Array) -> None:
    """Fill `out` (20 rows in the order of `TECHNICAL_FIELDS`, one column per bar) for one asset.

    Raises:
        DataError: an input is not finite and positive.
    """
    n = close.size
    for name, values in (("high", high), ("low", low), ("close", close)):
        if n and not (np.isfinite(values).all() and values.min() > 0):
            raise DataError(f"{name} has a value that is not finite and positive; clean the bars before the features")
    out[:] = np.nan
    if n < 2:
        return
    out[0] = talib.RSI(close, 14)
    out[1], out[2], out[3] = talib.MACD(close, 12, 26, 9)
    out[4], out[5], out[6] = talib.BBANDS(close, 20, 2.0, 2.0)
    out[7], out[8], out[9] = talib.SMA(close, 20), talib.SMA(close, 50), talib.SMA(close, 200)
    out[10], out[11] = talib.EMA(close, 12), talib.EMA(close, 26)
    returns = np.diff(np.log(close))
    for row, window in ((12, 30), (13, 60), (14, 90)):
        if returns.size >= window:
            # population -> sample standard deviation -> per year
            scale = math.sqrt(window / (window - 1) * periods_per_year)
            out[row, 1:] = talib.STDDEV(returns, window) * scale
    out[15], out[16], out[17] = talib.ROCP(close, 5), talib.ROCP(close, 10), talib.ROCP(close, 30)
    out[18] = talib.ATR(high, low, close, 14)
    out[19] = talib.ADX(high, low, close, 14)
