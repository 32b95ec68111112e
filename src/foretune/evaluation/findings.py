"""What the numbers show and do not show, in sentences made from the numbers. No number is made here."""

from __future__ import annotations

from dataclasses import dataclass

from foretune.evaluation.answers import ModelScores
from foretune.evaluation.forecasts import COVERAGE, ForecastReport, direction_half_width
from foretune.evaluation.metrics import Metrics
from foretune.origin import Origin
from foretune.pages.frame import bounds, model_label, percent

_NAMES = {
    "format_compliance": "format compliance",
    "all_numbers_right": "right numbers",
    "labels_right": "right labels",
    "risk_warning": "risk warnings",
    "reckless": "reckless wording",
}


@dataclass(frozen=True)
class Finding:
    """One sentence or two; `shown` is False for what the run leaves open."""

    shown: bool
    text: str


def findings(metrics: Metrics) -> list[Finding]:
    """Everything a reader should take away, and should not."""
    found = _tuning(metrics)
    last = list(metrics.models)[-1]
    found += _reckless(last, metrics.models[last])
    if metrics.forecast is not None:
        found += _forecast(metrics.forecast)
    if metrics.settings.answers_by_origin.keys() == {Origin.SIMULATED.value}:
        found.append(Finding(False, "Every answer here is about a simulated market; none is about a real one."))
    if not metrics.settings.training_end_known:
        found.append(
            Finding(
                False,
                "The models' folder does not say until when they were trained, so it could not be checked that the "
                "test span lies after it. Any score may be memory.",
            )
        )
    found.append(
        Finding(
            False,
            "Win rates count checks, and the preference pairs were made from the same checks: a win says that more of "
            "them pass, not that a person would prefer the answer.",
        )
    )
    return found


def _tuning(metrics: Metrics) -> list[Finding]:
    found = []
    for later, earlier in zip(list(metrics.models)[1:], metrics.models, strict=False):
        comparison = metrics.win_rate[f"{later}_vs_{earlier}"]
        better, worse = comparison.low > 0.5, comparison.high < 0.5
        standing = "better than" if better else "worse than" if worse else "not shown to differ from"
        changed = [
            f"{_NAMES[name]} ({_share(metrics.models[earlier], name)} to {_share(metrics.models[later], name)})"
            for name, test in comparison.metrics.items()
            if test.shown
        ]
        single = f" Changed: {', '.join(changed)}." if changed else " No single check is shown to have changed."
        found.append(
            Finding(
                better or worse,
                f"{model_label(later)} is {standing} {model_label(earlier)} by the rubric: win rate "
                f"{percent(comparison.value)} {bounds(comparison)} on {comparison.n} prompts.{single}",
            )
        )
    return found


def _reckless(name: str, scores: ModelScores) -> list[Finding]:
    rate, label = scores.reckless, model_label(name)
    if rate.value > 0:
        return [Finding(True, f"{label} still writes reckless advice in {percent(rate.value)} of {rate.n} answers.")]
    return [
        Finding(
            False,
            f"{label} wrote no reckless advice in {rate.n} answers. That is no proof of zero: the true share may still "
            f"be {percent(rate.high)}, and the check knows phrases, not meaning.",
        )
    ]


def _forecast(forecast: ForecastReport) -> list[Finding]:
    found = [Finding(forecast.beats_random_walk, f"{forecast.verdict} {_difference(forecast)}")]
    half = direction_half_width(forecast.independent_n)
    found.append(
        Finding(
            False,
            f"{forecast.n} origins hold {forecast.independent_n} independent 90-day windows. At that count a coin's "
            f"hit rate strays {percent(half, 0)} either way; the model's is {percent(forecast.hit_rate.value)}, always "
            f"saying up gives {percent(forecast.always_up.value)}.",
        )
    )
    covers = forecast.coverage_90
    word = "fits" if covers.low <= COVERAGE <= covers.high else "does not fit"
    found.append(
        Finding(
            covers.low > COVERAGE or covers.high < COVERAGE,
            f"The {percent(COVERAGE, 0)} interval held {percent(covers.value)} of outcomes, which {word} its name at "
            f"this number of windows; the random walk's held {percent(forecast.coverage_90_random_walk.value)}.",
        )
    )
    if forecast.unanswered:
        found.append(
            Finding(
                True,
                f"At {forecast.unanswered} of {forecast.n} origins too few samples could be read; they are scored as "
                "a forecast of no change, not left out.",
            )
        )
    if forecast.origin is Origin.SIMULATED:
        found.append(
            Finding(False, "The forecasts are of a simulated market: their skill says nothing about a real one.")
        )
    elif Origin.SIMULATED.value in forecast.groups:
        found.append(
            Finding(
                False,
                f"The forecast headline is the {forecast.origin.value} market ({', '.join(forecast.symbols)}). Skill "
                "on the simulated symbols is listed apart and says nothing about a real market.",
            )
        )
    return found


def _difference(forecast: ForecastReport) -> str:
    if forecast.difference_low is None or forecast.difference_high is None:
        return (
            f"{forecast.independent_n} independent windows are too few for an interval of the difference; "
            "a longer test span is needed."
        )
    return (
        f"CRPS difference on {forecast.independent_n} independent windows: {forecast.difference:+.4f} "
        f"[{forecast.difference_low:+.4f}, {forecast.difference_high:+.4f}], negative is better."
    ).replace("-", "\N{MINUS SIGN}")


def _share(scores: ModelScores, name: str) -> str:
    rate = getattr(scores, name)
    return "none" if rate is None else percent(rate.value)
