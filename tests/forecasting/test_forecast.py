"""A forecast is a distribution: its scores and quantiles against values worked out by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from foretune.errors import ForecastError
from foretune.forecasting.forecast import EnsembleForecast, NormalForecast

AT = datetime(2024, 1, 1, tzinfo=UTC)


def ensemble(*members: float, price: float = 100.0) -> EnsembleForecast:
    return EnsembleForecast(symbol="BTCUSDT", decision_at=AT, price=price, members=np.array(members))


def normal(sigma: float, mean: float = 0.0) -> NormalForecast:
    return NormalForecast(symbol="BTCUSDT", decision_at=AT, price=100.0, sigma=sigma, mean=mean)


def test_crps_of_a_standard_normal_at_its_centre() -> None:
    # 2·φ(0) - 1/√π = 0.79788 - 0.56419
    assert normal(1.0).crps(0.0) == pytest.approx(2 / math.sqrt(2 * math.pi) - 1 / math.sqrt(math.pi), abs=1e-12)


def test_crps_scales_with_sigma() -> None:
    assert normal(0.3).crps(0.3) == pytest.approx(0.3 * normal(1.0).crps(1.0), rel=1e-12)


def test_crps_of_members_that_agree_is_the_distance_to_the_outcome() -> None:
    assert ensemble(*[0.1] * 8).crps(0.4) == pytest.approx(0.3)


def test_crps_uses_the_fair_estimator() -> None:
    # four at 0 and four at 1, outcome 0: E|X - y| = 1/2; over 8·7 ordered pairs 32 differ by 1, so
    # E|X - X'| = 32/56 and the fair score is 1/2 - 16/56. The biased one (8·8 pairs) would say 1/4.
    assert ensemble(*[0.0] * 4, *[1.0] * 4).crps(0.0) == pytest.approx(1 / 2 - 16 / 56)


def test_fair_crps_of_few_samples_agrees_with_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    few = np.mean([ensemble(*rng.normal(0, 0.2, 10)).crps(0.1) for _ in range(2000)])
    assert few == pytest.approx(normal(0.2).crps(0.1), abs=0.004)


def test_the_interval_of_nineteen_members_at_ninety_percent_is_their_range() -> None:
    low, high = ensemble(*np.arange(19) / 10).interval(0.9)
    assert (low, high) == pytest.approx((0.0, 1.8))


def test_intervals_cover_what_they_say() -> None:
    rng = np.random.default_rng(1)
    held = []
    for _ in range(4000):
        low, high = ensemble(*rng.normal(size=24)).interval(0.9)
        held.append(low <= rng.normal() <= high)
    assert np.mean(held) == pytest.approx(0.9, abs=0.015)


def test_normal_quantiles() -> None:
    assert normal(0.2, mean=0.1).quantile([0.5, 0.975]) == pytest.approx([0.1, 0.1 + 0.2 * 1.959964])


def test_prices_follow_from_returns() -> None:
    assert normal(0.2).prices([0.5, 0.975]) == pytest.approx([100.0, 100 * math.exp(0.2 * 1.959964)])


def test_prob_up_counts_no_change_half() -> None:
    # 3 up, 4 down, 1 unchanged
    assert ensemble(0.1, 0.2, 0.3, -0.1, -0.1, -0.2, -0.2, 0.0).prob_up == pytest.approx(3.5 / 8)


def test_pit_is_the_share_below() -> None:
    assert ensemble(*range(10)).pit(2.5) == pytest.approx(0.3)
    assert normal(0.5).pit(0.0) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("members", "says"), [([], "0 samples"), ([0.1] * 7, "at least 8"), ([0.1] * 8 + [math.nan], "not finite")]
)
def test_what_is_no_distribution_is_refused(members: list[float], says: str) -> None:
    with pytest.raises(ForecastError, match=says):
        ensemble(*members)


def test_a_normal_without_spread_is_refused() -> None:
    with pytest.raises(ForecastError, match="no distribution"):
        normal(0.0)


def test_a_forecast_needs_a_price() -> None:
    with pytest.raises(ForecastError, match="positive price"):
        ensemble(*range(8), price=0.0)
