"""The recorded market history, the shipped pipelines built from it once, and worlds that differ from it."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from foretune.config import load_config, parse_config
from foretune.pipeline.build import BuildResult, build
from foretune.pipeline.spec import BuildSpec
from foretune.sandbox.recorded import RecordedMarket
from foretune.sandbox.server import Sandbox
from foretune.settings import Settings
from foretune.sources.endpoints import Endpoints

REPOSITORY = Path(__file__).parents[2]
FEW_ROWS = {"contents": ["features"], "formats": ["alpaca"], "files": ["jsonl"]}
"""Rows for trainers have tests of their own; here they would be most of the time."""

Row = dict[str, str]
Edit = Callable[[list[Row]], list[Row]]


def read_rows(path: Path) -> list[Row]:
    """The rows of a recorded file, without any code of ours."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def keys(*, fred: bool) -> Settings:
    """Keys that a sandbox takes; without FRED's, GDP comes from the latest vintage alone."""
    anything = SecretStr("sandbox")
    return Settings(
        ALPHAVANTAGE_API_KEY=anything,
        COINGECKO_API_KEY=anything,
        FRED_API_KEY=SecretStr("s" * 32) if fred else None,
    )


def shipped(name: str) -> BuildSpec:
    """A pipeline of the project, with few rows for trainers."""
    overrides = [f"exports={FEW_ROWS}", "max_pairs=50"]
    return load_config(REPOSITORY / f"pipelines/{name}.yaml", BuildSpec, overrides)


def build_from(catalog: Path, spec: BuildSpec, out: Path, *, fred_key: bool = True) -> BuildResult:
    """`spec` from the recording behind `catalog`, over real HTTP."""
    with Sandbox(RecordedMarket(catalog)) as running:
        return build(spec, Endpoints.at(running.root), out, settings=keys(fred=fred_key))


def copy_with(source: Path, root: Path, edits: Mapping[str, Edit]) -> Path:
    """The catalogue of a copy of the recording in which the files of `edits` are changed; the others are links."""
    for path in source.rglob("*"):
        if path.is_file():
            target = root / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    for name, edit in edits.items():
        rows = edit(read_rows(source / name))
        (root / name).unlink()  # the link, not the recording
        with (root / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return root / "catalog.yaml"


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The recorded market history, which is not part of the project."""
    root = Path(os.environ.get("FORETUNE_DATA") or REPOSITORY / "../shared/data").resolve()
    if not (root / "catalog.yaml").is_file():
        pytest.skip("the recorded market history is not here; set FORETUNE_DATA to its folder")
    return root


@pytest.fixture(scope="session")
def recorded_rows(data_root) -> Callable[[str], list[Row]]:
    """`recorded_rows(name)` are the rows of a recorded file as text."""
    return lambda name: read_rows(data_root / name)


@pytest.fixture(scope="session")
def closes_of(recorded_rows) -> Callable[..., dict[str, float]]:
    """`closes_of(name, time=…)` are the closes of a recorded file by ISO day."""
    return lambda name, time="date": {row[time][:10]: float(row["close"]) for row in recorded_rows(name)}


@pytest.fixture(scope="session")
def make(data_root) -> Callable[..., BuildResult]:
    """`make(spec, out)` builds a mapping as a plan from the recording."""

    def made(plan: Mapping[str, Any], out: Path) -> BuildResult:
        spec = parse_config({"exports": FEW_ROWS, "max_pairs": 5, **plan}, BuildSpec, where="plan")
        return build_from(data_root / "catalog.yaml", spec, out)

    return made


@pytest.fixture(scope="session")
def altered(data_root, tmp_path_factory) -> Callable[..., BuildResult]:
    """`altered(pipeline, edits)` builds a shipped pipeline in a world whose files differ by `edits`."""

    def built_there(name: str, edits: Mapping[str, Edit], *, fred_key: bool = True) -> BuildResult:
        root = tmp_path_factory.mktemp("altered")
        catalog = copy_with(data_root, root / "data", edits)
        return build_from(catalog, shipped(name), root / "built", fred_key=fred_key)

    return built_there


@pytest.fixture(scope="session")
def built(data_root, tmp_path_factory) -> BuildResult:
    """`btc_90d`, with the vintages of GDP."""
    out = tmp_path_factory.mktemp("bitcoin") / "btc_90d"
    return build_from(data_root / "catalog.yaml", shipped("btc_90d"), out)


@pytest.fixture(scope="session")
def panel(built) -> pl.DataFrame:
    return pl.read_parquet(built.folder / "panel.parquet").sort("decision_at")


@pytest.fixture(scope="session")
def built_multi(data_root, tmp_path_factory) -> BuildResult:
    """`multi_asset`, without a key for FRED."""
    out = tmp_path_factory.mktemp("multi") / "multi_asset"
    return build_from(data_root / "catalog.yaml", shipped("multi_asset"), out, fred_key=False)


@pytest.fixture(scope="session")
def multi(built_multi) -> pl.DataFrame:
    return pl.read_parquet(built_multi.folder / "panel.parquet").sort("asset_symbol", "decision_at")


@pytest.fixture(scope="session")
def every_row() -> Callable[[BuildResult], pl.DataFrame]:
    """`every_row(result)` are the rows of a panel and of its quarantine, targets and labels left out."""

    def rows(result: BuildResult) -> pl.DataFrame:
        kept = pl.read_parquet(result.folder / "panel.parquet").drop("split")
        quarantined = pl.read_parquet(result.folder / "quarantine.parquet").drop("reason")
        both = pl.concat([kept, quarantined]).sort("asset_symbol", "timestamp")
        return both.drop(pl.selectors.starts_with("target_", "label_"))

    return rows


@pytest.fixture(scope="session")
def serve(data_root) -> Iterator[str]:
    """The root address of a sandbox that replays the recording."""
    with Sandbox(RecordedMarket(data_root / "catalog.yaml")) as running:
        yield running.root
