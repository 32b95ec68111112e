"""The demo's page: links to everything the run made, and says what was reached and what was not."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

import foretune
from foretune.datasets.manifest import Manifest
from foretune.demo.goals import goals
from foretune.demo.loop import LoopResult
from foretune.demo.pictures import loss_picture, split_picture
from foretune.errors import ForetuneError
from foretune.evaluation.findings import findings
from foretune.pages.frame import environment

FILE_NAME = "index.html"

# file below the run folder, and what a reader finds in it
LINKS = {
    "evaluation/index.html": "Evaluation report: every check, every failing answer, fans and calibration",
    "evaluation/metrics.json": "All scores as JSON",
    "answers.json": "The questions asked below, with context and checks, as JSON",
    "manifest.json": "Recipe, seeds, versions and data hashes of the training run",
    "base": "Base model (transformers folder)",
    "sft": "SFT model",
    "dpo": "DPO model",
    "metrics": "Loss of every training step, JSON lines",
}
DATASET_LINKS = ("manifest.json", "panel.parquet", "quarantine.parquet", "rejected.parquet", "rows", "examples.parquet")


@dataclass(frozen=True, slots=True)
class DatasetShown:
    """One dataset as the page shows it."""

    manifest: Manifest
    folder: str
    links: list[str]
    assets: list[str]
    picture: Markup


@dataclass(frozen=True, slots=True)
class StageShown:
    """One training stage as the page shows it."""

    name: str
    seconds: float
    facts: dict[str, Any]
    picture: Markup | None


def write_page(result: LoopResult) -> Path:
    """Write `index.html` and `answers.json` into the run folder; every link on the page exists.

    Raises:
        ForetuneError: the loop did not come to its end, or a file the page links to is missing.
    """
    metrics, tuned = result.metrics, result.tuned
    if metrics is None or tuned is None or not result.answers:
        raise ForetuneError("the loop did not come to its end, so there is no page to write; run the demo again")
    out = result.folder
    answers = [answer.model_dump(mode="json") for answer in result.answers]
    (out / "answers.json").write_text(json.dumps(answers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    datasets = [_dataset(folder, manifest, out) for folder, manifest in result.datasets.items()]
    for target in [*LINKS, *(f"{d.folder}/{link}" for d in datasets for link in d.links)]:
        if not (out / target).exists():
            raise ForetuneError(f"{out / target} is missing, so the page cannot link to it; run the demo again")
    page = environment("foretune.demo").get_template("index.html.j2")
    text = page.render(
        version=foretune.__version__,
        datasets=datasets,
        row=_instruction_row(next(iter(result.datasets))),
        stages=[
            StageShown(s.name, s.seconds, s.facts, loss_picture(out / "metrics" / f"{s.name}.jsonl", s.name))
            for s in tuned.stages
        ],
        skipped=tuned.skipped,
        metrics=metrics,
        goals=goals(metrics),
        findings=findings(metrics),
        answers=result.answers,
        seconds=result.seconds,
        # a kept stage took its time in an earlier run: count what it took then
        total=sum(result.seconds.values()) + sum(s.seconds for s in tuned.stages if s.name in tuned.skipped),
        cores=os.cpu_count(),
        links=LINKS,
    )
    path = out / FILE_NAME
    path.write_text(text, encoding="utf-8")
    return path


def _dataset(folder: Path, manifest: Manifest, out: Path) -> DatasetShown:
    symbols = [str(asset["symbol"]) for asset in manifest.spec["assets"]]
    return DatasetShown(
        manifest=manifest,
        folder=folder.relative_to(out).as_posix(),
        links=list(DATASET_LINKS),
        assets=symbols,
        picture=split_picture(folder / "panel.parquet", symbols[0], manifest.name),
    )


def _instruction_row(folder: Path) -> dict[str, str]:
    rows = pl.read_ndjson(folder / "rows" / "train" / "answers-alpaca.jsonl", n_rows=1)
    return {name: str(rows[name][0]) for name in ("instruction", "input", "output")}
