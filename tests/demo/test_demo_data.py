"""The demo's datasets: plans that are valid, one of them built and audited, and a person who sees it happen."""

from __future__ import annotations

import json
from datetime import date

import pytest
from rich.console import Console
from rich.progress import Progress

from foretune.audit.finding import AuditReport
from foretune.config import load_config
from foretune.demo.data import PLANS, DatasetPlan, make_dataset
from foretune.demo.defaults import default_file
from foretune.demo.loop import Watch
from foretune.pipeline.build import no_step
from foretune.pipeline.spec import BuildSpec
from foretune.sandbox.simulated import SimulatedMarket


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_plans_are_valid_and_write_few_files(plan):
    spec = load_config(default_file(f"pipelines/{plan.name}.yaml"), BuildSpec, plan.overrides)
    assert spec.name == plan.name
    # each format in each type of file is tens of MB
    assert len(spec.exports.formats) * len(spec.exports.files) <= 2


def test_only_the_crypto_and_the_stock_market_train_the_model():
    assert [plan.name for plan in PLANS if plan.trained] == ["crypto_90d", "sp500_90d"]


@pytest.mark.slow
def test_four_asset_classes_and_a_share_that_splits_are_built_without_a_leak(tmp_path):
    plan = DatasetPlan(
        "multi_asset",
        lambda: SimulatedMarket(end=date(2021, 4, 1)),
        trained=False,
        overrides=(
            "exports.formats=[alpaca]",
            "exports.files=[jsonl]",
            "exports.contents=[features]",
        ),
    )
    dataset = make_dataset(plan, tmp_path, no_step)
    assert not dataset.trained
    assert dataset.audit.leaks == []
    assert dataset.checks >= 12
    assert {asset["symbol"] for asset in dataset.manifest.spec["assets"]} >= {"BTC-USD", "AAPL", "EURUSD", "XAUUSD"}
    written = AuditReport.model_validate(json.loads((tmp_path / "audits" / "multi_asset.json").read_text()))
    assert written.dataset == "data/multi_asset"
    assert [finding.what for finding in written.findings] == [finding.what for finding in dataset.audit.findings]


def test_a_bar_shows_each_step_and_is_gone_after_the_work():
    bars = Progress(console=Console(quiet=True))
    watch = Watch(step=lambda label: None, bars=bars, training=lambda at: None)
    with watch.bar("crypto_90d") as step:
        step("panel", 0, 5)
        (task,) = bars.tasks
        assert (task.description, task.completed, task.total) == ("crypto_90d: panel", 0, 5)
    assert bars.tasks == []


def test_a_bar_is_gone_when_the_work_fails():
    bars = Progress(console=Console(quiet=True))
    with pytest.raises(RuntimeError), Watch(lambda label: None, bars, lambda at: None).bar("x"):
        raise RuntimeError
    assert bars.tasks == []
