"""Hourly prices of a few coins from one seeded market factor. No dates or wire format here.

One factor moves everything: its volatility follows a calm/normal/stress Markov chain, clusters
within each regime (GARCH(1,1)) and jumps now and then. A coin adds its beta and a part of its
own. Both parts are pulled back weakly to a trend, so that no seed ends at zero or at infinity.

Random numbers are drawn day by day in a fixed order: a longer history starts with the very bytes
of a shorter one, so time can move on in a simulated world.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from foretune.sandbox.simulated_walks import Floats, Ints, autoregressive

HOURS: Final = 24

# calm, normal, stress: chance of the next day's regime, daily volatility and drift of the factor
_NEXT_REGIME: Final = np.array([[0.985, 0.013, 0.002], [0.010, 0.980, 0.010], [0.000, 0.050, 0.950]])
VOLATILITY: Final = (0.017, 0.030, 0.055)
_DRIFT: Final = (0.0012, 0.0010, -0.0040)
_GARCH_SHOCK: Final = 0.08
_GARCH_MEMORY: Final = 0.90
_JUMP_CHANCE: Final = 0.012
_JUMP_MEAN: Final = -0.02
_JUMP_SPREAD: Final = 0.05
_FACTOR_PULL: Final = 0.0008
_TREND: Final = 0.0004  # daily growth that nothing pulls back
_OWN_PULL: Final = 0.004


@dataclass(frozen=True, slots=True)
class Coin:
    """How one coin behaves. `own_volatility` is daily; `turnover` is a usual day's, in money."""

    symbol: str
    tick: float
    start_price: float
    beta: float
    own_volatility: float
    turnover: float

    @property
    def decimals(self) -> int:
        """Digits after the point that the tick needs."""
        return max(0, round(-math.log10(self.tick)))


FIRST_COINS: Final = (
    Coin("BTCUSDT", 0.1, 9_000.0, 1.00, 0.010, 9.0e9),
    Coin("ETHUSDT", 0.01, 450.0, 1.15, 0.016, 5.0e9),
    Coin("SOLUSDT", 0.001, 18.0, 1.35, 0.030, 9.0e8),
    Coin("XRPUSDT", 0.0001, 0.60, 1.05, 0.026, 1.2e9),
    Coin("ADAUSDT", 0.0001, 0.60, 1.15, 0.026, 4.0e8),
)
_LATER_COINS: Final = (Coin("LTCUSDT", 0.01, 55.0, 1.10, 0.022, 5.0e8),)
COINS: Final = (*FIRST_COINS, *_LATER_COINS)
"""Coins that came later draw from a stream of their own: the first keep theirs, number for number."""
_FIRST_STREAM: Final = 1
_LATER_STREAM: Final = 6


@dataclass(frozen=True, slots=True)
class CryptoPaths:
    """Everything per hour (rows) and coin (columns, as in `COINS`), prices counted in ticks.

    Shapes: prices and volumes (days·24, coins); `factor` (days,) daily log return of the market
    factor; `regime` (days,) 0 calm, 1 normal, 2 stress.
    """

    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Floats
    turnover: Floats
    factor: Floats
    regime: Ints


def simulate_crypto(seed: int, days: int) -> CryptoPaths:
    """`days` whole days of hourly candles; the same `seed` gives the same first days for any `days`."""
    regimes, factor_draws, *first = _streams(seed, _FIRST_STREAM, 5)
    regime = _regimes(regimes.random(days))
    factor = _factor(factor_draws.standard_normal((days, HOURS + 3)), regime)
    early = _coins(FIRST_COINS, first, factor, regime)
    late = _coins(_LATER_COINS, _streams(seed, _LATER_STREAM, 3), factor, regime)
    return CryptoPaths(
        open=np.hstack([early.open, late.open]),
        high=np.hstack([early.high, late.high]),
        low=np.hstack([early.low, late.low]),
        close=np.hstack([early.close, late.close]),
        volume=np.hstack([early.volume, late.volume]),
        turnover=np.hstack([early.turnover, late.turnover]),
        factor=early.factor,
        regime=regime,
    )


def _streams(seed: int, number: int, count: int) -> list[np.random.Generator]:
    return [np.random.default_rng(each) for each in np.random.SeedSequence([seed, number]).spawn(count)]


