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
from foretune.demo.data_section import FILES, show_dataset, show_leak, split_comparison
from foretune.demo.goals import data_goals, goals
from foretune.demo.loop import LoopResult
from foretune.demo.pictures import loss_picture
from foretune.errors import ForetuneError
from foretune.evaluation.findings import findings
from foretune.pages.frame import environment

FILE_NAME = "index.html"

# file below the run folder, and what a reader finds in it
LINKS = {
    "data": "The datasets: panel, facts, rows for tuning, quality report, datasheet, manifest",
    "audits": "What the leakage audit said of each dataset and of each planted leak, as JSON",
    "planted": "Copies with a leak planted on purpose: run 'foretune audit' on one; use them for nothing else",
    "evaluation/index.html": "Evaluation report: every check, every failing answer, fans and calibration",
    "evaluation/metrics.json": "All scores as JSON",
    "answers.json": "The questions asked below, with context and checks, as JSON",
    "manifest.json": "Recipe, seeds, versions and data hashes of the training run",
    "base": "Base model (transformers folder)",
    "sft": "SFT model",
    "dpo": "DPO model",
    "metrics": "Loss of every training step, JSON lines",
}
CONTENTS = {"answers": "answer of the analyst", "features": "features as JSON", "window": "context window"}


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
    if metrics is None or tuned is None or not result.answers or not result.datasets:
        raise ForetuneError("the loop did not come to its end, so there is no page to write; run the demo again")
    out = result.folder
    answers = [answer.model_dump(mode="json") for answer in result.answers]
    (out / "answers.json").write_text(json.dumps(answers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for target in [
        *(out / name for name in LINKS),
        *(data.folder / name for data in result.datasets for name in FILES),
    ]:
        if not target.exists():
            raise ForetuneError(f"{target} is missing, so the page cannot link to it; run the demo again")
    page = environment("foretune.demo").get_template("index.html.j2")
    text = page.render(
        version=foretune.__version__,
        datasets=[show_dataset(dataset, out) for dataset in result.datasets],
        leaks=[show_leak(planted, out) for planted in result.planted],
        shuffled=split_comparison(result.datasets[0], result.planted),
        rows=_example_rows(result.datasets[0].folder),
        stages=[
            StageShown(s.name, s.seconds, s.facts, loss_picture(out / "metrics" / f"{s.name}.jsonl", s.name))
            for s in tuned.stages
        ],
        skipped=tuned.skipped,
        metrics=metrics,
        goals=[*data_goals(result.datasets, result.planted), *goals(metrics)],
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


def _example_rows(folder: Path) -> dict[str, dict[str, str]]:
    """The first training row of each content the dataset has in the Alpaca layout, by what it is."""
    found = {}
    for content, what in CONTENTS.items():
        path = folder / "rows" / "train" / f"{content}-alpaca.jsonl"
        if path.is_file():
            rows = pl.read_ndjson(path, n_rows=1)
            found[what] = {name: str(rows[name][0]) for name in ("instruction", "input", "output")}
    return found
