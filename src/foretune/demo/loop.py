"""The loop from market to answer, step by step. Each step calls the room that does it; none is done here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.progress import Progress

from foretune.assistant.ask import Answer, answer
from foretune.assistant.live_market import live_market
from foretune.config import load_config
from foretune.demo.data import PLANS, DemoDataset, make_dataset, plant_leaks, simulated
from foretune.demo.defaults import default_file
from foretune.demo.planted import Planted
from foretune.evaluation.metrics import Metrics
from foretune.evaluation.run import evaluate
from foretune.forecasting.random_walk import random_walk
from foretune.models.generate import complete
from foretune.models.load import load_model
from foretune.models.progress import Report
from foretune.pipeline.fetch import Step
from foretune.sandbox.server import Sandbox
from foretune.sources.bybit import BybitSource
from foretune.sources.endpoints import Endpoints
from foretune.sources.http import HttpClient
from foretune.tuning.provenance import trained_until
from foretune.tuning.recipe import Recipe
from foretune.tuning.run import TuneResult, tune

QUESTIONS = ("How does BTC look right now?", "Where could BTC be in 90 days?")
SYMBOL = "BTCUSDT"


@dataclass(frozen=True, slots=True)
class Watch:
    """How a person follows the run: a heading per step, bars for what takes long."""

    step: Callable[[str], None]
    bars: Progress
    training: Report

    @contextmanager
    def bar(self, name: str) -> Iterator[Step]:
        """One bar for work in named steps, gone when the work is over."""
        task = self.bars.add_task(name, total=None)

        def show(label: str, done: int, total: int) -> None:
            self.bars.update(task, description=f"{name}: {label}", completed=done, total=total)

        try:
            yield show
        finally:
            self.bars.remove_task(task)


@dataclass
class LoopResult:
    """What each room left behind, and the seconds each step took."""

    folder: Path
    datasets: list[DemoDataset] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    tuned: TuneResult | None = None
    metrics: Metrics | None = None
    answers: list[Answer] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def run_loop(out: Path, watch: Watch) -> LoopResult:
    """Run every step into `out`. Training that is complete already is kept; all else is made anew.

    Raises:
        ForetuneError: whatever the step that failed raises; what came before it stays.
    """
    result = LoopResult(out)
    for plan in PLANS:
        with _timed(result, watch, f"data: {plan.name} ({plan.market().origin})"), watch.bar(plan.name) as step:
            result.datasets.append(make_dataset(plan, out, step))
    with _timed(result, watch, "leaks planted into copies, and looked for"), watch.bar("planted") as step:
        result.planted = plant_leaks(result.datasets[0], out, step)
    data = [dataset.folder for dataset in result.datasets if dataset.trained]
    with _timed(result, watch, "tuning: base, SFT, DPO"):
        recipe = load_config(default_file("recipes/demo.yaml"), Recipe)
        result.tuned = tune(recipe, out=out, data=data, progress=watch.training)
    tuned = result.tuned
    with _timed(result, watch, "evaluation"):
        models = {stage: partial(complete, load_model(tuned.model(stage))) for stage in ("base", "sft", "dpo")}
        result.metrics = evaluate(
            models, data, out=out / "evaluation", trained_until=trained_until(out), progress=watch.bars
        )
    with _timed(result, watch, "one question to the live sandbox market"), Sandbox(simulated()) as sandbox:
        with HttpClient() as http:
            live = live_market(BybitSource(http, Endpoints.at(sandbox.root).bybit), SYMBOL)
        floor = random_walk(live.history, live.context.as_of)
        for question in QUESTIONS:
            result.answers.append(answer(question, live.context, models["dpo"], random_walk=floor))
    return result


@contextmanager
def _timed(result: LoopResult, watch: Watch, step: str) -> Iterator[None]:
    watch.step(step)
    began = time.perf_counter()
    yield
    result.seconds[step] = time.perf_counter() - began
