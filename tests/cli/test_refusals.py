"""What a command cannot do is one sentence and exit code 1, never a traceback."""

from __future__ import annotations

import json

import pytest

from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket

PIPELINE = """\
name: small
start: 2021-01-01
end: 2022-12-31
assets:
  - {source: bybit, symbol: BTCUSDT, id: BTCUSDT, category: linear}
split: {validation: 0.25, test: 0.25}
max_pairs: 20
"""


@pytest.fixture
def pipeline(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    return path


def test_a_misspelt_key(refused, pipeline):
    pipeline.write_text(PIPELINE.replace("assets:", "asets:"), encoding="utf-8")
    said = refused("build", pipeline, "--out", "out", "--simulated")
    assert "small.yaml: 'assets' is required; unknown key 'asets'; did you mean 'assets'?" in said


def test_the_process_ends_with_code_1_and_no_traceback(foretune, pipeline):
    pipeline.write_text("name: small\n", encoding="utf-8")
    done = foretune("build", pipeline, "--out", "out")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error ")
    assert done.stderr.count("\n") == 1


def test_no_such_pipeline(refused):
    assert "absent.yaml: cannot be read (No such file or directory)" in refused("build", "absent.yaml", "--out", "out")


@pytest.mark.parametrize("flags", [("--simulated", "--arch-history"), ("--simulated", "--catalog", "catalog.yaml")])
@pytest.mark.parametrize("command", ["build", "sandbox"])
def test_market_flags_exclude_each_other(refused, pipeline, command, flags):
    arguments = (pipeline, "--out", "out") if command == "build" else ("--port", "0")
    said = refused(command, *arguments, *flags)
    assert "--catalog, --simulated and --arch-history exclude each other; give one" in said


def test_a_running_sandbox_and_a_market_flag_exclude_each_other(refused, pipeline):
    said = refused("build", pipeline, "--out", "out", "--simulated", "--sandbox", "http://127.0.0.1:1")
    assert "--sandbox names a running server; it cannot be combined with a market flag" in said


def test_a_catalogue_that_is_not_there(refused, pipeline):
    said = refused("build", pipeline, "--out", "out", "--catalog", "absent/catalog.yaml")
    assert "catalog.yaml: cannot be read" in said


def test_a_folder_of_somebody_else(refused, pipeline, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").touch()
    assert "holds files that are no dataset of ours" in refused("build", pipeline, "--out", "out", "--simulated")


@pytest.mark.parametrize("question", ["", "   "])
def test_an_empty_question(refused, question):
    assert refused("ask", question, "--simulated").startswith("the question is empty; ask something like")


@pytest.mark.slow
def test_asking_without_a_model_says_how_to_make_one(refused, tmp_path):
    said = refused("ask", "How does BTC look?", "--simulated", "--model", "runs/absent")
    assert "runs/absent" in said
    assert not (tmp_path / "runs").exists()  # nothing was answered, so nothing is in the ledger


def test_evaluating_a_run_without_models(refused, tmp_path):
    said = refused("evaluate", tmp_path, "--data", tmp_path)
    assert "holds none of base, sft, dpo; train them with 'foretune tune'" in said


def test_tuning_with_a_wrong_recipe(refused, tmp_path):
    (tmp_path / "recipe.yaml").write_text("nmae: x\n", encoding="utf-8")
    assert "did you mean 'name'?" in refused("tune", "recipe.yaml", "--data", tmp_path)


def test_a_build_over_a_running_sandbox_says_what_it_made(foretune, pipeline, tmp_path):
    with Sandbox(SimulatedMarket()) as running:
        done = foretune("build", pipeline, "--out", "out", "--sandbox", running.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "dataset in out" in done.stdout
    assert "simulated" in done.stdout
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["name"] == "small"
    assert f"{manifest['splits']['train']['rows']:,}" in done.stdout
