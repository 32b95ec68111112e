"""A run of the demo with scripted models in place of trained ones: real data, real scores, no training."""

from __future__ import annotations

import json
import re
from datetime import date
from types import SimpleNamespace

import pytest

from foretune.answers.slots import move_slot
from foretune.assistant.ask import answer
from foretune.assistant.live_market import live_market
from foretune.config import parse_config
from foretune.datasets.example import read_examples
from foretune.demo.data import audited, plant_leaks
from foretune.demo.loop import QUESTIONS, SYMBOL, LoopResult
from foretune.evaluation.run import evaluate
from foretune.forecasting.random_walk import random_walk
from foretune.pipeline.build import build, no_step
from foretune.pipeline.spec import BuildSpec
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sources.bybit import BybitSource
from foretune.sources.endpoints import Endpoints
from foretune.sources.http import HttpClient
from foretune.tuning.run import TuneResult
from foretune.tuning.stages import StageRecord

ATTACK = "<script>alert('model')</script>"
SPEC = {
    "name": "small",
    "start": "2021-01-01",
    "end": "2022-12-31",
    "assets": [{"source": "bybit", "symbol": "BTCUSDT", "id": "BTCUSDT", "category": "linear", "funding": True}],
    "fields": {"cpi_yoy": {"source": "fred", "series": "CPIAUCSL"}},
    "split": {"validation": 0.25, "test": 0.25},
    "max_pairs": 60,
}


def scripted(answers, write):
    """A completer that writes `write(the analyst's answer, turn)`."""

    def complete(prompts, *, samples, temperature, seed):
        return [
            [SimpleNamespace(text=write(answers[prompt], turn), stopped=True) for turn in range(samples)]
            for prompt in prompts
        ]

    return complete


def sampled(text, turn):
    """The answer as it is; a forecast's samples go round from -1.5 to +1.5 standard deviations."""
    return re.sub(r"\{z:[^}]*\}", move_slot(-1.5 + turn % 19 / 6), text)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> LoopResult:
    """What the loop hands to the page. `base` babbles markup, `sft` forgets the warning, `dpo` is right."""
    out = tmp_path_factory.mktemp("runs") / "demo"
    result = LoopResult(out, seconds={"data": 1.5, "tuning": 2.5})
    with Sandbox(SimulatedMarket(seed=3, start=date(2021, 1, 1), end=date(2023, 1, 1))) as running:
        spec = parse_config(SPEC, BuildSpec, where="spec")
        built = build(spec, Endpoints.at(running.root), out / "data" / "small")
        result.datasets = [audited(built.folder, built.manifest, out, trained=True, step=no_step)]
        with HttpClient() as http:
            live = live_market(BybitSource(http, f"{running.root}/bybit"), SYMBOL)
    result.planted = plant_leaks(result.datasets[0], out, no_step)
    folders = [dataset.folder for dataset in result.datasets]
    right = {example.prompt: example.answer for example in read_examples(folders)}
    models = {
        "base": scripted(right, lambda text, turn: f"hodl {ATTACK}"),
        "sft": scripted(right, lambda text, turn: sampled(text, turn).rsplit("\n", 1)[0]),
        "dpo": scripted(right, sampled),
    }
    result.metrics = evaluate(models, folders, out=out / "evaluation", limit=30, samples=19, forecast_origins=3)
    floor = random_walk(live.history, live.context.as_of)
    babble = scripted(dict.fromkeys(_prompts(live.context), ""), lambda text, turn: f"12345 {ATTACK}")
    result.answers = [answer(question, live.context, babble, random_walk=floor) for question in QUESTIONS]
    result.tuned = TuneResult(out, tuple(_stages(out)), skipped=("base",))
    (out / "manifest.json").write_text("{}", encoding="utf-8")
    return result


def _prompts(context):
    from foretune.answers.tasks import TASKS
    from foretune.answers.template import TEMPLATE

    return [TEMPLATE.prompt(spec.instruction, context.text()) for spec in TASKS.values()]


def _stages(out):
    for name, seconds in (("base", 60.0), ("sft", 1.5), ("dpo", 1.0)):
        (out / name).mkdir()
        log = out / "metrics" / f"{name}.jsonl"
        log.parent.mkdir(exist_ok=True)
        losses = [{"step": step, "loss": 3.0 / step} for step in (1, 2, 3)] if name != "dpo" else []
        log.write_text("".join(json.dumps(line) + "\n" for line in losses), encoding="utf-8")
        yield StageRecord(name, key="0" * 64, seconds=seconds, facts={"parameters": 1_250_000})
