"""The floor every forecast is printed beside: no drift, volatility of the trailing year.

Reads only closes known at the origin.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from foretune.answers.slots import HORIZON_DAYS
from foretune.errors import ForecastError
from foretune.forecasting.forecast import NormalForecast
from foretune.forecasting.history import PriceHistory, utc64

LOOKBACK_DAYS = 365
MIN_RETURNS = 60


def random_walk(history: PriceHistory, decision_at: datetime, horizon_days: int = HORIZON_DAYS) -> NormalForecast:
    """The zero-drift normal forecast of `history` at `decision_at` (UTC).

    Variance is the sum of squared log returns of the trailing 365 days over the calendar time
    they span, times the horizon. Measured per calendar day, one rule serves markets that never
    close (365 returns) and those that do (252), and a gap in the history does no harm.

    Raises:
        ForecastError: fewer than 60 returns in that year, no close at all, or a price that never moved.
    """
    year = history.between(decision_at - timedelta(days=LOOKBACK_DAYS, microseconds=1), decision_at)
    where = f"{history.symbol} at {decision_at:%Y-%m-%d}"
    if len(year) <= MIN_RETURNS:
        raise ForecastError(
            f"{where}: the random walk needs {MIN_RETURNS} daily returns of the trailing year, found "
            f"{max(0, len(year) - 1)}; start the history earlier"
        )
    if utc64(decision_at) - year.times[-1] > np.timedelta64(7, "D"):
        raise ForecastError(f"{where}: the last close is of {year.times[-1]!s:.10}, more than a week old")
    returns = np.diff(np.log(year.prices))
    days = float((year.times[-1] - year.times[0]) / np.timedelta64(1, "D"))
    return NormalForecast(
        symbol=history.symbol,
        decision_at=decision_at,
        price=float(year.prices[-1]),
        horizon_days=horizon_days,
        sigma=float(np.sqrt(np.square(returns).sum() / days * horizon_days)),
    )
