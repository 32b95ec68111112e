"""A whole micro run: three loadable models, a manifest, stages kept or made anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from foretune.config import parse_config
from foretune.datasets.example import Example, Split, read_examples, write_examples
from foretune.datasets.preferences import write_pairs
from foretune.errors import DataError, LeakageError
from foretune.models.generate import complete
from foretune.models.load import load_model
from foretune.models.progress import Progress
from foretune.tuning.provenance import stage_folders, trained_until
from foretune.tuning.recipe import Recipe
from foretune.tuning.run import tune

MICRO: dict[str, Any] = {
    "name": "micro",
    "base": {
        "tiny": {
            "shape": {"vocab": 900, "hidden": 32, "layers": 1, "heads": 2, "feed_forward": 64},
            "pretrain": {"steps": 5, "batch": 2, "block": 64},
        }
    },
    "sft": {"max_examples": 16, "batch": 4, "flawed": {"missing_risk_warning": 0.5}},
    "dpo": {"max_pairs": 8, "batch": 4, "lora": {"rank": 2}},
}


def recipe(**changes: Any) -> Recipe:
    return parse_config({**MICRO, **changes}, Recipe, where="micro")


def test_a_folder_without_a_dataset_is_refused_before_any_training(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="foretune build"):
        tune(recipe(), out=tmp_path / "run", data=[tmp_path])


def test_folders_that_leak_into_each_other_are_refused_before_any_training(
    dataset: Path, examples: list[Example], tmp_path: Path
) -> None:
    trained = max(e.context.as_of for e in examples if e.split is Split.TRAIN)
    early = next(e for e in examples if e.split is Split.TEST)
    context = early.context.model_copy(update={"as_of": trained})
    write_examples([early.model_copy(update={"id": "early", "context": context})], tmp_path)
    write_pairs([], tmp_path)
    with pytest.raises(LeakageError, match="the simulated datasets leak into each other"):
        tune(recipe(), out=tmp_path / "run", data=[dataset, tmp_path])
    with pytest.raises(DataError, match="give only one of them"):
        tune(recipe(), out=tmp_path / "run", data=[dataset, dataset])
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_micro_run_end_to_end(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    seen: list[Progress] = []
    result = tune(recipe(), out=out, data=[dataset], progress=seen.append)

    assert result.skipped == ()
    # 16 rows and 8 pairs in batches of 4
    steps = {stage: max(p.step for p in seen if p.stage == stage) for stage in ("base", "sft", "dpo")}
    assert steps == {"base": 5, "sft": 4, "dpo": 2}
    assert sorted(p.name for p in out.iterdir()) == ["base", "dpo", "manifest.json", "metrics", "sft"]
    prompt = read_examples([dataset], split=Split.TEST)[0].prompt
    for stage in ("base", "sft", "dpo"):
        ((completion,),) = complete(load_model(result.model(stage), device="cpu"), [prompt], max_new_tokens=3)
        assert completion.tokens >= 1
    assert (out / "dpo" / "adapter" / "adapter_config.json").is_file()

    manifest = json.loads((out / "manifest.json").read_text())
    assert parse_config(manifest["recipe"], Recipe, where="manifest") == recipe()
    assert len(manifest["data"]) == 2
    # the last of 30 training days is 30 January; its label ends 90 days later
    assert trained_until(out) == {"simulated": datetime(2022, 4, 30, tzinfo=UTC)}
    assert manifest["stages"]["dpo"]["facts"]["merge_drift"] < 1e-4
    assert manifest["stages"]["dpo"]["facts"]["loss_at_reference"] == pytest.approx(0.6931, abs=1e-3)
    assert {"torch", "trl", "transformers", "foretune"} <= set(manifest["versions"])
    losses = [json.loads(line)["loss"] for line in (out / "metrics" / "sft.jsonl").read_text().splitlines()]
    assert len(losses) == 4

    seen.clear()
    again = tune(recipe(), out=out, data=[dataset], progress=seen.append)
    assert (again.skipped, seen) == (("base", "sft", "dpo"), [])
    assert again.stages == result.stages
    assert stage_folders(out) == [out / "base", out / "sft", out / "dpo"]

    other = tune(recipe(dpo={**MICRO["dpo"], "beta": 0.5}), out=out, data=[dataset], progress=seen.append)
    assert other.skipped == ("base", "sft")
    assert {p.stage for p in seen} == {"dpo"}


@pytest.mark.slow
def test_a_local_model_folder_is_a_base_like_any_other(start: Path, dataset: Path, tmp_path: Path) -> None:
    result = tune(recipe(base={"path": str(start)}), out=tmp_path / "run", data=[dataset])
    assert load_model(result.model("base")).tokenizer.chat_template.startswith("{{ bos_token }}")
    assert result.stages[1].facts["steps"] == 4
