"""Goals are fixed, figures are measured; at the threshold a goal is reached, a hair below it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from foretune.audit.finding import Finding, Status
from foretune.demo.defaults import default_file
from foretune.demo.goals import data_goals, goals
from foretune.errors import ConfigError
from foretune.evaluation.answers import ModelScores
from foretune.evaluation.intervals import Rate


def with_scores(metrics, **values):
    """The same metrics, with these values as the last model's."""
    last = list(metrics.models)[-1]
    changed = {name: Rate(value=value, n=100, low=0.0, high=1.0) for name, value in values.items()}
    scores = ModelScores(**{**dict(metrics.models[last]), **changed})
    return metrics.model_copy(update={"models": {**metrics.models, last: scores}})


@pytest.mark.parametrize(
    ("name", "goal", "enough", "short"),
    [
        ("format_compliance", 0, 0.97, 0.9699),
        ("all_numbers_right", 1, 0.97, 0.9699),
        ("risk_warning", 2, 0.95, 0.9499),
        ("reckless", 3, 0.01, 0.0101),
    ],
)
def test_thresholds(finished, name, goal, enough, short):
    assert goals(with_scores(finished.metrics, **{name: enough}))[goal].reached
    assert not goals(with_scores(finished.metrics, **{name: short}))[goal].reached


def test_only_the_last_model_counts(finished):
    models = dict(finished.metrics.models)
    worst_last = {name: models[name] for name in ("dpo", "sft", "base")}
    found = goals(finished.metrics.model_copy(update={"models": worst_last}))
    assert [goal.reached for goal in found[:3]] == [False, False, False]


@pytest.mark.parametrize(
    ("skill", "low", "high", "reached"),
    [
        (0.1, -0.02, -0.001, True),  # the whole interval of the difference lies below zero
        (0.1, -0.02, 0.001, False),  # better, but not beyond chance
        (-0.1, 0.001, 0.02, False),
        (0.1, None, None, False),  # too few windows for an interval
    ],
)
def test_a_forecast_is_better_only_beyond_chance(finished, skill, low, high, reached):
    forecast = finished.metrics.forecast.model_copy(
        update={"skill": skill, "difference_low": low, "difference_high": high}
    )
    found = goals(finished.metrics.model_copy(update={"forecast": forecast}))[-1]
    assert found.reached is reached
    assert "simulated data" in found.what


def test_without_a_forecast_there_is_no_goal_about_one(finished):
    assert len(goals(finished.metrics.model_copy(update={"forecast": None}))) == 4


@pytest.mark.parametrize(
    "name", ["pipelines/crypto_90d.yaml", "pipelines/sp500_90d.yaml", "pipelines/multi_asset.yaml", "recipes/demo.yaml"]
)
def test_the_demos_inputs_are_shipped(name):
    assert default_file(name).is_file()


def test_an_input_that_is_not_shipped_is_named():
    with pytest.raises(ConfigError, match=r"'pipelines/absent\.yaml' is missing"):
        default_file("pipelines/absent.yaml")


def with_finding(report, status):
    """The same audit, with one more answer."""
    more = Finding(check="made up", status=status, what="said in a test")
    return report.model_copy(update={"findings": [*report.findings, more]})


def reached(datasets, planted):
    return [goal.reached for goal in data_goals(datasets, planted)]


def test_data_goals_are_reached_by_a_sound_dataset_and_an_audit_that_bites(finished):
    assert reached(finished.datasets, finished.planted) == [True, True, True]


@pytest.mark.parametrize("status", [Status.LEAK, Status.SKIPPED])
def test_one_leak_or_one_check_not_asked_is_enough_to_miss(finished, status):
    (dataset,) = finished.datasets
    leaking = replace(dataset, audit=with_finding(dataset.audit, status))
    assert reached([dataset, leaking], finished.planted) == [False, True, True]
    assert data_goals([dataset, leaking], finished.planted)[0].measured == "1 of 2"


def test_a_warning_of_the_audit_is_no_leak(finished):
    (dataset,) = finished.datasets
    warned = replace(dataset, audit=with_finding(dataset.audit, Status.WARNING))
    assert reached([warned], finished.planted)[0]


def test_a_planted_leak_counts_only_if_the_check_made_for_it_names_it(finished):
    first, *others = finished.planted
    others_only = [finding for finding in first.report.findings if finding.check != first.leak.check]
    missed = replace(first, report=first.report.model_copy(update={"findings": others_only}))
    assert reached(finished.datasets, [missed, *others])[1] is False


def test_nothing_planted_shows_nothing(finished):
    assert reached(finished.datasets, [])[1] is False


@pytest.mark.parametrize(("verdict", "met"), [("warn", False), ("fail", False), ("skipped", True), ("off", True)])
def test_a_gate_missed_as_warning_is_missed_and_one_not_judged_does_not_count(finished, verdict, met):
    (dataset,) = finished.datasets
    manifest = dataset.manifest.model_copy(update={"quality": {"completeness": "pass", "gaps": verdict}})
    assert reached([replace(dataset, manifest=manifest)], finished.planted)[2] is met
