"""A small market of two assets, and the panel made from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from foretune.datasets.facts import Facts, no_observations, no_splits
from foretune.datasets.panel import PanelSpec, build_panel
from foretune.datasets.splits import SplitSpec

_FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def _bars(symbol: str, days: int, seed: int) -> pl.DataFrame:
    close = 20_000 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.03, days)))
    events = [_FIRST + timedelta(days=day) for day in range(days)]
    return pl.DataFrame(
        {
            "symbol": symbol,
            "event_at": events,
            "known_at": [at + timedelta(days=1) for at in events],
            "asset_class": "crypto",
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": None,
            "volume_quote": close * 1e6,
            "source": "test",
            "origin": "simulated",
        },
        schema_overrides={
            "event_at": pl.Datetime("us", "UTC"),
            "known_at": pl.Datetime("us", "UTC"),
            "volume": pl.Float64,
        },
    )


@pytest.fixture(scope="session")
def two_assets():
    """Facts of BTC-USD and ETH-USD, daily from 2020-01-01, no observation, no split."""
    return Facts(pl.concat([_bars("BTC-USD", 1300, 1), _bars("ETH-USD", 1200, 2)]), no_observations(), no_splits())


@pytest.fixture(scope="session")
def panel_of_two(two_assets):
    return build_panel(two_assets, PanelSpec(split=SplitSpec(validation=0.25, test=0.25))).rows
