"""A tokenizer learnt from a small simulated market, and a random model of the smallest size."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foretune.answers.analyst import forecast_90d, market_analysis
from foretune.answers.context import MarketContext
from foretune.models.corpus import documents
from foretune.models.stack import require
from foretune.models.tiny import TinyShape, new_model
from foretune.models.tokenizer import train_tokenizer

START = datetime(2022, 1, 1, tzinfo=UTC)
SMALLEST = TinyShape(vocab=700, hidden=32, layers=1, heads=2, feed_forward=64, positions=256)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    require("torch", "these tests").set_num_threads(1)


@pytest.fixture(scope="session")
def contexts() -> list[MarketContext]:
    rng = random.Random(7)
    return [
        MarketContext(
            symbol=rng.choice(["BTCUSDT", "ETHUSDT", "SPX"]), as_of=START + timedelta(days=i),
            origin="simulated", price=100 * 2 ** rng.gauss(0, 2), change_24h_pct=rng.gauss(0, 3), high_24h=130.0,
            low_24h=95.0, vs_sma_50_pct=rng.gauss(0, 10), vs_sma_200_pct=rng.gauss(0, 20), rsi_14=rng.uniform(5, 95),
            volatility_30d=rng.uniform(0.1, 1), volatility_90d=rng.uniform(0.1, 1), funding_rate=rng.gauss(0, 1e-4),
        )
        for i in range(60)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def tokenizer(contexts: list[MarketContext]) -> Any:
    answers = [market_analysis(c) for c in contexts] + [forecast_90d(c, 0.7) for c in contexts]
    return train_tokenizer([*documents(contexts, seed=0), *answers], vocab_size=SMALLEST.vocab)


@pytest.fixture
def model(tokenizer: Any) -> Any:
    return new_model(SMALLEST, tokenizer, seed=0)
