"""What every part of a simulated market looks at: one seed's prices and macro values up to a moment.

Clocks and shared paths only; what a provider would say of them is made in the other rooms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final

import numpy as np

from foretune.sandbox.market import DAY_MS, epoch_ms
from foretune.sandbox.simulated_crypto import COINS, HOURS, CryptoPaths, simulate_crypto
from foretune.sandbox.simulated_macro import Macro, simulate_macro
from foretune.sandbox.simulated_walks import Floats

WARM_UP_DAYS: Final = 540
"""The world is this much older than `start`: macro series have a past, sentiment has something to read."""

HOUR_MS: Final = 3_600_000
COLUMNS: Final = {coin.symbol: column for column, coin in enumerate(COINS)}


@dataclass(frozen=True)
class World:
    """The world of `seed` whose candles begin on `start`, seen at `now` (UTC).

    Days and hours are counted from 00:00 UTC of `first_day`.
    """

    seed: int
    start: date
    now: datetime

    @property
    def first_day(self) -> date:
        return self.start - timedelta(days=WARM_UP_DAYS)

    @cached_property
    def first_ms(self) -> int:
        return epoch_ms(datetime.combine(self.first_day, time(), UTC))

    @cached_property
    def hours(self) -> int:
        """Whole hours that are over at `now`."""
        return (epoch_ms(self.now) - self.first_ms) // HOUR_MS

    @property
    def days(self) -> int:
        """Whole days that are over at `now`."""
        return self.hours // HOURS

    @cached_property
    def paths(self) -> CryptoPaths:
        """Hourly prices of the coins, to the end of `now`'s day: whoever reads them stops at `hours`."""
        return simulate_crypto(self.seed, -(-(epoch_ms(self.now) - self.first_ms) // DAY_MS))

    @cached_property
    def macro(self) -> Macro:
        """Macro values of the days that are over."""
        paths, whole = self.paths, self.days
        return simulate_macro(self.seed, self.first_day, paths.factor[:whole], paths.regime[:whole])

    def day(self, index: int) -> date:
        return self.first_day + timedelta(days=index)

    def time_ms(self, index: int) -> int:
        """00:00 UTC of day `index`."""
        return self.first_ms + index * DAY_MS

    def daily_log_close(self, symbol: str) -> Floats:
        """Log closes (in ticks) of a coin's finished days, from the world's first day."""
        closes: Floats = np.log(self.paths.close[HOURS - 1 : self.hours : HOURS, COLUMNS[symbol]])
        return closes

    def stream(self, *numbers: int) -> np.random.Generator:
        """A source of random numbers of its own for each choice of `numbers`, the last of them not 0."""
        return np.random.default_rng([self.seed, *numbers])
