"""Instruction tuning: TRL's SFTTrainer on rows we tokenised and checked. No loss is written here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foretune.models.progress import Report
from foretune.models.stack import require
from foretune.tuning.guards import check_processes, check_rows
from foretune.tuning.recipe import SftPlan
from foretune.tuning.rows import Row, encode
from foretune.tuning.trainer import adapter_config, load_for_training, save_full, shared_arguments, train


def sft_trainer(
    model: Any, tokenizer: Any, rows: Sequence[Row], plan: SftPlan, *, checkpoints: Path, seed: int, bf16: bool
) -> Any:
    """A TRL trainer over `rows`, with their labels taken as they are."""
    datasets = require("datasets", "instruction tuning")
    trl = require("trl", "instruction tuning")
    data = datasets.Dataset.from_dict(
        {"input_ids": [row.input_ids for row in rows], "labels": [row.labels for row in rows]}
    )
    return trl.SFTTrainer(
        model=model,
        args=trl.SFTConfig(**shared_arguments(plan, checkpoints=checkpoints, seed=seed, bf16=bf16)),
        train_dataset=data,
        processing_class=tokenizer,
        peft_config=adapter_config(plan.lora),
    )


def tune_instructions(
    start: Path,
    demonstrations: Sequence[tuple[str, str]],
    plan: SftPlan,
    *,
    result: Path,
    checkpoints: Path,
    metrics: Path,
    seed: int,
    processes: int,
    bf16: bool,
    report: Report,
) -> tuple[float, dict[str, Any]]:
    """Tune the model folder `start` on (prompt, answer) pairs into the folder `result`.

    Returns:
        Seconds of training, and the stage's figures.

    Raises:
        TuningError, StopTokenNotTrained: a guard refuses (see `guards`).
    """
    model, tokenizer = load_for_training(start)
    rows = encode(tokenizer, demonstrations)
    check_rows(rows, tokenizer, max_length=plan.max_length)
    trainer = sft_trainer(model, tokenizer, rows, plan, checkpoints=checkpoints, seed=seed, bf16=bf16)
    check_processes(processes, trainer.accelerator.num_processes)
    facts = train(trainer, stage="sft", checkpoints=checkpoints, metrics=metrics, report=report)
    facts |= save_full(trainer.model, tokenizer, result, rows[0].input_ids)
    return facts["seconds"], {"examples": len(rows), **facts}
