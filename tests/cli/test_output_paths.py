"""Where a result cannot be written is said before the work, and nothing is made by looking."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from foretune.cli.main import app
from foretune.cli.outputs import check_file, check_folder
from foretune.errors import ConfigError

RECIPE = """\
name: small
base: {tiny: {shape: {vocab: 900}}}
"""


@pytest.fixture
def run_folder(tmp_path):
    """A run with a model nobody could load: it is not asked for."""
    (tmp_path / "run" / "base").mkdir(parents=True)
    (tmp_path / "run" / "base" / "config.json").write_text("{}", encoding="utf-8")
    return tmp_path / "run"


@pytest.mark.parametrize("path", ["taken", "taken/deeper/still"])
def test_tuning_into_a_file(refused, tmp_path, path):
    (tmp_path / "taken").touch()
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    said = refused("tune", "recipe.yaml", "--data", "absent", "--out", path)
    assert said == f"--out {path}: taken is a file; give a folder"


def test_evaluating_into_a_file(refused, tmp_path, run_folder):
    (tmp_path / "taken").touch()
    assert "taken is a file; give a folder" in refused("evaluate", run_folder, "--data", "absent", "--out", "taken")


def test_a_ledger_that_is_a_folder(refused, tmp_path):
    (tmp_path / "answers").mkdir()
    said = refused("ask", "How does BTC look?", "--simulated", "--ledger", "answers")
    assert said == "--ledger answers: is a folder; give a file in it"


def test_a_ledger_below_a_file(refused, tmp_path):
    (tmp_path / "taken").touch()
    said = refused("ask", "How does BTC look?", "--simulated", "--ledger", "taken/answers.jsonl")
    assert "taken is a file" in said


def test_stages_of_different_runs(refused, run_folder):
    for name, key, parent in (("base", "k1", None), ("sft", "k2", "another base")):
        (run_folder / name).mkdir(exist_ok=True)
        (run_folder / name / "config.json").touch()
        record = {"name": name, "key": key, "seconds": 1.0, "facts": {}, "parent": parent}
        (run_folder / name / "stage.json").write_text(json.dumps(record), encoding="utf-8")
    assert "run 'foretune tune' again" in refused("evaluate", run_folder, "--data", "absent")


@pytest.mark.parametrize("arguments", [("evaluate", "run", "--data", "data"), ("ask", "How does BTC look?")])
def test_a_seed_below_zero_is_a_usage_error(arguments):
    done = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, [*arguments, "--seed", "-3"])
    assert done.exit_code == 2
    assert "Invalid value for '--seed'" in done.output


def test_looking_makes_nothing(tmp_path):
    check_folder(tmp_path / "a" / "b", "--out")
    check_file(tmp_path / "c" / "d.jsonl", "--ledger")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr("foretune.cli.outputs.os.access", lambda path, mode: False)  # the tests may run as root
    with pytest.raises(ConfigError, match="may not be written to; give another folder"):
        check_folder(tmp_path / "a", "--out")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="may not be written to"):
        check_file(tmp_path / "file", "--ledger")
