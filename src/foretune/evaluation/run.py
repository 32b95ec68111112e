"""One evaluation from models and data to `metrics.json` and the report. No score is defined here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from rich.progress import Progress

from foretune.answers.tasks import Task
from foretune.datasets.example import Example, Split, read_examples
from foretune.datasets.overlap import check_ids, check_unseen
from foretune.errors import ConfigError
from foretune.evaluation.answers import ModelScores, ScoredAnswer, answer_examples, model_scores
from foretune.evaluation.forecasts import ScoredForecast, forecast_report, score, with_floor
from foretune.evaluation.metrics import Metrics, Settings
from foretune.evaluation.report import write_report
from foretune.evaluation.selection import sample_examples, spread_cases
from foretune.evaluation.win_rate import compare_all
from foretune.forecasting.completer import Completer
from foretune.forecasting.language_model import LanguageModelForecaster
from foretune.forecasting.outcomes import ForecastCase, forecast_cases

FORECAST_TEMPERATURE = 1.0


def evaluate(
    models: Mapping[str, Completer],
    data: Sequence[Path],
    *,
    out: Path,
    trained_until: Mapping[str, datetime] | None = None,
    limit: int = 150,
    samples: int = 40,
    forecast_origins: int = 16,
    seed: int = 0,
    temperature: float = 0.7,
    progress: Progress | None = None,
) -> Metrics:
    """Let `models` (untuned first, the one to be used last) answer the test split of `data`.

    Args:
        models: name to completer; every model answers the same prompts.
        data: dataset folders, each with `examples.parquet` and its `panel.parquet`.
        out: folder that receives `metrics.json` and `index.html`; made if missing.
        trained_until: end of training (UTC) per kind of market, from the run's manifest; None where nobody
            knows, which the report then says.
        limit: prompts per task, as even over symbols as they can be.
        samples: sampled forecasts per origin, of the last model only.
        forecast_origins: origins per symbol, evenly spread over the test span.
        seed: of the choice of prompts, of sampling, and of the bootstrap.
        temperature: of the answers; forecasts are always sampled at 1, the model's own distribution.
        progress: where to show how far it is.

    Raises:
        ConfigError: no model, or a size below one.
        DataError: a folder is no dataset, holds no test examples, or is named twice.
        LeakageError: test rows begin before training ended.
        ForecastError: no forecast origin has a year of prices before it.
    """
    if not models:
        raise ConfigError("there is no model to evaluate; name at least one")
    if min(limit, samples, forecast_origins) < 1:
        raise ConfigError(
            f"limit ({limit}), samples ({samples}) and forecast_origins ({forecast_origins}) must each be at least 1"
        )
    held_out = read_examples(data, split=Split.TEST)
    check_ids(held_out)
    check_unseen(held_out, trained_until or {})
    examples = sample_examples(held_out, limit=limit, seed=seed)
    answers: dict[str, list[ScoredAnswer]] = {}
    for name, complete in models.items():
        advance = _bar(progress, f"answers of {name}", len(examples))
        answers[name] = answer_examples(complete, examples, temperature=temperature, seed=seed, advance=advance)
    last = list(models)[-1]
    forecasts = _forecast(models[last], data, samples, forecast_origins, seed, progress, last)
    metrics = Metrics(
        models={name: model_scores(own, seed=seed) for name, own in answers.items()},
        forecast=forecast_report(forecasts) if forecasts else None,
        win_rate=compare_all(answers, seed=seed),
        by_task={name: _by_task(own, seed) for name, own in answers.items()},
        settings=Settings(
            seed=seed,
            temperature=temperature,
            answers_per_model=len(examples),
            answers_by_origin=dict(sorted(Counter(e.context.origin.value for e in examples).items())),
            forecaster=last,
            forecast_samples=samples,
            forecast_temperature=FORECAST_TEMPERATURE,
            training_end_known=trained_until is not None,
        ),
    )
    out.mkdir(parents=True, exist_ok=True)
    metrics.write(out)
    write_report(metrics, answers, forecasts, out)
    return metrics


def _forecast(
    complete: Completer,
    data: Sequence[Path],
    samples: int,
    origins: int,
    seed: int,
    progress: Progress | None,
    name: str,
) -> list[ScoredForecast]:
    by_origin: defaultdict[str, list[ForecastCase]] = defaultdict(list)
    for case in forecast_cases(data):
        by_origin[case.example.context.origin.value].append(case)
    if not by_origin:
        return []
    chosen = [
        case
        for cases in by_origin.values()
        for case in spread_cases([scorable for scorable, _ in with_floor(cases)], count=origins)
    ]
    forecaster = LanguageModelForecaster(complete, samples=samples, temperature=FORECAST_TEMPERATURE, seed=seed)
    asked: list[Example] = [case.example for case in chosen]
    sampled = forecaster.forecasts(asked, advance=_bar(progress, f"forecasts of {name}", len(asked)))
    return score(with_floor(chosen), sampled)


def _by_task(answers: Sequence[ScoredAnswer], seed: int) -> dict[str, ModelScores]:
    own = {task: [a for a in answers if a.example.task is task] for task in Task}
    return {task.value: model_scores(found, seed=seed) for task, found in own.items() if found}


def _bar(progress: Progress | None, label: str, total: int) -> Callable[[int], None]:
    if progress is None:
        return lambda done: None
    bar = progress.add_task(label, total=total)
    return lambda done: progress.update(bar, advance=done)
