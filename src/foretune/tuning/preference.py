"""Preference tuning: TRL's DPOTrainer on checked pairs. No loss is written here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foretune.answers.template import TEMPLATE
from foretune.models.progress import Report
from foretune.models.stack import require
from foretune.tuning.guards import check_processes, check_reference, check_rows, check_tokens_agree
from foretune.tuning.recipe import DpoPlan
from foretune.tuning.rows import IGNORED, Row, encode
from foretune.tuning.trainer import adapter_config, load_for_training, save_full, shared_arguments, train


def dpo_trainer(
    model: Any,
    reference: Any | None,
    tokenizer: Any,
    pairs: Sequence[tuple[str, str, str]],
    plan: DpoPlan,
    *,
    checkpoints: Path,
    seed: int,
    bf16: bool,
) -> Any:
    """A TRL trainer over (prompt, chosen, rejected). `reference` is None with an adapter only,
    where the reference is the model with its adapter switched off."""
    datasets = require("datasets", "preference tuning")
    trl = require("trl", "preference tuning")
    stop = tokenizer.eos_token
    data = datasets.Dataset.from_dict(
        {
            "prompt": [prompt for prompt, _, _ in pairs],
            "chosen": [TEMPLATE.completion(chosen, stop) for _, chosen, _ in pairs],
            "rejected": [TEMPLATE.completion(rejected, stop) for _, _, rejected in pairs],
        }
    )
    losses = {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, plan.sft_weight]} if plan.sft_weight else {}
    return trl.DPOTrainer(
        model=model,
        ref_model=reference,
        args=trl.DPOConfig(
            beta=plan.beta,
            disable_dropout=True,
            **losses,
            **shared_arguments(plan, checkpoints=checkpoints, seed=seed, bf16=bf16),
        ),
        train_dataset=data,
        processing_class=tokenizer,
        peft_config=adapter_config(plan.lora),
    )


def first_loss(trainer: Any) -> float:
    """The pure DPO loss of the first few pairs under the weights as they are now."""
    torch = require("torch", "preference tuning")
    rows = [trainer.train_dataset[i] for i in range(min(4, len(trainer.train_dataset)))]
    batch = {name: value.to(trainer.accelerator.device) for name, value in trainer.data_collator(rows).items()}
    types, weights = trainer.loss_types, trainer.loss_weights
    trainer.loss_types, trainer.loss_weights = ["sigmoid"], [1.0]
    training = trainer.model.training
    trainer.model.to(trainer.accelerator.device).eval()
    try:
        with torch.no_grad():
            loss = trainer.compute_loss(trainer.model, batch)
    finally:
        trainer.loss_types, trainer.loss_weights = types, weights
        trainer.model.train(training)
    return float(loss)


def tune_preferences(
    start: Path,
    pairs: Sequence[tuple[str, str, str]],
    plan: DpoPlan,
    *,
    result: Path,
    checkpoints: Path,
    metrics: Path,
    seed: int,
    processes: int,
    bf16: bool,
    report: Report,
) -> tuple[float, dict[str, Any]]:
    """Tune the model folder `start` on (prompt, chosen, rejected) into the folder `result`.

    Returns:
        Seconds of training, and the stage's figures.

    Raises:
        TuningError, StopTokenNotTrained: a guard refuses (see `guards`).
    """
    model, tokenizer = load_for_training(start)
    # always loaded from the same folder: a reference that the trainer finds for itself may be another
    reference = None if plan.lora is not None else load_for_training(start)[0]
    chosen = encode(tokenizer, [(prompt, answer) for prompt, answer, _ in pairs])
    rejected = encode(tokenizer, [(prompt, answer) for prompt, _, answer in pairs])
    for rows in (chosen, rejected):
        check_rows(rows, tokenizer, max_length=plan.max_length)
    trainer = dpo_trainer(model, reference, tokenizer, pairs, plan, checkpoints=checkpoints, seed=seed, bf16=bf16)
    check_processes(processes, trainer.accelerator.num_processes)
    for side, rows in (("chosen_ids", chosen), ("rejected_ids", rejected)):
        check_tokens_agree(rows, [_row(r["prompt_ids"], r[side]) for r in trainer.train_dataset])
    start_loss = first_loss(trainer)
    check_reference(start_loss)
    facts = train(trainer, stage="dpo", checkpoints=checkpoints, metrics=metrics, report=report)
    facts |= save_full(trainer.model, tokenizer, result, chosen[0].input_ids)
    return facts["seconds"], {"pairs": len(pairs), "loss_at_reference": start_loss, **facts}


def _row(prompt: list[int], answer: list[int]) -> Row:
    return Row(prompt + answer, [IGNORED] * len(prompt) + answer)
