"""Currency pairs and gold of a simulated world: weekdays, no volume, moving against its dollar.

EUR/GBP is the quotient of the two dollar pairs, so no triangle of trades makes money.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from foretune.sandbox.market import Bar
from foretune.sandbox.simulated_calendar import is_currency_day
from foretune.sandbox.simulated_macro import STRESS
from foretune.sandbox.simulated_walks import Candles, Floats, Ints, autoregressive, candles
from foretune.sandbox.simulated_world import WARM_UP_DAYS, World

PAIRS: Final = {"EUR/USD": "EURUSD", "GBP/USD": "GBPUSD", "EUR/GBP": "EURGBP", "XAU/USD": "XAUUSD"}
_WALK_STREAM: Final = 10
_SHAPE_STREAM: Final = 12
_NUMBER: Final = {instrument: number for number, instrument in enumerate(PAIRS.values(), start=1)}
_DECIMALS: Final = {"XAUUSD": 2}
_GAP: Final = {"XAUUSD": 0.06}
_USUAL_GAP: Final = 0.02
_DOLLAR_AT: Final = 115.0
_EURO_AT: Final = math.log(1.12)
_POUND_AT: Final = math.log(1.33)
"""The pairs when the dollar index is at `_DOLLAR_AT`."""
_MEMORY: Final = 0.997
_VOLATILITY: Final = {"EURUSD": 0.0045, "GBPUSD": 0.0050, "EURGBP": 0.0035, "XAUUSD": 0.0078}


def bars(world: World, instrument: str) -> tuple[Bar, ...]:
    """A candle per finished weekday from `start`; nobody counts the volume of currencies."""
    open_days = np.array(
        [at for at, day in enumerate(world.macro.weekdays.tolist()) if is_currency_day(world.day(day))], dtype=np.int64
    )
    days = world.macro.weekdays[open_days[1:]]
    shown = _cross(world, open_days, days) if instrument == "EURGBP" else _candles(world, instrument, open_days, days)
    decimals = _DECIMALS.get(instrument, 5)
    prices = zip(shown.open.tolist(), shown.high.tolist(), shown.low.tolist(), shown.close.tolist(), strict=True)
    rows = ((day, [f"{price:.{decimals}f}" for price in row]) for day, row in zip(days.tolist(), prices, strict=True))
    return tuple(
        Bar(world.time_ms(day), opened, high, low, close, "", "")
        for day, (opened, high, low, close) in rows
        if day >= WARM_UP_DAYS
    )


def log_levels(world: World, instrument: str) -> Floats:
    """Log closes of the macro weekdays, one per element of `Macro.weekdays`."""
    if instrument == "EURGBP":
        return log_levels(world, "EURUSD") - log_levels(world, "GBPUSD")
    if instrument == "XAUUSD":
        gold = np.log(world.macro.levels["gold_price"])
        venue: Floats = gold + 3e-4 * world.stream(_WALK_STREAM, _NUMBER[instrument]).standard_normal(len(gold))
        return venue
    dollar = np.log(world.macro.levels["DTWEXBGS"] / _DOLLAR_AT)
    euro, pound = (
        autoregressive(world.stream(_WALK_STREAM, _NUMBER[pair]).standard_normal(len(dollar)), _MEMORY, size)
        for pair, size in (("EURUSD", 0.0026), ("GBPUSD", 0.0032))
    )
    levels: Floats = _EURO_AT - 1.1 * dollar + euro
    if instrument == "GBPUSD":
        levels = _POUND_AT - 0.9 * dollar + 0.5 * euro + pound
    return levels


def _candles(world: World, instrument: str, open_days: Ints, days: Ints) -> Candles:
    stressed = world.paths.regime[days] == STRESS
    volatility = _VOLATILITY[instrument] * np.where(stressed, 1.3, 1.0)
    shape = world.stream(_SHAPE_STREAM, _NUMBER[instrument])
    return candles(log_levels(world, instrument)[open_days], volatility, _GAP.get(instrument, _USUAL_GAP), shape)


def _cross(world: World, open_days: Ints, days: Ints) -> Candles:
    """The quotient of the pairs at opening and close; the extremes in between are the cross's own."""
    euro, pound = (_candles(world, instrument, open_days, days) for instrument in ("EURUSD", "GBPUSD"))
    own = _candles(world, "EURGBP", open_days, days)
    opened, close = euro.open / pound.open, euro.close / pound.close
    top, bottom = np.maximum(opened, close), np.minimum(opened, close)
    above = own.high / np.maximum(own.open, own.close)
    below = own.low / np.minimum(own.open, own.close)
    return Candles(open=opened, high=top * above, low=bottom * below, close=close)
