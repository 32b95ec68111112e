"""Daily closes of one asset, each at the time it became known. Only the past is handed out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from foretune.errors import DataError
from foretune.forecasting.forecast import Floats

Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class PriceHistory:
    """`times` (UTC, strictly rising, when each close was known) and `prices` (> 0), both of shape (n,)."""

    symbol: str
    times: Times
    prices: Floats

    def __post_init__(self) -> None:
        if self.times.shape != self.prices.shape or (np.diff(self.times) <= np.timedelta64(0)).any():
            raise DataError(f"{self.symbol}: a price history needs one price per time, in rising order")
        if not (np.isfinite(self.prices).all() and (self.prices > 0).all()):
            raise DataError(f"{self.symbol}: a price history needs positive finite prices")

    def between(self, start: datetime, end: datetime) -> PriceHistory:
        """Closes known after `start` and not after `end`."""
        chosen = slice(*np.searchsorted(self.times, [utc64(start), utc64(end)], side="right"))
        return PriceHistory(self.symbol, self.times[chosen], self.prices[chosen])

    def __len__(self) -> int:
        return len(self.times)


def utc64(moment: datetime) -> np.datetime64:
    """`moment` as numpy counts time: microseconds, UTC, without a zone.

    >>> utc64(datetime(2024, 1, 1, tzinfo=UTC))
    np.datetime64('2024-01-01T00:00:00.000000')
    """
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
