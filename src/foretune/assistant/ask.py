"""One question, one checked answer: live context, the model's text, the guard, the ledger entry.

A model that fails the guard is asked once more; after that the answer is a refusal that shows
the facts. Whatever leaves here, each of its numbers is in its context or follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from foretune.answers.analyst import RISK_WARNINGS
from foretune.answers.checks import assess_generated
from foretune.answers.context import MarketContext
from foretune.answers.tasks import TASKS, Task
from foretune.answers.template import TEMPLATE
from foretune.config import Config
from foretune.datasets.example import Example, Split
from foretune.errors import ForecastError
from foretune.forecasting.completer import Completer
from foretune.forecasting.forecast import Forecast
from foretune.forecasting.language_model import LanguageModelForecaster
from foretune.origin import Origin

ATTEMPTS = 2
FORECAST_SAMPLES = 128
_ABOUT_THE_FUTURE = re.compile(
    r"\b(?:forecast\w*|predict\w*|outlook|(?:90|ninety)[ -]?days?|(?:3|three)[ -]months?|next (?:month|quarter)s?)\b",
    re.IGNORECASE,
)


class Interval(Config):
    """The central 90 % of a 90-day forecast in percent, and its median."""

    low_pct: float
    median_pct: float
    high_pct: float


class Answer(Config):
    """What a person is shown.

    `refused` is True where no text of the model passed the guard: `text` is then a refusal.
    `problems` are what the guard found in the model's last attempt. `as_of` is the time of the
    data, from the exchange's clock.
    """

    question: str
    task: Task
    symbol: str
    as_of: datetime
    origin: Origin
    text: str
    context: MarketContext
    refused: bool
    attempts: int
    problems: Sequence[str]
    forecast: Interval | None = None
    random_walk: Interval | None = None


def task_of(question: str) -> Task:
    """The task a question is read as: words about the future ask for a forecast, all else for analysis.

    >>> task_of("Where will it be in 90 days?"), task_of("How does the market look?")
    (<Task.FORECAST_90D: 'forecast_90d'>, <Task.MARKET_ANALYSIS: 'market_analysis'>)
    """
    return Task.FORECAST_90D if _ABOUT_THE_FUTURE.search(question) else Task.MARKET_ANALYSIS


def answer(
    question: str, context: MarketContext, complete: Completer, *, random_walk: Forecast | None = None, seed: int = 0
) -> Answer:
    """Answer `question` about `context` with the model behind `complete`.

    A forecast is sampled and shown as an interval, beside `random_walk` if that is given.
    """
    task = task_of(question)
    prompt = TEMPLATE.prompt(TASKS[task].instruction, context.text())
    problems: Sequence[str] = ()
    text, attempts = "", 0
    for attempts in range(1, ATTEMPTS + 1):
        # greedy first; a second try must differ, so it is sampled
        temperature = 0.0 if attempts == 1 else 0.7
        ((completion,),) = complete([prompt], samples=1, temperature=temperature, seed=seed + attempts)
        text, verdict = assess_generated(task, completion.text, context)
        problems = (
            *verdict.problems,
            *(name for name in sorted(verdict.failed) if name in ("risk_warning", "reckless")),
        )
        if text.strip().rpartition("\n")[2] not in RISK_WARNINGS:
            # the one line in free words: only a reviewed sentence may leave
            problems = (*problems, "the closing line is none of the reviewed risk warnings")
        if not completion.stopped:
            problems = (*problems, "the model did not end its answer")
        if verdict.good and not problems:
            break
    else:
        return _refusal(question, task, context, attempts, problems)
    interval = None
    if task is Task.FORECAST_90D:
        try:
            interval = _interval(_sampled(context, task, complete, seed))
        except ForecastError as exc:
            return _refusal(question, task, context, attempts, [str(exc)])
    return Answer(
        question=question,
        task=task,
        symbol=context.symbol,
        as_of=context.as_of,
        origin=context.origin,
        text=text,
        context=context,
        refused=False,
        attempts=attempts,
        problems=(),
        forecast=interval,
        random_walk=_interval(random_walk) if interval is not None and random_walk is not None else None,
    )


def _sampled(context: MarketContext, task: Task, complete: Completer, seed: int) -> Forecast:
    example = Example(id="live", task=task, split=Split.TEST, context=context, answer="")
    return LanguageModelForecaster(complete, samples=FORECAST_SAMPLES, seed=seed).forecast(example)


def _interval(forecast: Forecast) -> Interval:
    low, median, high = ((price / forecast.price - 1) * 100 for price in forecast.prices([0.05, 0.5, 0.95]))
    return Interval(low_pct=float(low), median_pct=float(median), high_pct=float(high))


def _refusal(question: str, task: Task, context: MarketContext, attempts: int, problems: Sequence[str]) -> Answer:
    facts = "\n".join(f"  {line}" for line in context.text().split("\n"))
    return Answer(
        question=question,
        task=task,
        symbol=context.symbol,
        as_of=context.as_of,
        origin=context.origin,
        text=f"The model's answer did not pass the checks, so it is not shown. The data are:\n{facts}",
        context=context,
        refused=True,
        attempts=attempts,
        problems=problems,
    )
