"""A scripted model as forecaster: strict reading, counted refusals, the move turned into a return."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest

from foretune.answers.analyst import forecast_90d, market_analysis
from foretune.answers.context import MarketContext
from foretune.answers.slots import render
from foretune.datasets.example import Example
from foretune.errors import ForecastError
from foretune.forecasting.language_model import LanguageModelForecaster, log_return

# annualised volatility whose 90-day standard deviation is exactly 0.1
VOLATILITY = 0.1 / math.sqrt(90 / 365)


def example(task: str = "forecast_90d") -> Example:
    context = MarketContext(
        symbol="BTCUSDT", as_of=datetime(2024, 1, 1, tzinfo=UTC), origin="simulated", price=50_000.0,
        change_24h_pct=1.0, high_24h=51_000.0, low_24h=49_000.0, vs_sma_50_pct=2.0, vs_sma_200_pct=-3.0,
        rsi_14=55.0, volatility_30d=0.5, volatility_90d=VOLATILITY,
    )  # fmt: skip
    answer = forecast_90d(context, 0.0) if task == "forecast_90d" else market_analysis(context)
    return Example(id="e", task=task, split="test", context=context, answer=answer)


@dataclass
class Completion:
    text: str
    stopped: bool = True


def model(write: Callable[[int], str]) -> Callable[..., list[list[Completion]]]:
    def complete(prompts: Sequence[str], *, samples: int, temperature: float, seed: int) -> list[list[Completion]]:
        return [[Completion(write(turn)) for turn in range(samples)] for _ in prompts]

    return complete


def test_samples_become_the_distribution() -> None:
    context = example().context
    moves = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    forecast = LanguageModelForecaster(model(lambda turn: forecast_90d(context, moves[turn])), samples=8).forecast(
        example()
    )
    assert forecast.members == pytest.approx(np.array(moves) * 0.1)
    assert forecast.price == 50_000.0


def test_an_answer_typed_in_digits_is_read_alike() -> None:
    context = example().context
    assert log_return(render(forecast_90d(context, 0.7), context), context) == pytest.approx(0.07)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "up",
        "Move: about +0.7 standard deviations.",
        "Move: {z:+0.7} standard deviations.\nMove: {z:+0.8} standard deviations.",
        "Move: {z:+0.7} standard deviations. {nothing}",
    ],
)
def test_an_answer_without_one_move_is_a_refusal(answer: str) -> None:
    assert log_return(answer, example().context) is None


def test_refusals_are_counted() -> None:
    context = example().context
    half = model(lambda turn: forecast_90d(context, 1.0) if turn % 2 else "I would rather not say.")
    (found,) = LanguageModelForecaster(half, samples=20).forecasts([example()])
    assert (found.samples, found.refused) == (20, 10)
    assert found.forecast is not None
    assert found.forecast.members.size == 10


def test_fewer_than_half_is_no_forecast() -> None:
    context = example().context
    shy = model(lambda turn: forecast_90d(context, 1.0) if turn < 9 else "")
    with pytest.raises(ForecastError, match="only 9 of 20 sampled answers state a move"):
        LanguageModelForecaster(shy, samples=20).forecast(example())


def test_too_few_readable_samples_are_no_forecast_either() -> None:
    context = example().context
    (found,) = LanguageModelForecaster(model(lambda _: forecast_90d(context, 1.0)), samples=4).forecasts([example()])
    assert found.forecast is None
    assert "at least 8" in (found.reason or "")


def test_only_forecast_examples_are_asked() -> None:
    with pytest.raises(ForecastError, match="market_analysis"):
        LanguageModelForecaster(model(lambda _: "")).forecasts([example("market_analysis")])
