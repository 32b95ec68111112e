"""The random walk: its volatility by hand, on any calendar, and from the past only."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from foretune.errors import DataError, ForecastError
from foretune.forecasting.history import PriceHistory, utc64
from foretune.forecasting.random_walk import random_walk

START = datetime(2022, 1, 1, tzinfo=UTC)


def history(returns: list[float], days: list[int] | None = None) -> PriceHistory:
    """Closes on `days` (default: every day) with `returns` between them."""
    at = days or list(range(len(returns) + 1))
    times = np.array([utc64(START + timedelta(days=day)) for day in at])
    return PriceHistory("X", times, 100 * np.exp(np.cumsum([0.0, *returns])))


def test_a_return_of_one_percent_every_day() -> None:
    # variance 0.01² a day over 90 days
    forecast = random_walk(history([0.01, -0.01] * 200), START + timedelta(days=400))
    assert forecast.sigma == pytest.approx(0.01 * math.sqrt(90))
    assert forecast.mean == 0.0
    assert forecast.price == pytest.approx(100.0)


def test_only_the_trailing_year_counts() -> None:
    wild, calm = [0.2, -0.2] * 50, [0.01, -0.01] * 183
    forecast = random_walk(history(wild + calm), START + timedelta(days=466))
    assert forecast.sigma == pytest.approx(0.01 * math.sqrt(90))


def test_what_comes_after_the_origin_changes_nothing() -> None:
    past, origin = [0.01, -0.01] * 100, START + timedelta(days=200)
    assert random_walk(history(past + [0.5] * 50), origin) == random_walk(history(past), origin)


def test_weekends_are_part_of_the_horizon() -> None:
    # five sessions a week of ±1 %: 90 calendar days hold 90·5/7 of them
    weekdays = [day for day in range(365) if day % 7 < 5]
    returns = [0.01 if turn % 2 else -0.01 for turn in range(len(weekdays) - 1)]
    forecast = random_walk(history(returns, weekdays), START + timedelta(days=weekdays[-1]))
    assert forecast.sigma == pytest.approx(0.01 * math.sqrt(90 * 5 / 7), rel=0.01)


def test_too_short_a_past_is_said() -> None:
    with pytest.raises(ForecastError, match="needs 60 daily returns of the trailing year, found 30"):
        random_walk(history([0.01] * 30), START + timedelta(days=30))


def test_a_stale_past_is_said() -> None:
    with pytest.raises(ForecastError, match="more than a week old"):
        random_walk(history([0.01, -0.01] * 100), START + timedelta(days=208))


def test_a_price_that_never_moved_is_no_distribution() -> None:
    with pytest.raises(ForecastError, match="no distribution"):
        random_walk(history([0.0] * 100), START + timedelta(days=100))


def test_a_history_out_of_order_is_refused() -> None:
    with pytest.raises(DataError, match="rising order"):
        history([0.01, 0.01], [0, 2, 1])
