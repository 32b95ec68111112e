"""Every pipeline that is shipped builds on the simulated market, and its dataset holds no leak."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from foretune.audit.run import audit
from foretune.config import load_config
from foretune.pipeline.build import build
from foretune.pipeline.spec import BuildSpec
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.settings import SANDBOX_KEYS
from foretune.sources.endpoints import Endpoints

PIPELINES = Path(__file__).parents[2] / "pipelines"
CLASSES = {
    "btc_90d": {"crypto"},
    "crypto_90d": {"crypto"},
    "multi_asset": {"crypto", "equity", "fx", "commodity"},
}


def test_this_list_is_whole():
    # sp500_90d is of real history alone: the simulated market has no index
    assert {path.stem for path in PIPELINES.glob("*.yaml")} == {*CLASSES, "sp500_90d"}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CLASSES))
def test_it_builds_simulated_passes_its_gates_and_the_audit(name, tmp_path):
    spec = load_config(PIPELINES / f"{name}.yaml", BuildSpec)
    with Sandbox(SimulatedMarket()) as running:
        built = build(spec, Endpoints.at(running.root), tmp_path / "data", settings=SANDBOX_KEYS)
    assert "fail" not in built.manifest.quality.values()
    assert set(pl.read_parquet(built.folder / "panel.parquet")["asset_class"].unique()) == CLASSES[name]
    assert audit(built.folder, quick=True).leaks == []
