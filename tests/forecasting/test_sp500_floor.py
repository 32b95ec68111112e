"""The random walk on eighteen years of the real S&P 500: the floor a model has to beat."""

from __future__ import annotations

from datetime import UTC, timedelta

import numpy as np
import pytest
from arch.data import sp500

from foretune.forecasting.history import PriceHistory
from foretune.forecasting.random_walk import random_walk


def test_floor_of_the_sp500_from_2001() -> None:
    closes = sp500.load()["Adj Close"]
    history = PriceHistory("SPX", closes.index.to_numpy().astype("datetime64[us]"), closes.to_numpy(dtype=np.float64))
    scores, held, up = [], [], []
    for at, day in enumerate(closes.index):
        end = closes.index.searchsorted(day + timedelta(days=90))
        if day.year < 2001 or end >= len(closes):
            continue
        outcome = float(np.log(closes.iloc[end] / closes.iloc[at]))
        forecast = random_walk(history, day.to_pydatetime().replace(tzinfo=UTC))
        low, high = forecast.interval(0.9)
        scores.append(forecast.crps(outcome))
        held.append(low <= outcome <= high)
        up.append(outcome > 0)
    assert len(scores) == 4466
    # measured before by a separate program: 0.0421, 94.4 %, 65.2 %
    assert np.mean(scores) == pytest.approx(0.0421, abs=5e-5)
    assert np.mean(held) == pytest.approx(0.944, abs=5e-4)
    assert np.mean(up) == pytest.approx(0.652, abs=5e-4)
