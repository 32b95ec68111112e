"""The whole evaluation on a written market: the shape of metrics.json, and what the page shows."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foretune.answers.slots import move_slot
from foretune.errors import ConfigError, DataError, LeakageError
from foretune.evaluation.metrics import Metrics
from foretune.evaluation.run import evaluate

ATTACK = "<script>alert('x')</script>"


def forecaster(example, turn):
    """The analyst's answer; a forecast's samples go evenly from -1.5 to +1.5 standard deviations."""
    return re.sub(r"\{z:[^}]*\}", move_slot(-1.5 + turn * 3 / 18), example.answer)


def never_asked(prompts, **options):
    raise AssertionError("asked before the data were checked")


def run(tmp_path, market, scripted, symbols):
    examples = market(tmp_path / "data", symbols)
    models = {
        "base": scripted(examples, lambda *_: f"hodl {ATTACK}"),
        "sft": scripted(examples, lambda example, turn: forecaster(example, turn).rsplit("\n", 1)[0]),
        "dpo": scripted(examples, forecaster),
    }
    out = tmp_path / "evaluation"
    metrics = evaluate(models, [tmp_path / "data"], out=out, limit=20, samples=19, forecast_origins=5)
    return metrics, out


@pytest.fixture
def evaluated(tmp_path: Path, market, scripted) -> tuple[Metrics, Path]:
    return run(tmp_path, market, scripted, {"SPX": "recorded", "BTCUSDT": "simulated"})


def test_metrics_json_has_the_published_shape(evaluated) -> None:
    data = json.loads((evaluated[1] / "metrics.json").read_text())
    assert list(data["models"]) == ["base", "sft", "dpo"]
    for scores in data["models"].values():
        for name in ("format_compliance", "all_numbers_right", "labels_right", "risk_warning", "reckless"):
            assert set(scores[name]) == {"value", "n", "low", "high"}
    assert {"crps_model", "crps_random_walk", "independent_n", "skill", "coverage_90"} <= set(data["forecast"])
    assert {"sft_vs_base", "dpo_vs_sft", "dpo_vs_base"} == set(data["win_rate"])


def test_the_numbers_are_those_of_the_script(evaluated) -> None:
    metrics = evaluated[0]
    assert [metrics.models[name].risk_warning.value for name in ("base", "sft", "dpo")] == [0.0, 0.0, 1.0]
    assert [metrics.models[name].all_numbers_right.value for name in ("base", "sft", "dpo")] == [0.0, 1.0, 1.0]
    assert metrics.models["dpo"].format_compliance.n == 40  # twenty of each task
    assert (metrics.win_rate["dpo_vs_sft"].wins, metrics.win_rate["dpo_vs_sft"].n) == (40, 40)
    assert metrics.forecast is not None
    # days 400 to 800 in steps of 100: each label ends before the next origin
    assert (metrics.forecast.symbols, metrics.forecast.n, metrics.forecast.independent_n) == (["SPX"], 5, 5)


def test_written_metrics_can_be_read_back(evaluated) -> None:
    assert Metrics.read(evaluated[1]) == evaluated[0]


def test_answers_are_untrusted_text(evaluated) -> None:
    page = (evaluated[1] / "index.html").read_text()
    assert ATTACK not in page
    assert "<script" not in page
    assert "hodl &lt;script&gt;" in page


def test_the_page_stands_alone(evaluated) -> None:
    page = (evaluated[1] / "index.html").read_text()
    assert not re.search(r"""(?:src|href)=["'](?!#)""", re.sub(r'xmlns(:\w+)?="[^"]*"', "", page))
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_the_page_says_where_the_data_are_from_and_what_is_not_shown(evaluated) -> None:
    page = (evaluated[1] / "index.html").read_text()
    assert "recorded data" in page
    assert "simulated data" in page
    assert "says nothing about a real market" in page
    assert "independent 90-day windows" in page


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path, market, scripted) -> None:
    first = run(tmp_path / "a", market, scripted, {"BTCUSDT": "simulated"})[1]
    second = run(tmp_path / "b", market, scripted, {"BTCUSDT": "simulated"})[1]
    for name in ("metrics.json", "index.html"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_a_model_that_cannot_forecast_is_scored_all_the_same(tmp_path: Path, market, scripted) -> None:
    examples = market(tmp_path / "data", {"BTCUSDT": "simulated"})
    metrics = evaluate(
        {"mute": scripted(examples, lambda *_: "")}, [tmp_path / "data"], out=tmp_path / "out", samples=8, limit=4
    )
    assert metrics.forecast is not None
    assert metrics.forecast.unanswered == metrics.forecast.n
    assert metrics.forecast.skill < 0
    assert metrics.win_rate == {}


def test_a_test_span_within_the_training_is_refused_before_any_model_is_asked(tmp_path: Path, market) -> None:
    market(tmp_path / "data", {"SPX": "recorded"})
    # the first test day is day 400 after 1 January 2022: 5 February 2023
    ends = {"real": datetime(2023, 2, 5, tzinfo=UTC)}
    with pytest.raises(LeakageError, match=r"until 2023-02-05 .*begin at 2023-02-05"):
        evaluate({"dpo": never_asked}, [tmp_path / "data"], out=tmp_path / "out", trained_until=ends)


def test_a_folder_named_twice_is_refused(tmp_path: Path, market) -> None:
    market(tmp_path / "data", {"SPX": "recorded"})
    with pytest.raises(DataError, match="give only one of them"):
        evaluate({"dpo": never_asked}, [tmp_path / "data"] * 2, out=tmp_path / "out")


def test_the_page_says_when_nobody_knows_the_end_of_training(tmp_path: Path, market, scripted) -> None:
    examples = market(tmp_path / "data", {"BTCUSDT": "simulated"})
    said = {}
    for name, ends in (("foreign", None), ("ours", {"simulated": datetime(2023, 2, 4, tzinfo=UTC)})):
        evaluate(
            {"dpo": scripted(examples, forecaster)},
            [tmp_path / "data"],
            out=tmp_path / name,
            limit=2,
            samples=3,
            forecast_origins=2,
            trained_until=ends,
        )
        said[name] = "Any score may be memory" in (tmp_path / name / "index.html").read_text()
    assert said == {"foreign": True, "ours": False}


def test_no_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no model"):
        evaluate({}, [tmp_path], out=tmp_path)


def test_metrics_that_are_not_there_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="foretune evaluate"):
        Metrics.read(tmp_path)
