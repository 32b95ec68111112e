"""A running simulated sandbox, and a small spec of two assets built from it once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from foretune.config import parse_config
from foretune.pipeline.build import BuildResult, build
from foretune.pipeline.spec import BuildSpec
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sources.endpoints import Endpoints

SPEC: dict[str, Any] = {
    "name": "small",
    "start": "2021-01-01",
    "end": "2022-12-31",
    "assets": [
        {"source": "bybit", "symbol": "BTCUSDT", "id": "BTCUSDT", "category": "linear", "funding": True},
        {"source": "bybit", "symbol": "ETH-USD", "id": "ETHUSDT", "category": "spot"},
    ],
    "fields": {
        "vix": {"source": "fred", "series": "VIXCLS"},
        "cpi_yoy": {"source": "fred", "series": "CPIAUCSL", "releases": "CPIAUCSL.releases"},
        "fear_greed_index": {"source": "alternative_me"},
    },
    "split": {"validation": 0.25, "test": 0.25, "embargo_days": 5},
    "max_pairs": 100,
    "seed": 5,
}


def make_spec(**changes: Any) -> BuildSpec:
    return parse_config({**SPEC, **changes}, BuildSpec, where="spec")


@pytest.fixture(scope="session")
def spec() -> Callable[..., BuildSpec]:
    """`spec(key=value, …)` is the small spec with these keys changed."""
    return make_spec


@pytest.fixture(scope="session")
def endpoints() -> Iterator[Endpoints]:
    """Two years of a simulated market, 2021-01-01 to 2022-12-31, over real HTTP."""
    with Sandbox(SimulatedMarket(seed=3, start=date(2021, 1, 1), end=date(2023, 1, 1))) as running:
        yield Endpoints.at(running.root)


@pytest.fixture(scope="session")
def built(endpoints, tmp_path_factory) -> BuildResult:
    """The small spec, built once. Read only."""
    return build(make_spec(), endpoints, tmp_path_factory.mktemp("built") / "small")
