"""What a run folder says of itself, and what it says when it cannot."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from foretune.errors import ConfigError
from foretune.tuning.provenance import stage_folders, trained_until
from foretune.tuning.stages import StageRecord


def test_the_end_of_training_per_kind_of_market(tmp_path: Path) -> None:
    ends = {"simulated": "2022-04-30T00:00:00+00:00"}
    (tmp_path / "manifest.json").write_text(json.dumps({"training_ends": ends, "stages": {}}))
    assert trained_until(tmp_path) == {"simulated": datetime(2022, 4, 30, tzinfo=UTC)}


def test_a_manifest_of_an_earlier_run_is_refused(tmp_path: Path) -> None:
    stage(tmp_path, "base", "k1", None)
    manifest = {"training_ends": {}, "stages": {"base": {"key": "k1"}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert trained_until(tmp_path) == {}
    manifest["stages"]["base"]["key"] = "other"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match="is of an earlier run than the models"):
        trained_until(tmp_path)


def test_models_of_others_say_nothing(tmp_path: Path) -> None:
    assert trained_until(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"training_ends": []}', '{"training_ends": {"real": 5}}'])
def test_a_manifest_that_does_not_say_it_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ConfigError, match=r"manifest\.json: does not say .* 'foretune tune' again"):
        trained_until(tmp_path)


def stage(run: Path, name: str, key: str, parent: str | None) -> None:
    (run / name).mkdir()
    (run / name / "config.json").touch()
    (run / name / "stage.json").write_text(json.dumps(asdict(StageRecord(name, key, 1.0, {}, parent))))


def test_stages_of_one_run_in_order(tmp_path: Path) -> None:
    stage(tmp_path, "dpo", "k3", "k2")
    stage(tmp_path, "sft", "k2", "k1")
    stage(tmp_path, "base", "k1", None)
    assert [folder.name for folder in stage_folders(tmp_path)] == ["base", "sft", "dpo"]


def test_a_run_that_has_not_come_to_its_last_stage_is_whole_so_far(tmp_path: Path) -> None:
    stage(tmp_path, "base", "k1", None)
    stage(tmp_path, "sft", "k2", "k1")
    assert [folder.name for folder in stage_folders(tmp_path)] == ["base", "sft"]


@pytest.mark.parametrize(
    ("records", "blamed"),
    [
        ({"base": ("other", None), "sft": ("k2", "k1")}, "sft"),
        ({"base": ("k1", None), "sft": ("other", "k1"), "dpo": ("k3", "k2")}, "dpo"),
        ({"base": ("k1", None), "dpo": ("k3", "k2")}, "dpo"),  # what lay between is gone
        ({"base": ("k1", None), "sft": ("k2", None)}, "sft"),  # a record from before parents were kept
    ],
)
def test_stages_of_different_runs_are_refused(tmp_path: Path, records: dict[str, Any], blamed: str) -> None:
    for name, (key, parent) in records.items():
        stage(tmp_path, name, key, parent)
    with pytest.raises(ConfigError, match=f"{blamed}: was not made from .* 'foretune tune' again"):
        stage_folders(tmp_path)


def test_a_foreign_model_beside_ours_is_refused(tmp_path: Path) -> None:
    stage(tmp_path, "base", "k1", None)
    (tmp_path / "sft").mkdir()
    (tmp_path / "sft" / "config.json").touch()
    with pytest.raises(ConfigError, match="was not made from"):
        stage_folders(tmp_path)


def test_models_of_others_are_taken_as_they_are(tmp_path: Path) -> None:
    for name in ("base", "dpo"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").touch()
    assert [folder.name for folder in stage_folders(tmp_path)] == ["base", "dpo"]
