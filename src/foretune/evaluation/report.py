"""The report of an evaluation: one self-contained HTML page. Numbers come from `metrics`, words from `findings`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from foretune.evaluation import pictures
from foretune.evaluation.answers import ScoredAnswer
from foretune.evaluation.findings import findings
from foretune.evaluation.forecasts import ForecastScores, ScoredForecast
from foretune.evaluation.metrics import Metrics
from foretune.evaluation.win_rate import RECKLESS_COST, points
from foretune.pages.frame import environment

FILE_NAME = "index.html"
FAILURES_SHOWN = 50
SAMPLES_SHOWN = 4
FANS_SHOWN = 4

CHECKS = {
    "format_compliance": "Format",
    "all_numbers_right": "Numbers right",
    "labels_right": "Labels right",
    "risk_warning": "Risk warning",
    "reckless": "Reckless (less is better)",
}
ROWS = {**CHECKS, "all_checks": "All checks passed", "claim_coverage": "Numbers stated", "stopped": "Stopped by itself"}


@dataclass(frozen=True)
class AnswersShown:
    """What the page shows of one model's answers; `failed` counts all failures."""

    model: str
    failed: int
    failures: list[ScoredAnswer]
    passing: list[ScoredAnswer]


def write_report(
    metrics: Metrics,
    answers: Mapping[str, Sequence[ScoredAnswer]],
    forecasts: Sequence[ScoredForecast],
    folder: Path,
) -> Path:
    """Write `index.html` into `folder` and return its path."""
    path = folder / FILE_NAME
    page = environment("foretune.evaluation").get_template("report.html.j2")
    text = page.render(
        metrics=metrics,
        models=metrics.models,
        rows=ROWS,
        colours=pictures.series_names(list(metrics.models)),
        findings=findings(metrics),
        forest=pictures.forest(metrics.models, CHECKS),
        wins=pictures.win_rates(metrics.win_rate) if metrics.win_rate else None,
        crps={name: pictures.crps_bars(group) for name, group in _groups(metrics).items()},
        pit={name: pictures.pit_histogram(group) for name, group in _groups(metrics).items()},
        fans=_fans(metrics, forecasts),
        shown=[_shown(name, own) for name, own in answers.items()],
        points=points,
        reckless_cost=RECKLESS_COST,
    )
    path.write_text(text, encoding="utf-8")
    return path


def _groups(metrics: Metrics) -> dict[str, ForecastScores]:
    return {} if metrics.forecast is None else metrics.forecast.groups


def _fans(metrics: Metrics, forecasts: Sequence[ScoredForecast]) -> list[tuple[ScoredForecast, Markup]]:
    """A few origins of the headline group, evenly spaced in the order of the forecasts, never the best ones."""
    if metrics.forecast is None:
        return []
    own = [s for s in forecasts if s.case.example.context.origin is metrics.forecast.origin]
    count = min(FANS_SHOWN, len(own))
    chosen = [own[(2 * turn + 1) * len(own) // (2 * count)] for turn in range(count)]
    return [(s, pictures.fan(s, f"fan-{at}")) for at, s in enumerate(chosen)]


def _shown(name: str, answers: Sequence[ScoredAnswer]) -> AnswersShown:
    failures = [answer for answer in answers if not answer.verdict.good]
    passing = [answer for answer in answers if answer.verdict.good]
    return AnswersShown(name, len(failures), _spaced(failures, FAILURES_SHOWN), _spaced(passing, SAMPLES_SHOWN))


def _spaced(answers: Sequence[ScoredAnswer], count: int) -> list[ScoredAnswer]:
    """At most `count` of them, evenly spaced, so that no symbol fills the list."""
    count = min(count, len(answers))
    return [answers[turn * len(answers) // count] for turn in range(count)]
