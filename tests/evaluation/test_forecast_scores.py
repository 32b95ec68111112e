"""Forecast scores beside the random walk: independent windows and skill by hand."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from foretune.errors import EmptyData
from foretune.evaluation.forecasts import ScoredForecast, forecast_report, forecast_scores, windows
from foretune.evaluation.intervals import t_interval
from foretune.forecasting.forecast import EnsembleForecast, NormalForecast
from foretune.forecasting.history import PriceHistory
from foretune.forecasting.outcomes import ForecastCase


@pytest.fixture
def case(make_example):
    def make(day: int = 0, symbol: str = "A", outcome: float = 0.1, origin: str = "recorded") -> ForecastCase:
        asked = make_example("forecast_90d", symbol=symbol, day=day, origin=origin)
        nothing = PriceHistory(symbol, np.array([], dtype="datetime64[us]"), np.array([]))
        return ForecastCase(asked, outcome, asked.context.as_of + timedelta(days=90), nothing)

    return make


def normal(case: ForecastCase, sigma: float = 0.2, mean: float = 0.0) -> NormalForecast:
    return NormalForecast(symbol=case.symbol, decision_at=case.decision_at, price=100.0, sigma=sigma, mean=mean)


def certain(case: ForecastCase, log_return: float) -> EnsembleForecast:
    return EnsembleForecast(
        symbol=case.symbol, decision_at=case.decision_at, price=100.0, members=np.full(20, log_return)
    )


def test_daily_origins_of_two_years_hold_nine_windows(case) -> None:
    # 730 origins start windows at days 0, 90, …, 720
    found = windows([case(day) for day in range(730)])
    assert [block[0] for block in found] == [90 * number for number in range(9)]


def test_symbols_of_one_day_share_their_window(case) -> None:
    cases = [case(day, symbol) for symbol in ("A", "B", "C") for day in (0, 30, 60, 90)]
    assert [len(block) for block in windows(cases)] == [3, 3]  # days 0 and 90


def test_windows_do_not_overlap_when_calendars_differ(case) -> None:
    # B decides two days after A each time: its first label ends on day 92, so A of day 90 must wait
    cases = [case(0, "A"), case(2, "B"), case(90, "A"), case(92, "B"), case(184, "A")]
    assert windows(cases) == [[0, 1], [3], [4]]


def test_the_random_walk_has_no_skill_against_itself(case) -> None:
    cases = [case(90 * n, outcome=outcome) for n, outcome in enumerate((0.1, -0.2, 0.05, 0.4))]
    scores = forecast_scores([ScoredForecast(c, normal(c), normal(c)) for c in cases])
    assert scores.skill == 0.0
    assert (scores.difference, scores.difference_low, scores.difference_high) == (0.0, 0.0, 0.0)
    assert scores.verdict == "The model does not beat the random walk (skill +0.0 %)."


def test_a_prophet_beats_it(case) -> None:
    cases = [case(90 * n, outcome=outcome) for n, outcome in enumerate((0.2, -0.2, 0.25, -0.25, 0.3, -0.3))]
    scores = forecast_scores([ScoredForecast(c, certain(c, c.log_return), normal(c)) for c in cases])
    assert (scores.crps_model, scores.skill, scores.hit_rate.value) == (0.0, 1.0, 1.0)
    assert scores.independent_n == 6
    assert scores.coverage_90.value == 1.0
    assert scores.beats_random_walk
    assert "more than chance" in scores.verdict


def test_better_on_one_window_is_not_more_than_chance(case) -> None:
    cases = [case(day, outcome=0.1) for day in (0, 30, 60)]
    scores = forecast_scores([ScoredForecast(c, certain(c, 0.1), normal(c)) for c in cases])
    assert (scores.n, scores.independent_n, scores.difference_low) == (3, 1, None)
    assert not scores.beats_random_walk
    assert "not by more than chance" in scores.verdict


def test_no_forecast_is_scored_as_no_change_not_dropped(case) -> None:
    cases = [case(0, outcome=0.3), case(90, outcome=-0.1)]
    scores = forecast_scores([ScoredForecast(c, None, normal(c), samples=20, refused=20) for c in cases])
    assert scores.crps_model == pytest.approx(0.2)  # mean of |0.3| and |-0.1|
    assert (scores.unanswered, scores.refused, scores.samples) == (2, 40, 40)
    assert (scores.coverage_90.value, scores.hit_rate.value) == (0.0, 0.5)
    assert sum(scores.pit) == 0


def test_hits_and_always_up(case) -> None:
    cases = [case(90 * n, outcome=outcome) for n, outcome in enumerate((0.1, 0.2, -0.1, 0.3))]
    scores = forecast_scores([ScoredForecast(c, certain(c, 0.1), normal(c)) for c in cases])
    assert scores.hit_rate.value == scores.always_up.value == 0.75
    neutral = forecast_scores([ScoredForecast(c, normal(c), normal(c)) for c in cases])
    assert neutral.hit_rate.value == 0.5


def test_coverage_and_pit(case) -> None:
    # N(0, 0.2²): 90 % within ±0.329; outcomes at the 2.3rd, 50th, 69th and 99.4th percentile
    cases = [case(90 * n, outcome=outcome) for n, outcome in enumerate((-0.4, 0.0, 0.1, 0.5))]
    scores = forecast_scores([ScoredForecast(c, normal(c), normal(c)) for c in cases])
    assert scores.coverage_90.value == 0.5
    assert scores.pit == [1, 0, 0, 0, 0, 1, 1, 0, 0, 1]


def test_the_recorded_market_is_the_headline(case) -> None:
    real, made = case(0, "SPX", 0.1, "recorded"), case(0, "BTCUSDT", 0.1, "simulated")
    report = forecast_report(
        [ScoredForecast(made, certain(made, 0.1), normal(made)), ScoredForecast(real, normal(real), normal(real))]
    )
    assert (report.origin, report.symbols, report.skill) == ("recorded", ["SPX"], 0.0)
    assert report.groups["simulated"].skill == 1.0


def test_nothing_to_score_is_said() -> None:
    with pytest.raises(EmptyData, match="no forecast has an outcome"):
        forecast_report([])


def test_one_origin_per_window_keeps_the_size_of_the_test() -> None:
    """Two equally accurate forecasts, labels of 90 days, daily origins over five years, nominal 5 %.

    Their loss difference is proportional to the outcome. Means over whole windows would reject 11 %,
    because neighbouring windows share outcomes; every origin as if independent, 85 %.
    """
    rng = np.random.default_rng(0)
    rejected = {"one per window": 0, "every origin": 0}
    for _ in range(1000):
        differences = np.convolve(rng.normal(size=1800), np.ones(90), "valid")
        for name, used in (("one per window", differences[::90]), ("every origin", differences)):
            low, high = t_interval(list(used)) or (0.0, 0.0)
            rejected[name] += not low <= 0 <= high
    assert rejected["one per window"] / 1000 == pytest.approx(0.05, abs=0.02)
    assert rejected["every origin"] / 1000 > 0.8
