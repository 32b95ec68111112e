"""A small written market with known outcomes, and models that follow a script."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from foretune.answers.analyst import forecast_90d, market_analysis
from foretune.answers.context import MarketContext
from foretune.datasets.example import Example, write_examples

START = datetime(2022, 1, 1, tzinfo=UTC)
DAYS = 900
FIRST_TEST_DAY = 400


@dataclass
class Completion:
    text: str
    stopped: bool = True


Writes = Callable[[Example, int], str]


class Scripted:
    """Answers each prompt by `write(example, turn)`, `turn` counting its samples."""

    def __init__(self, examples: Sequence[Example], write: Writes) -> None:
        self._examples = {example.prompt: example for example in examples}
        self._write = write

    def __call__(
        self, prompts: Sequence[str], *, samples: int, temperature: float, seed: int
    ) -> list[list[Completion]]:
        return [[Completion(self._write(self._examples[p], turn)) for turn in range(samples)] for p in prompts]


def example(
    task: str = "market_analysis",
    *,
    symbol: str = "BTCUSDT",
    day: int = 0,
    origin: str = "simulated",
    price: float = 100.0,
) -> Example:
    # the day stands in the 24-hour change, so that no two prompts are the same
    context = MarketContext(
        symbol=symbol, as_of=START + timedelta(days=day), origin=origin, price=price, change_24h_pct=day / 100,
        high_24h=price * 1.01, low_24h=price * 0.99, vs_sma_50_pct=2.0, vs_sma_200_pct=-3.0, rsi_14=55.0,
        volatility_30d=0.5, volatility_90d=0.5, funding_rate=0.0001,
    )  # fmt: skip
    answer = market_analysis(context) if task == "market_analysis" else forecast_90d(context, 0.0)
    return Example(id=f"{symbol}:{day}:{task}", task=task, split="test", context=context, answer=answer)


@pytest.fixture
def make_example() -> Callable[..., Example]:
    return example


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


def write_market(folder: Path, symbols: dict[str, str]) -> list[Example]:
    """A dataset folder: a panel of 900 days per symbol (name to origin), examples every tenth test day."""
    folder.mkdir(parents=True)
    examples, rows = [], []
    for number, (symbol, origin) in enumerate(symbols.items()):
        steps = np.random.default_rng(number).normal(0, 0.5 / math.sqrt(365), DAYS)
        prices = 100 * np.exp(np.cumsum(steps))
        for day in range(DAYS - 90):
            at = START + timedelta(days=day)
            rows.append((symbol, at, prices[day], math.log(prices[day + 90] / prices[day]), at + timedelta(days=90)))
        for day in range(FIRST_TEST_DAY, DAYS - 90, 10):
            examples += [
                example(task, symbol=symbol, day=day, origin=origin, price=prices[day])
                for task in ("market_analysis", "forecast_90d")
            ]
    write_examples(examples, folder)
    times = pl.Datetime("us", "UTC")
    schema = {
        "asset_symbol": pl.String,
        "decision_at": times,
        "price_close": pl.Float64,
        "target_return_90d": pl.Float64,
        "label_end_at": times,
    }
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(folder / "panel.parquet")
    return examples


@pytest.fixture
def market() -> Callable[[Path, dict[str, str]], list[Example]]:
    return write_market
