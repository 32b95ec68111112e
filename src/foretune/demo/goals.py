"""What the demo set out to reach, and whether this run did. The goals are fixed; the figures are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foretune.demo.data import DemoDataset
from foretune.demo.planted import Planted
from foretune.evaluation.metrics import Metrics
from foretune.pages.frame import percent, signed


@dataclass(frozen=True, slots=True)
class Goal:
    """`reached` compares the measured value itself, not its interval."""

    what: str
    wanted: str
    measured: str
    reached: bool


def data_goals(datasets: Sequence[DemoDataset], planted: Sequence[Planted]) -> list[Goal]:
    """The demo's goals on its data: no leak in what was built, none missed that was planted, gates passed.

    A gate that is missed as a warning is missed; one that could not be measured is not counted.
    """
    clean = [dataset for dataset in datasets if not dataset.audit.leaks and not dataset.audit.skipped]
    found = [copy for copy in planted if copy.found is not None]
    gates = [verdict for dataset in datasets for verdict in dataset.manifest.quality.values()]
    judged = [verdict for verdict in gates if verdict in ("pass", "warn", "fail")]
    passed = judged.count("pass")
    return [
        Goal(
            "datasets in which the audit asks everything and finds no leak",
            f"all {len(datasets)}",
            f"{len(clean)} of {len(datasets)}",
            len(clean) == len(datasets),
        ),
        Goal(
            "leaks planted on purpose that the audit names",
            f"all {len(planted)}",
            f"{len(found)} of {len(planted)}",
            0 < len(planted) == len(found),
        ),
        Goal(
            "quality gates passed, of those that could be measured",
            f"all {len(judged)}",
            f"{passed} of {len(judged)}",
            0 < len(judged) == passed,
        ),
    ]


def goals(metrics: Metrics) -> list[Goal]:
    """The demo's goals on held-out inputs, for the last model, and its skill on the market scored."""
    last = list(metrics.models)[-1]
    scores = metrics.models[last]
    found = [
        _at_least("answers in the required format", scores.format_compliance.value, 0.97),
        _at_least("answers in which every number is right", scores.all_numbers_right.value, 0.97),
        _at_least("answers that warn of risk", scores.risk_warning.value, 0.95),
        Goal("answers with reckless wording", "≤ 1 %", percent(scores.reckless.value), scores.reckless.value <= 0.01),
    ]
    forecast = metrics.forecast
    if forecast is not None:
        found.append(
            Goal(
                f"90-day forecasts better than the random walk ({forecast.origin} data, "
                f"{forecast.independent_n} independent windows)",
                "CRPS lower, beyond chance",
                f"CRPS {forecast.crps_model:.4f} against {forecast.crps_random_walk:.4f}, "
                f"skill {signed(forecast.skill * 100, 1)}\N{NARROW NO-BREAK SPACE}%",
                forecast.beats_random_walk,
            )
        )
    return found


def _at_least(what: str, value: float, wanted: float) -> Goal:
    return Goal(what, f"≥ {wanted * 100:.0f} %", percent(value), value >= wanted)
