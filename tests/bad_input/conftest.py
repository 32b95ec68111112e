"""A small simulated market asked through every provider, and builds of it while its answers go wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from foretune.config import parse_config
from foretune.pipeline.build import BuildResult, build
from foretune.pipeline.spec import BuildSpec
from foretune.sandbox.faults import FaultPlan
from foretune.sandbox.market import Market
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.settings import Settings
from foretune.sources.endpoints import Endpoints
from foretune.sources.http import HttpClient

KEYS = Settings(
    ALPHAVANTAGE_API_KEY=SecretStr("sandbox"),
    COINGECKO_API_KEY=SecretStr("sandbox"),
    FRED_API_KEY=SecretStr("s" * 32),
)
PLAN: dict[str, Any] = {
    "name": "small",
    "start": "2021-01-01",
    "end": "2022-12-31",
    "assets": [
        {
            "source": "bybit", "symbol": "BTCUSDT", "id": "BTCUSDT", "category": "linear",
            "funding": True, "open_interest": True, "coingecko": "bitcoin",
        },
        {"source": "alphavantage", "symbol": "AAPL", "id": "AAPL", "asset_class": "equity", "splits": True},
        {"source": "alphavantage", "symbol": "EURUSD", "id": "EUR", "market": "USD", "asset_class": "fx"},
    ],
    "fields": {
        "vix": {"source": "fred", "series": "VIXCLS"},
        "cpi_yoy": {"source": "fred", "series": "CPIAUCSL", "releases": "CPIAUCSL.releases"},
        "gdp_growth_qoq": {"source": "fred", "series": "GDPC1", "vintages": "always"},
        "gold_price": {"source": "files", "series": "gold_price"},
        "fear_greed_index": {"source": "alternative_me"},
        "news_volume": {"source": "gdelt", "query": "bitcoin"},
        "google_trends_score": {"source": "google_trends", "series": "google_trends.bitcoin", "term": "bitcoin"},
    },
    "split": {"validation": 0.25, "test": 0.25, "embargo_days": 5},
    "max_pairs": 5,
    "exports": {"contents": ["features"], "formats": ["alpaca"], "files": ["jsonl"]},
}  # fmt: skip
BITCOIN: dict[str, Any] = {
    **PLAN,
    "assets": [{"source": "bybit", "symbol": "BTCUSDT", "id": "BTCUSDT", "category": "linear"}],
    "fields": {},
}

Digests = dict[str, str]


@pytest.fixture(scope="session")
def digests() -> Callable[[Path], Digests]:
    """`digests(folder)` are the hashes of all files of a dataset."""

    def hashed(folder: Path) -> Digests:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    return hashed


@pytest.fixture(scope="session")
def market() -> SimulatedMarket:
    """Two years, 2021-01-01 to 2022-12-31."""
    return SimulatedMarket(seed=3, start=date(2021, 1, 1), end=date(2023, 1, 1))


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """The seconds that builds would have waited between tries; nobody really waits."""
    waited: list[float] = []
    monkeypatch.setattr("foretune.pipeline.build.HttpClient", partial(HttpClient, sleep=waited.append))
    return waited


@pytest.fixture
def build_with(market, waits) -> Callable[..., BuildResult]:
    """`build_with(out, faults=None, plan=PLAN, market=…)` builds while answers go wrong by `faults`."""

    def made(
        out: Path, faults: FaultPlan | None = None, *, plan: dict[str, Any] = PLAN, market: Market = market
    ) -> BuildResult:
        with Sandbox(market, faults=faults) as running:
            spec = parse_config(plan, BuildSpec, where="plan")
            return build(spec, Endpoints.at(running.root), out, settings=KEYS, market="small")

    return made


@pytest.fixture(scope="session")
def clean(market, tmp_path_factory, digests) -> Digests:
    """The files of the build of `PLAN` when nothing goes wrong."""
    out = tmp_path_factory.mktemp("clean") / "small"
    with Sandbox(market) as running:
        build(parse_config(PLAN, BuildSpec, where="plan"), Endpoints.at(running.root), out, settings=KEYS)
    return digests(out)


@pytest.fixture(scope="session")
def bitcoin_plan() -> dict[str, Any]:
    """One asset, no fields."""
    return BITCOIN
