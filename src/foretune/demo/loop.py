"""The loop from market to answer, step by step. Each step calls the room that does it; none is done here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydantic import SecretStr
from rich.progress import Progress

from foretune.assistant.ask import Answer, answer
from foretune.assistant.live_market import live_market
from foretune.config import load_config
from foretune.datasets.manifest import Manifest
from foretune.demo.defaults import default_file
from foretune.evaluation.metrics import Metrics
from foretune.evaluation.run import evaluate
from foretune.forecasting.random_walk import random_walk
from foretune.models.generate import complete
from foretune.models.load import load_model
from foretune.models.progress import Report
from foretune.pipeline.build import build
from foretune.pipeline.spec import BuildSpec
from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.market import Market
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.settings import Settings
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


@dataclass
class LoopResult:
    """What each room left behind, and the seconds each step took."""

    folder: Path
    datasets: dict[Path, Manifest] = field(default_factory=dict)
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
    settings = Settings(ALPHAVANTAGE_API_KEY=SecretStr("sandbox"))
    markets: tuple[tuple[str, Market], ...] = (
        ("crypto_90d", SimulatedMarket()),
        ("sp500_90d", ArchHistoryMarket()),
    )
    for name, market in markets:
        with _timed(result, watch, f"data: {name} ({market.origin})"), Sandbox(market) as sandbox:
            spec = load_config(default_file(f"pipelines/{name}.yaml"), BuildSpec)
            built = build(spec, Endpoints.at(sandbox.root), out / "data" / name, settings=settings)
            result.datasets[built.folder] = built.manifest
    data = list(result.datasets)
    with _timed(result, watch, "tuning: base, SFT, DPO"):
        recipe = load_config(default_file("recipes/demo.yaml"), Recipe)
        result.tuned = tune(recipe, out=out, data=data, progress=watch.training)
    tuned = result.tuned
    with _timed(result, watch, "evaluation"):
        models = {stage: partial(complete, load_model(tuned.model(stage))) for stage in ("base", "sft", "dpo")}
        result.metrics = evaluate(
            models, data, out=out / "evaluation", trained_until=trained_until(out), progress=watch.bars
        )
    with _timed(result, watch, "one question to the live sandbox market"), Sandbox(SimulatedMarket()) as sandbox:
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
