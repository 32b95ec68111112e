"""A language model as forecaster: its sampled moves are the distribution. No model is loaded here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from foretune.answers.checks import parse_move
from foretune.answers.context import MarketContext
from foretune.answers.slots import forecast_numbers, render
from foretune.answers.tasks import Task
from foretune.datasets.example import Example
from foretune.errors import AnswerError, ForecastError
from foretune.forecasting.completer import Completer
from foretune.forecasting.forecast import EnsembleForecast

BATCH_PROMPTS = 8


@dataclass(frozen=True)
class SampledForecast:
    """`forecast` is None where fewer than half of the samples could be read: `reason` says so then.

    `refused` of `samples` completions stated no move that parses.
    """

    symbol: str
    decision_at: datetime
    forecast: EnsembleForecast | None
    samples: int
    refused: int
    reason: str | None = None


@dataclass(frozen=True)
class LanguageModelForecaster:
    """Samples `samples` answers per origin at `temperature` (1: the model's own distribution)."""

    complete: Completer
    samples: int = 64
    temperature: float = 1.0
    seed: int = 0

    def forecast(self, example: Example) -> EnsembleForecast:
        """The forecast for one `forecast_90d` example.

        Raises:
            ForecastError: not a forecast example, or fewer than half of the samples parse.
        """
        (sampled,) = self.forecasts([example])
        if sampled.forecast is None:
            raise ForecastError(sampled.reason)
        return sampled.forecast

    def forecasts(
        self, examples: Sequence[Example], *, advance: Callable[[int], None] = lambda done: None
    ) -> list[SampledForecast]:
        """One result per example, in order; `advance` is told how many more are done.

        An origin the model cannot forecast stays in the list: whoever scores it must count it.

        Raises:
            ForecastError: an example is of another task.
        """
        found: list[SampledForecast] = []
        for example in examples:
            if example.task is not Task.FORECAST_90D:
                raise ForecastError(f"{example.id}: is a {example.task} example; only {Task.FORECAST_90D} holds a move")
        for start in range(0, len(examples), BATCH_PROMPTS):
            batch = examples[start : start + BATCH_PROMPTS]
            answers = self.complete(
                [example.prompt for example in batch],
                samples=self.samples,
                temperature=self.temperature,
                seed=self.seed + start,
            )
            for example, completions in zip(batch, answers, strict=True):
                found.append(self._read(example.context, [completion.text for completion in completions]))
            advance(len(batch))
        return found

    def _read(self, context: MarketContext, answers: Sequence[str]) -> SampledForecast:
        returns = [found for answer in answers if (found := log_return(answer, context)) is not None]
        refused = len(answers) - len(returns)
        forecast, reason = None, None
        if 2 * len(returns) < len(answers):
            reason = (
                f"{context.symbol} at {context.as_of:%Y-%m-%d}: only {len(returns)} of {len(answers)} sampled answers "
                "state a move; train longer or sample at a lower temperature"
            )
        else:
            try:
                forecast = EnsembleForecast(
                    symbol=context.symbol,
                    decision_at=context.as_of,
                    price=context.price,
                    members=np.array(returns, dtype=np.float64),
                )
            except ForecastError as exc:
                reason = str(exc)
        return SampledForecast(context.symbol, context.as_of, forecast, len(answers), refused, reason)


def log_return(answer: str, context: MarketContext) -> float | None:
    """The 90-day log return an answer forecasts, read strictly; None if it states no single move."""
    try:
        text = render(answer, context)
    except AnswerError:
        return None
    move = parse_move(text)
    return None if move is None else forecast_numbers(move, context).log_return
