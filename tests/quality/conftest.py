"""One small sound dataset, and the gates it misses once a test has damaged it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from foretune.datasets.facts import FOLDER, OBSERVATION_COLUMNS, Facts, no_splits
from foretune.datasets.manifest import Manifest, write_manifest
from foretune.datasets.panel import PanelSpec, build_panel
from foretune.datasets.splits import SplitSpec
from foretune.origin import Origin
from foretune.quality.evidence import Evidence
from foretune.quality.gates import GateSpec
from foretune.quality.measure import measure
from foretune.tables.schemas import REJECTED_SCHEMA

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = 1000
COIN, SHARE = "COIN", "SHARE"


def observed(field: str, days: list[datetime], values: list[float], *, symbol: str | None = None, lag: int = 1):
    """Observations of one series, each known `lag` days after its day."""
    frame = pl.DataFrame(
        {
            "field": field,
            "symbol": pl.Series([symbol] * len(days), dtype=pl.String),
            "series": field,
            "event_at": days,
            "known_at": [day + timedelta(days=lag) for day in days],
            "value": [float(value) for value in values],
            "basis": "close" if lag == 1 else "published",
            "source": "test",
            "origin": "recorded",
        }
    )
    return frame.select(OBSERVATION_COLUMNS)


def walk(seed: int, days: int, start: float, daily: float = 0.02) -> np.ndarray:
    """Prices of a random walk."""
    return start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, daily, days)))


def bars_of(symbol: str, asset_class: str, days: list[datetime], close: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "symbol": symbol,
            "event_at": days,
            "known_at": [day + timedelta(days=1) for day in days],
            "asset_class": asset_class,
            "open": close * 0.999,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": np.linspace(1000, 2000, len(days)) * (1 + 0.2 * np.sin(np.arange(len(days)))),
            "volume_quote": np.linspace(1000, 2000, len(days)) * close,
            "source": "test",
            "origin": "recorded",
        }
    )


@pytest.fixture(scope="session")
def _sound() -> Evidence:
    """A coin of 1,000 days with its market value; VIX by day and unemployment by month for all."""
    days = [FIRST + timedelta(days=day) for day in range(DAYS)]
    close = walk(1, DAYS, 100.0)
    months = [datetime(2019 + at // 12, at % 12 + 1, 1, tzinfo=UTC) for at in range(10, 44)]
    generator = np.random.default_rng(3)
    observations = pl.concat(
        [
            observed("market_cap", days, list(close * 1e6 * np.linspace(1, 1.1, DAYS)), symbol=COIN),
            observed("vix", days, list(walk(2, DAYS, 20.0, 0.01))),
            observed("unemployment_rate", months, list(4 + generator.normal(0, 0.2, len(months))), lag=35),
        ]
    )
    facts = Facts(bars_of(COIN, "crypto", days, close), observations, no_splits())
    panel = build_panel(facts, PanelSpec(split=SplitSpec(validation=0.2, test=0.2)))
    return Evidence(panel, pl.DataFrame(schema=REJECTED_SCHEMA), facts, GateSpec())


@pytest.fixture
def sound(_sound) -> Evidence:
    """The sound dataset, without what an earlier test made it remember."""
    return replace(_sound)


@pytest.fixture
def changed(sound) -> Callable[..., Evidence]:
    """`changed(rows=…, quarantine=…, bars=…, observations=…, rejected=…, gates=…)`: the sound dataset but for that."""

    def change(**parts) -> Evidence:
        panel = replace(sound.panel, **{name: parts.pop(name) for name in ("rows", "quarantine") if name in parts})
        facts = replace(sound.facts, **{name: parts.pop(name) for name in ("bars", "observations") if name in parts})
        return replace(sound, panel=panel, facts=facts, **parts)

    return change


@pytest.fixture
def missed() -> Callable[[Evidence], set[str]]:
    """Names of the gates that a dataset misses, as warning or failure."""
    return lambda evidence: {r.gate for r in measure("test", evidence).results if r.status in ("warn", "fail")}


@pytest.fixture
def result() -> Callable[[Evidence, str], object]:
    """`result(evidence, gate)`: what one gate found."""
    return lambda evidence, gate: next(r for r in measure("test", evidence).results if r.gate == gate)


def write_dataset(evidence: Evidence, folder: Path, **manifest) -> Path:
    """The folder that a build would leave, as far as its quality is concerned."""
    folder.mkdir(parents=True)
    evidence.panel.rows.write_parquet(folder / "panel.parquet")
    evidence.panel.quarantine.write_parquet(folder / "quarantine.parquet")
    evidence.rejected.write_parquet(folder / "rejected.parquet")
    evidence.facts.write(folder / FOLDER)
    spec = {
        "horizon_days": evidence.horizon_days,
        "tolerance_days": evidence.tolerance_days,
        "gates": json.loads(evidence.gates.model_dump_json()),
    }
    write_manifest(
        Manifest(
            name="sound",
            foretune="0",
            origin=Origin.RECORDED,
            spec=spec,
            inputs=[],
            rows={},
            splits={},
            coverage={},
            known_at_basis={},
            independent_blocks={},
            quarantine={},
            absent=evidence.absent,
            files={},
            notes=[],
            **manifest,
        ),
        folder,
    )
    return folder


@pytest.fixture
def dataset(sound, tmp_path) -> Path:
    """The sound dataset as a folder."""
    return write_dataset(sound, tmp_path / "sound")