def _coins(coins: tuple[Coin, ...], streams: list[np.random.Generator], factor: Floats, regime: Ints) -> CryptoPaths:
    """The paths of `coins` in a market whose `factor` (days, 24) is given. Three streams: own, shape, volume."""
    own_draws, shape_draws, volume_draws = streams
    days = len(regime)
    own = _own(own_draws.standard_normal((days, HOURS, len(coins))), regime, coins)
    beta = np.array([coin.beta for coin in coins])
    returns = factor[:, :, None] * beta + own
    hourly = returns.reshape(days * HOURS, len(coins))

    tick = np.array([coin.tick for coin in coins])
    start = np.array([coin.start_price for coin in coins])
    price = start * np.exp(np.cumsum(hourly, axis=0)) / tick
    close = np.maximum(np.rint(price), 1).astype(np.int64)
    first = np.rint(start / tick).astype(np.int64)[None, :]
    opened = np.vstack([first, close[:-1]])
    # the path inside the hour is not simulated: its extremes reach a random bit beyond open and close
    scale = np.array(VOLATILITY)[np.repeat(regime, HOURS)][:, None] / np.sqrt(HOURS) * beta
    beyond = np.abs(shape_draws.standard_normal((days * HOURS, 2, len(coins)))) * 0.5 * scale[:, None, :]
    top, bottom = np.maximum(opened, close), np.minimum(opened, close)
    high = np.maximum(np.rint(top * (1 + beyond[:, 0])), top).astype(np.int64)
    low = np.clip(np.rint(bottom * (1 - beyond[:, 1])), 1, bottom).astype(np.int64)

    usual = np.array([coin.turnover for coin in coins]) / HOURS
    # trading follows the hour's move and the day's so far; the rest of the day is not known to it
    size = VOLATILITY[1] * beta
    hour_move = np.abs(hourly) / (size / np.sqrt(HOURS))
    day_move = (np.abs(np.cumsum(returns, axis=1)) / size).reshape(hourly.shape)
    draws = volume_draws.standard_normal((days, 1 + HOURS, len(coins)))
    mood = autoregressive(draws[:, 0], 0.97, 0.12)
    noise = mood[:, None, :] + 0.30 * draws[:, 1:]
    turnover = usual * np.exp(noise.reshape(hourly.shape)) * (0.4 + 0.3 * hour_move + 0.7 * day_move)
    typical = (opened + high + low + close) / 4 * tick
    return CryptoPaths(
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=turnover / typical,
        turnover=turnover,
        factor=factor.sum(axis=1),
        regime=regime,
    )


def _regimes(draws: Floats) -> Ints:
    """A path of the Markov chain that starts in the normal regime."""
    reach = np.cumsum(_NEXT_REGIME, axis=1).tolist()
    regime, path = 1, []
    for draw in draws.tolist():
        below = reach[regime]
        regime = 0 if draw < below[0] else 1 if draw < below[1] else 2
        path.append(regime)
    return np.array(path, dtype=np.int64)


def _factor(draws: Floats, regime: Ints) -> Floats:
    """Hourly log returns of the factor (days, 24). The last three draws of a day are its jump."""
    days = len(regime)
    spread = np.sqrt(HOURS)
    volatility = np.empty(days)
    pull = np.empty(days)
    hours = draws[:, :HOURS]
    daily = hours.sum(axis=1) / spread
    rare = NormalDist().inv_cdf(1 - _JUMP_CHANCE)
    jumps = np.where(draws[:, HOURS] > rare, _JUMP_MEAN + _JUMP_SPREAD * draws[:, HOURS + 1], 0.0)
    level, heat = 0.0, 1.0
    for t in range(days):
        volatility[t] = VOLATILITY[regime[t]] * heat**0.5
        pull[t] = -_FACTOR_PULL * level
        level += pull[t] + volatility[t] * daily[t] + jumps[t] + _DRIFT[regime[t]] - _TREND
        heat = 1 - _GARCH_SHOCK - _GARCH_MEMORY + heat * (_GARCH_SHOCK * daily[t] ** 2 + _GARCH_MEMORY)
    drift = np.array(_DRIFT)[regime] + pull
    returns: Floats = hours * (volatility / spread)[:, None] + (drift / HOURS)[:, None]
    at = np.clip((np.abs(draws[:, HOURS + 2]) * 8).astype(np.int64), 0, HOURS - 1)
    returns[np.arange(days), at] += jumps
    return returns


def _own(draws: Floats, regime: Ints, coins: tuple[Coin, ...]) -> Floats:
    """Hourly log returns of each coin's own part (days, 24, coins)."""
    size = np.array([coin.own_volatility for coin in coins])
    mood = np.array([0.8, 1.0, 1.4])[regime]
    shocks = draws * size / np.sqrt(HOURS) * mood[:, None, None]
    daily = shocks.sum(axis=1)
    level = np.zeros(len(coins))
    pull = np.empty_like(daily)
    for t in range(len(daily)):
        pull[t] = -_OWN_PULL * level
        level = level + pull[t] + daily[t]
    returns: Floats = shocks + pull[:, None, :] / HOURS
    return returns
