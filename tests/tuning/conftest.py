"""A written dataset of a small simulated market, and a random base model of the smallest size."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from foretune.answers.analyst import forecast_90d, market_analysis
from foretune.answers.context import MarketContext
from foretune.answers.tasks import Task
from foretune.datasets.example import Example, Split, write_examples
from foretune.datasets.preferences import make_pairs, write_pairs
from foretune.models.corpus import documents
from foretune.models.stack import require
from foretune.models.tiny import TinyShape, new_model
from foretune.models.tokenizer import train_tokenizer

SMALLEST = TinyShape(vocab=900, hidden=32, layers=1, heads=2, feed_forward=64, positions=512)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    require("torch", "these tests").set_num_threads(1)


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    rng = random.Random(7)
    found = []
    for i in range(40):
        day = i if i < 30 else 100 + i  # the last training labels end on day 119
        context = MarketContext(
            symbol=rng.choice(["BTCUSDT", "ETHUSDT"]), as_of=datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=day),
            origin="simulated", price=100 * 2 ** rng.gauss(0, 2), change_24h_pct=rng.gauss(0, 3), high_24h=130.0,
            low_24h=95.0, vs_sma_50_pct=rng.gauss(0, 10), vs_sma_200_pct=rng.gauss(0, 20), rsi_14=rng.uniform(5, 95),
            volatility_30d=rng.uniform(0.1, 1), volatility_90d=rng.uniform(0.1, 1), funding_rate=rng.gauss(0, 1e-4),
        )  # fmt: skip
        split = Split.TRAIN if i < 30 else Split.TEST
        end = context.as_of + timedelta(days=90)
        for task, answer in (
            (Task.MARKET_ANALYSIS, market_analysis(context)),
            (Task.FORECAST_90D, forecast_90d(context, rng.gauss(0, 1))),
        ):
            label_end = end if task is Task.FORECAST_90D else None
            found.append(
                Example(
                    id=f"{task}-{i}", task=task, split=split, context=context, answer=answer, label_end_at=label_end
                )
            )
    return found


@pytest.fixture(scope="session")
def dataset(examples: list[Example], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    write_examples(examples, folder)
    write_pairs(make_pairs(examples, seed=0), folder)
    return folder


@pytest.fixture(scope="session")
def tokenizer(examples: list[Example]) -> Any:
    contexts = [e.context for e in examples]
    return train_tokenizer([*documents(contexts, seed=0), *(e.answer for e in examples)], vocab_size=SMALLEST.vocab)


@pytest.fixture
def model(tokenizer: Any) -> Any:
    return new_model(SMALLEST, tokenizer, seed=0)


@pytest.fixture
def start(model: Any, tokenizer: Any, tmp_path: Path) -> Path:
    """A folder with the random base, from where a stage starts."""
    model.save_pretrained(tmp_path / "start")
    tokenizer.save_pretrained(tmp_path / "start")
    return tmp_path / "start"
