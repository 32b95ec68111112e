"""One tuning run: base, SFT, DPO, each skipped if complete, resumed if interrupted.

Everything it makes lies in one folder:

    out/
    ├── base/  sft/  dpo/      models `transformers` loads; stage.json says what each was made from
    ├── metrics/<stage>.jsonl  one line per step
    └── manifest.json          recipe, seed, versions, data by hash, end of training, stages

The command line draws the progress; nothing is printed here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import foretune
from foretune.config import Config
from foretune.datasets.example import FILE_NAME as EXAMPLES
from foretune.datasets.example import Example, Split, read_examples
from foretune.datasets.overlap import check_ids, check_union, training_ends
from foretune.datasets.preferences import FILE_NAME as PAIRS
from foretune.datasets.preferences import read_pairs
from foretune.errors import TuningError
from foretune.models.load import load_model
from foretune.models.pretrain import make_base
from foretune.models.progress import Progress, Report, silent
from foretune.models.stack import require
from foretune.models.tokenizer import use_template
from foretune.tuning.preference import tune_preferences
from foretune.tuning.provenance import MANIFEST, STAGES
from foretune.tuning.recipe import Recipe
from foretune.tuning.rows import choose, demonstrations, written_pairs
from foretune.tuning.sft import tune_instructions
from foretune.tuning.stages import StageRecord, content_key, file_sha256, run_stage


@dataclass(frozen=True, slots=True)
class TuneResult:
    """Where the models are and what each stage cost. `skipped` names stages found complete."""

    folder: Path
    stages: tuple[StageRecord, ...]
    skipped: tuple[str, ...]

    def model(self, stage: str) -> Path:
        """The folder of `stage`'s model ('base', 'sft' or 'dpo')."""
        return self.folder / stage


def tune(recipe: Recipe, *, out: Path, data: Sequence[Path], progress: Report = silent) -> TuneResult:
    """Make the models of `recipe` from the training split of the dataset folders `data`.

    Safe to repeat: complete stages are kept as long as what they were made from is unchanged,
    and an interrupted stage goes on from its last checkpoint.

    Raises:
        DataError: a folder in `data` holds no dataset, or nothing to train on, or an example stands there twice.
        LeakageError: the folders, together, train on days that one of them tests.
        TuningError: a guard refuses, or training diverged.
        ConfigError: the recipe's base cannot be loaded.
        MissingExtra: the training stack is not installed.
    """
    for module in ("torch", "transformers", "trl", "peft", "datasets"):
        require(module, "foretune tune")
    run = _Run(recipe, out, tuple(data), progress)
    out.mkdir(parents=True, exist_ok=True)
    base, base_there = run.base()
    sft, sft_there = run.sft(base.key)
    dpo, dpo_there = run.dpo(sft.key)
    there = (base_there, sft_there, dpo_there)
    result = TuneResult(out, (base, sft, dpo), tuple(n for n, found in zip(STAGES, there, strict=True) if found))
    _write_manifest(run, result)
    return result


