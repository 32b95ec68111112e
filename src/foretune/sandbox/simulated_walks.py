"""Random walks that a longer history continues and never rewrites: memory, and candles around closes.

Pure arithmetic on draws: nothing here knows a date, an instrument or a seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def autoregressive(draws: Floats, memory: float, size: float) -> Floats:
    """x[t] = memory·x[t-1] + size·draws[t] along the first axis, from zero; shape of `draws`.

    >>> autoregressive(np.array([1.0, 0.0, 0.0]), memory=0.5, size=2.0).tolist()
    [2.0, 1.0, 0.5]
    """
    path = np.empty_like(draws)
    level = np.zeros(draws.shape[1:])
    for t in range(len(draws)):
        level = memory * level + size * draws[t]
        path[t] = level
    return path


@dataclass(frozen=True, slots=True)
class Candles:
    """Prices of consecutive sessions, one element each."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


def candles(log_close: Floats, volatility: Floats, gap: float, stream: np.random.Generator) -> Candles:
    """Candles of the sessions after the first of `log_close`, drawn to fit their closes.

    Each session is a Brownian motion pinned at the close before it and its own: the opening lies
    `gap` of the way along in variance (what happens while the market is shut), and the extremes
    follow the law of a Brownian bridge's maximum between opening and close.

    Args:
        log_close: shape (n,), n ≥ 1. The first is only the close before the first candle.
        volatility: shape (n - 1,), standard deviation of each session's log return.
        gap: share of a session's variance that falls before its opening, 0 to 1.
        stream: four numbers are drawn per session, in order of time.
    """
    before, close = log_close[:-1], log_close[1:]
    draws = stream.random((len(close), 4))
    # Box and Muller: a fixed count of draws per session, so that a longer history keeps the shorter one's
    normal = np.sqrt(-2 * np.log1p(-draws[:, 0])) * np.cos(2 * np.pi * draws[:, 1])
    opened = before + gap * (close - before) + volatility * np.sqrt(gap * (1 - gap)) * normal
    spread = 2 * (1 - gap) * volatility**2
    reach = np.sqrt((close - opened)[:, None] ** 2 - spread[:, None] * np.log1p(-draws[:, 2:]))
    middle = opened + close
    return Candles(
        open=np.exp(opened),
        high=np.exp((middle + reach[:, 0]) / 2),
        low=np.exp((middle - reach[:, 1]) / 2),
        close=np.exp(close),
    )
