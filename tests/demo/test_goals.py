"""Goals are fixed, figures are measured; at the threshold a goal is reached, a hair below it is not."""

from __future__ import annotations

import pytest

from foretune.demo.defaults import default_file
from foretune.demo.goals import goals
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


@pytest.mark.parametrize("name", ["pipelines/crypto_90d.yaml", "pipelines/sp500_90d.yaml", "recipes/demo.yaml"])
def test_the_demos_inputs_are_shipped(name):
    assert default_file(name).is_file()


def test_an_input_that_is_not_shipped_is_named():
    with pytest.raises(ConfigError, match=r"'pipelines/absent\.yaml' is missing"):
        default_file("pipelines/absent.yaml")
