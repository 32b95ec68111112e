"""Shares of a simulated world: sessions only, moving with its stock index, one share split.

Prices are raw, as an exchange prints them: a split makes them fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from foretune.sandbox.market import Bar, Split
from foretune.sandbox.simulated_calendar import is_session
from foretune.sandbox.simulated_crypto import VOLATILITY
from foretune.sandbox.simulated_macro import STOCK_BETA, STOCK_VOLATILITY, STRESS
from foretune.sandbox.simulated_walks import Floats, autoregressive, candles
from foretune.sandbox.simulated_world import WARM_UP_DAYS, World

SPLIT_AFTER_DAYS: Final = 400
"""The split takes effect on the first session this long after `start`."""

_STREAM: Final = 9
_OVERNIGHT: Final = 0.35
"""Share of a day's variance that falls between the close and the next opening."""


@dataclass(frozen=True, slots=True)
class _Share:
    """Moves `beta` times the index and by itself; pulled back by `pull` to a trend of its own.

    `start_price` holds at the world's first day; None is a fund that owns the index, a tenth of it a share.
    """

    code: str
    start_price: float | None
    beta: float
    own_volatility: float
    growth: float
    shares_a_day: float
    split: int = 1


_SHARES: Final = (
    _Share("AAPL", 160.0, 1.20, 0.0115, 0.0003, 4.0e7, split=4),
    _Share("IBM", 150.0, 0.85, 0.0090, -0.0001, 4.5e6),
    _Share("SPY", None, 1.00, 0.0002, 0.0, 8.0e7),
)
_PULL: Final = 0.003
CODES: Final = tuple(share.code for share in _SHARES)
SPLIT_CODES: Final = tuple(share.code for share in _SHARES if share.split > 1)


def bars(world: World, code: str) -> tuple[Bar, ...]:
    """A candle per finished session from `start`, stamped 00:00 UTC of its day. Turnover was not recorded."""
    number = CODES.index(code)
    share = _SHARES[number]
    walk, shape, trade = world.stream(_STREAM, 1 + number).spawn(3)
    macro = world.macro
    index = np.log(macro.levels["SP500"])
    noise = walk.standard_normal(len(index))
    if share.start_price is None:
        levels = index - np.log(10) + autoregressive(noise, 0.5, share.own_volatility)
    else:
        own = autoregressive(noise, 1 - _PULL, share.own_volatility)
        levels = np.log(share.start_price) + share.beta * (index - index[0]) + own
        levels += share.growth * np.arange(len(index))

    days = macro.weekdays.tolist()
    open_days = np.array([at for at, day in enumerate(days) if is_session(world.day(day))], dtype=np.int64)
    levels = levels[open_days]
    volatility = _volatility(world, share)[macro.weekdays[open_days[1:]]]
    shown = candles(levels, volatility, _OVERNIGHT, shape)
    surprise = np.abs(np.diff(levels)) / volatility
    busy = autoregressive(trade.standard_normal(len(surprise)), 0.8, 0.12)
    volumes = share.shares_a_day * np.exp(busy) * (0.55 + 0.55 * surprise)
    factor = np.ones(len(volumes))
    effective = split_day(world, code)
    at = [days[position] for position in open_days[1:].tolist()]
    if effective is not None:
        factor[[day >= effective for day in at]] = share.split
    columns = [shown.open / factor, shown.high / factor, shown.low / factor, shown.close / factor, volumes * factor]
    rows = zip(at, *(column.tolist() for column in columns), strict=True)
    return tuple(
        Bar(world.time_ms(day), f"{o:.2f}", f"{h:.2f}", f"{low:.2f}", f"{c:.2f}", f"{volume:.0f}", "")
        for day, o, h, low, c, volume in rows
        if day >= WARM_UP_DAYS
    )


def splits(world: World, code: str) -> Sequence[Split]:
    """The splits that took effect on a day that has begun at the world's present."""
    effective = split_day(world, code)
    if effective is None or effective > world.days:
        return ()
    return (Split(world.day(effective).isoformat(), str(_SHARES[CODES.index(code)].split)),)


def split_day(world: World, code: str) -> int | None:
    """The day of the world before whose opening `code` is split, None where it never is."""
    if code not in SPLIT_CODES:
        return None
    day = WARM_UP_DAYS + SPLIT_AFTER_DAYS
    while not is_session(world.day(day)):
        day += 1
    return day


def _volatility(world: World, share: _Share) -> Floats:
    """Standard deviation of each day's log return, as the regime has it."""
    regime = world.paths.regime
    own = np.where(regime == STRESS, STOCK_VOLATILITY[True], STOCK_VOLATILITY[False])
    index = np.hypot(own, STOCK_BETA * np.array(VOLATILITY)[regime])
    found: Floats = np.hypot(share.beta * index, share.own_volatility)
    return found
