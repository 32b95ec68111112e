"""The recorded market history, and ten years of Bitcoin built from it once."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import polars as pl
import pytest

from foretune.config import load_config
from foretune.pipeline.build import BuildResult, build
from foretune.pipeline.spec import BuildSpec
from foretune.sandbox.recorded import RecordedMarket
from foretune.sandbox.server import Sandbox
from foretune.sources.endpoints import Endpoints

REPOSITORY = Path(__file__).parents[2]
PIPELINE = REPOSITORY / "pipelines/btc_90d.yaml"


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a recorded file, without any code of ours."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The recorded market history, which is not part of the project."""
    root = Path(os.environ.get("FORETUNE_DATA") or REPOSITORY / "../shared/data").resolve()
    if not (root / "catalog.yaml").is_file():
        pytest.skip("the recorded market history is not here; set FORETUNE_DATA to its folder")
    return root


@pytest.fixture(scope="session")
def recorded_rows(data_root):
    """`recorded_rows(name)` are the rows of a recorded file as text."""
    return lambda name: read_rows(data_root / name)


def build_bitcoin(catalog: Path, out: Path) -> BuildResult:
    spec = load_config(PIPELINE, BuildSpec).model_copy(update={"max_pairs": 50})
    with Sandbox(RecordedMarket(catalog)) as running:
        return build(spec, Endpoints.at(running.root), out)


@pytest.fixture(scope="session")
def built(data_root, tmp_path_factory) -> BuildResult:
    return build_bitcoin(data_root / "catalog.yaml", tmp_path_factory.mktemp("bitcoin") / "btc_90d")


@pytest.fixture(scope="session")
def panel(built) -> pl.DataFrame:
    return pl.read_parquet(built.folder / "panel.parquet").sort("decision_at")


@pytest.fixture(scope="session")
def rebuild():
    """`rebuild(catalog, out)` builds the same pipeline from another catalogue."""
    return build_bitcoin