class _Run:
    """The inputs of one run, read once, and its three stages."""

    def __init__(self, recipe: Recipe, out: Path, data: tuple[Path, ...], progress: Report) -> None:
        self.recipe, self.out, self.progress = recipe, out, progress
        self.examples: list[Example] = read_examples(data, split=Split.TRAIN)
        everything = read_examples(data)
        check_ids(everything)
        check_union(everything)
        self.pairs = read_pairs(data, split=Split.TRAIN)
        self.files = {
            f"{i}:{name}": file_sha256(folder / name) for i, folder in enumerate(data) for name in (EXAMPLES, PAIRS)
        }

    def base(self) -> tuple[StageRecord, bool]:
        plan = self.recipe.base
        if plan.path is not None:
            made_from: dict[str, Any] = {"weights": _folder_hashes(plan.path)}
        else:
            made_from = {"plan": _plain(plan), "seed": self.recipe.seed, "data": self.files}

        def work(result: Path, checkpoints: Path) -> tuple[float, dict[str, Any]]:
            began = time.perf_counter()
            metrics = _MetricsFile(self.out / "metrics" / "base.jsonl", self.progress)
            if plan.path is not None:
                loaded = load_model(plan.path, device="cpu")
                model, tokenizer = loaded.model, loaded.tokenizer
                use_template(tokenizer)
            else:
                assert plan.tiny is not None  # noqa: S101 - the recipe's validator has seen to it
                contexts = list({(e.context.symbol, e.context.as_of): e.context for e in self.examples}.values())
                model, tokenizer = make_base(
                    contexts,
                    plan.tiny.shape,
                    plan.tiny.pretrain,
                    seed=self.recipe.seed,
                    wording=[e.answer for e in choose(self.examples, 2000, seed=self.recipe.seed)],
                    report=metrics,
                )
            model.save_pretrained(result)
            tokenizer.save_pretrained(result)
            facts = {"parameters": model.num_parameters(), "steps": metrics.steps, "tokens": metrics.tokens}
            return time.perf_counter() - began, facts

        return run_stage(self.out, "base", _key("base", made_from), work)

    def sft(self, base_key: str) -> tuple[StageRecord, bool]:
        recipe, plan = self.recipe, self.recipe.sft

        def work(result: Path, checkpoints: Path) -> tuple[float, dict[str, Any]]:
            chosen = choose(self.examples, plan.max_examples, seed=recipe.seed)
            return tune_instructions(
                self.out / "base",
                demonstrations(chosen, recipe.numbers, flawed=plan.flawed, seed=recipe.seed),
                plan,
                result=result,
                checkpoints=checkpoints,
                metrics=self.out / "metrics" / "sft.jsonl",
                seed=recipe.seed,
                processes=recipe.processes,
                bf16=recipe.bf16,
                report=self.progress,
            )

        return run_stage(self.out, "sft", self._tuned_key("sft", plan, base_key), work, parent=base_key)

    def dpo(self, sft_key: str) -> tuple[StageRecord, bool]:
        recipe, plan = self.recipe, self.recipe.dpo

        def work(result: Path, checkpoints: Path) -> tuple[float, dict[str, Any]]:
            wanted = [pair for pair in self.pairs if plan.flaws is None or pair.flaw in plan.flaws]
            if not wanted:
                raise TuningError(f"no preference pair has one of the flaws {[f.value for f in plan.flaws or ()]}")
            chosen = choose(wanted, plan.max_pairs, seed=recipe.seed)
            return tune_preferences(
                self.out / "sft",
                written_pairs(chosen, self.examples, recipe.numbers),
                plan,
                result=result,
                checkpoints=checkpoints,
                metrics=self.out / "metrics" / "dpo.jsonl",
                seed=recipe.seed,
                processes=recipe.processes,
                bf16=recipe.bf16,
                report=self.progress,
            )

        return run_stage(self.out, "dpo", self._tuned_key("dpo", plan, sft_key), work, parent=sft_key)

    def _tuned_key(self, name: str, plan: Config, start_key: str) -> str:
        recipe = self.recipe
        return _key(
            name,
            {
                "start": start_key,
                "plan": _plain(plan),
                "seed": recipe.seed,
                "numbers": recipe.numbers,
                "processes": recipe.processes,
                "bf16": recipe.bf16,
                "data": self.files,
            },
        )


class _MetricsFile:
    """Writes the base's steps as JSON lines on their way to `report`."""

    def __init__(self, path: Path, report: Report) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
        self.path, self.report, self.steps, self.tokens = path, report, 0, 0

    def __call__(self, progress: Progress) -> None:
        self.steps, self.tokens = progress.step, progress.tokens
        line = {"step": progress.step, "loss": progress.loss, "tokens": progress.tokens}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**line, "seconds": round(progress.seconds, 3)}) + "\n")
        self.report(progress)


def _key(name: str, made_from: dict[str, Any]) -> str:
    return content_key({"stage": name, "foretune": foretune.__version__, **made_from})


def _plain(config: Config) -> dict[str, Any]:
    return config.model_dump(mode="json")


def _folder_hashes(folder: Path) -> dict[str, str]:
    """Files of a foreign model folder by hash, so that other weights under the same path count."""
    if not folder.is_dir():
        return {}
    return {p.name: file_sha256(p) for p in sorted(folder.iterdir()) if p.is_file()}


def _write_manifest(run: _Run, result: TuneResult) -> None:
    packages = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers")
    manifest = {
        "name": run.recipe.name,
        "seed": run.recipe.seed,
        "recipe": _plain(run.recipe),
        "data": run.files,
        "training_ends": {kind: end.isoformat() for kind, end in training_ends(run.examples).items()},
        "versions": {"foretune": foretune.__version__, **{name: version(name) for name in packages}},
        "stages": {record.name: asdict(record) for record in result.stages},
    }
    part = result.folder / f"{MANIFEST}.partial"
    part.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    part.replace(result.folder / MANIFEST)
