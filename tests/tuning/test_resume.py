"""An interrupted stage goes on from its checkpoint and ends on exactly the same weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foretune.datasets.example import Example
from foretune.datasets.preferences import make_pairs
from foretune.models.progress import Progress, Report, silent
from foretune.models.stack import require
from foretune.tuning.preference import tune_preferences
from foretune.tuning.recipe import DpoPlan, Lora, SftPlan
from foretune.tuning.rows import demonstrations, written_pairs
from foretune.tuning.sft import tune_instructions
from foretune.tuning.trainer import load_for_training

STEPS, KILLED_AFTER = 12, 6


class Killed(BaseException):
    """Like a signal: nothing on the way catches it."""


def kill(progress: Progress) -> None:
    # step 6 has been saved when step 7 is reported
    if progress.step == KILLED_AFTER + 1:
        raise Killed


def run(stage: str, start: Path, examples: list[Example], place: Path, report: Report, lora: Lora | None) -> Any:
    shared = {"batch": 2, "rate": 1e-2, "save_every": 3, "lora": lora}
    options: dict[str, Any] = {"result": place / "result", "checkpoints": place / "checkpoints"}
    options |= {"metrics": place / "m.jsonl", "seed": 0, "processes": 1, "bf16": False, "report": report}
    rows = examples[: 2 * STEPS]
    if stage == "sft":
        tune_instructions(start, demonstrations(rows, "slots", flawed={}, seed=0), SftPlan(**shared), **options)
    else:
        pairs = written_pairs(make_pairs(rows, seed=0), rows, "slots")
        tune_preferences(start, pairs, DpoPlan(sft_weight=0.5, **shared), **options)
    return load_for_training(place / "result")[0].state_dict()


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "lora"), [("sft", None), ("dpo", None), ("dpo", Lora(rank=2, dropout=0.1))])
def test_six_and_six_steps_equal_twelve(
    start: Path, examples: list[Example], tmp_path: Path, stage: str, lora: Lora | None
) -> None:
    torch = require("torch", "this test")
    straight = run(stage, start, examples, tmp_path / "straight", silent, lora)

    place = tmp_path / "killed"
    with pytest.raises(Killed):
        run(stage, start, examples, place, kill, lora)
    assert not (place / "result" / "model.safetensors").exists()
    resumed_steps: list[int] = []
    resumed = run(stage, start, examples, place, lambda p: resumed_steps.append(p.step), lora)

    assert resumed_steps == list(range(KILLED_AFTER + 1, STEPS + 1))
    assert max(float((straight[name] - resumed[name]).abs().max()) for name in straight) == 0.0
    before = load_for_training(start)[0].state_dict()
    assert any(not torch.equal(before[name], straight[name]) for name in straight)  # it did train
    lines = [json.loads(line) for line in (place / "m.jsonl").read_text().splitlines()]
    other = [json.loads(line) for line in (tmp_path / "straight" / "m.jsonl").read_text().splitlines()]
    assert [(line["step"], line["loss"], line["tokens"]) for line in lines] == [
        (line["step"], line["loss"], line["tokens"]) for line in other
    ]
