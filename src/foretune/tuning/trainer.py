"""What SFT and DPO share around a TRL trainer: arguments, metrics file, resume, saving.

No loss and no rows here.
"""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

from foretune.errors import TuningError
from foretune.models.load import open_folder
from foretune.models.progress import Progress, Report
from foretune.models.stack import require
from foretune.tuning.recipe import Lora, Optimisation


def shared_arguments(plan: Optimisation, *, checkpoints: Path, seed: int, bf16: bool) -> dict[str, Any]:
    """Trainer arguments with the defaults that are wrong on a CPU set right: fp32 unless asked,
    no gradient checkpointing, no bars, no reports to anyone, exact resume."""
    torch = require("torch", "tuning")
    return {
        "output_dir": str(checkpoints),
        "num_train_epochs": plan.epochs,
        "per_device_train_batch_size": plan.batch,
        "gradient_accumulation_steps": plan.accumulate,
        "learning_rate": plan.rate,
        "warmup_steps": plan.warmup_share,  # below 1 it is a share of all steps
        "lr_scheduler_type": "linear",
        "weight_decay": plan.weight_decay,
        "adam_beta2": 0.95,
        "max_grad_norm": plan.clip,
        "max_length": None,  # lengths are checked before; nothing may be cut here
        "save_strategy": "steps",
        "save_steps": plan.save_every,
        "save_total_limit": 1,
        "logging_steps": 1,
        "disable_tqdm": True,
        "report_to": "none",
        "use_cpu": not torch.cuda.is_available(),
        "bf16": bf16,
        "fp16": False,
        "gradient_checkpointing": False,
        "dataloader_pin_memory": torch.cuda.is_available(),
        "seed": seed,
        "data_seed": seed,
    }


def adapter_config(lora: Lora | None) -> Any:
    """The peft configuration of `lora`, or None for full fine-tuning."""
    if lora is None:
        return None
    peft = require("peft", "tuning with adapters")
    return peft.LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def load_for_training(folder: Path) -> tuple[Any, Any]:
    """Model (fp32) and tokenizer of a stage folder.

    Raises:
        ConfigError: it cannot be loaded.
    """
    return open_folder(folder, dtype=require("torch", "tuning").float32)


def train(trainer: Any, *, stage: str, checkpoints: Path, metrics: Path, report: Report) -> dict[str, Any]:
    """Run `trainer`, from its last checkpoint if there is one; returns the run's figures.

    `metrics` gets one JSON object per step (loss, rate, real tokens, seconds); after a resume
    the lines behind the checkpoint are written anew.

    Raises:
        TuningError: the loss is no longer finite.
    """
    transformers = require("transformers", "tuning")
    last = _last_checkpoint(checkpoints)
    done = int(last.name.removeprefix("checkpoint-")) if last is not None else 0
    kept = _lines_until(metrics, done)
    log = _metrics_callback(stage, kept, metrics, report)
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.add_callback(log)
    trainer.train(resume_from_checkpoint=str(last) if last is not None else None)
    lines = _lines_until(metrics, None)
    tail = [line["loss"] for line in lines[-20:]]
    return {
        "steps": int(trainer.state.global_step),
        "resumed_at": done,
        "tokens": lines[-1]["tokens"] if lines else 0,
        "seconds": lines[-1]["seconds"] if lines else 0.0,
        "first_loss": lines[0]["loss"] if lines else math.nan,
        "last_loss": sum(tail) / len(tail) if tail else math.nan,
    }


def save_full(model: Any, tokenizer: Any, result: Path, probe: list[int]) -> dict[str, Any]:
    """Write a stand-alone model; an adapter is merged in fp32 and also kept under `adapter/`.

    Returns:
        `merge_drift`: the largest absolute difference of logits on `probe` (token ids) between
        the trained model and the folder as it loads again (0 without an adapter).
    """
    torch = require("torch", "saving a model")
    model = model.to("cpu").float().eval()
    ids = torch.tensor([probe])
    with torch.no_grad():
        before = model(input_ids=ids).logits
    if hasattr(model, "merge_and_unload"):
        model.save_pretrained(result / "adapter")
        model = model.merge_and_unload()
    model.config.use_cache = True
    model.save_pretrained(result)
    tokenizer.save_pretrained(result)
    again, _ = load_for_training(result)
    with torch.no_grad():
        drift = float((again.eval()(input_ids=ids).logits - before).abs().max())
    return {"merge_drift": drift}


def _last_checkpoint(checkpoints: Path) -> Path | None:
    """The newest checkpoint that was written to its end (`trainer_state.json` is written last)."""
    found = [p for p in checkpoints.glob("checkpoint-*") if (p / "trainer_state.json").is_file()]
    return max(found, key=lambda p: int(p.name.removeprefix("checkpoint-")), default=None)


def _lines_until(metrics: Path, step: int | None) -> list[dict[str, Any]]:
    """Whole lines of the metrics file up to `step` (all, if None)."""
    if not metrics.is_file():
        return []
    lines = []
    for text in metrics.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:  # the line being written when the run was killed
            break
        if step is not None and line["step"] > step:
            break
        lines.append(line)
    return lines


def _metrics_callback(stage: str, kept: list[dict[str, Any]], metrics: Path, report: Report) -> Any:
    callback: Any = require("transformers", "tuning").TrainerCallback
    base_tokens = kept[-1]["tokens"] if kept else 0
    base_seconds = kept[-1]["seconds"] if kept else 0.0
    metrics.parent.mkdir(parents=True, exist_ok=True)
    metrics.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")

    class Metrics(callback):  # type: ignore[misc]  # the library is untyped
        """Writes each step's figures and tells `report`."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.began = time.perf_counter()

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
            if logs is None or "loss" not in logs:
                return
            loss = float(logs["loss"])
            if not math.isfinite(loss):
                raise TuningError(f"{stage} diverged at step {state.global_step} (loss {loss}); lower its rate")
            seconds = base_seconds + time.perf_counter() - self.began
            tokens = base_tokens + int(logs.get("num_tokens", 0))
            line = {"step": state.global_step, "loss": loss, "rate": logs.get("learning_rate")}
            line |= {"tokens": tokens, "seconds": round(seconds, 3)}
            line |= {k: v for k, v in logs.items() if k.startswith("rewards/")}
            with metrics.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            report(Progress(stage, state.global_step, state.max_steps, seconds, loss, tokens))

    return Metrics()
