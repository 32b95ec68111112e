"""Hand-made facts, and a small builder that is right: four features, so that each leak is planted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from foretune.audit.dataset import AuditedDataset
from foretune.datasets.facts import OBSERVATION_COLUMNS, Facts, no_splits
from foretune.datasets.splits import SplitSpec, assign_splits
from foretune.tables.asof import as_of

DAY = timedelta(days=1)
FIRST = datetime(2018, 1, 1, tzinfo=UTC)
UTC_US = pl.Datetime("us", "UTC")


def bars(days: int, symbol: str, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, days)))
    events = [FIRST + day * DAY for day in range(days)]
    return pl.DataFrame(
        {
            "symbol": symbol,
            "event_at": events,
            "known_at": [at + DAY for at in events],
            "asset_class": "crypto",
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": rng.uniform(1, 2, days),
            "volume_quote": None,
            "source": "test",
            "origin": "recorded",
        },
        schema_overrides={"event_at": UTC_US, "known_at": UTC_US, "volume_quote": pl.Float64},
    )


def observations(
    field: str,
    events: Sequence[datetime],
    lag: timedelta,
    values: Sequence[float],
    *,
    basis: str = "published",
    series: str | None = None,
) -> pl.DataFrame:
    """One vintage of one series, each value known `lag` after its `event_at`."""
    return pl.DataFrame(
        {
            "field": field,
            "symbol": [None] * len(events),
            "series": series or field,
            "event_at": events,
            "known_at": [at + lag for at in events],
            "value": values,
            "basis": basis,
            "source": "test",
            "origin": "recorded",
        },
        schema_overrides={"symbol": pl.String, "event_at": UTC_US, "known_at": UTC_US},
    ).select(OBSERVATION_COLUMNS)


def months(number: int) -> list[datetime]:
    return [datetime(2016 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(number)]


def facts(days: int = 1500, symbols: Sequence[str] = ("BTC-USD",), seed: int = 5) -> Facts:
    """Daily bars, a monthly rate that is published on the 15th after 45 days and revised a month later, daily news."""
    rng = np.random.default_rng(seed)
    first = 5 + np.cumsum(rng.normal(0, 0.1, 90))
    revised = first + rng.normal(0, 0.05, 90)
    spoken = [FIRST - 60 * DAY + day * DAY for day in range(days + 60)]
    return Facts(
        pl.concat(bars(days, symbol, seed + number) for number, symbol in enumerate(symbols)),
        pl.concat(
            [
                observations("unemployment_rate", months(90), 45 * DAY, first, series="UNRATE"),
                observations("unemployment_rate", months(90), 75 * DAY, revised, series="UNRATE"),
                observations("news_sentiment_score", spoken, DAY, rng.normal(0, 1, len(spoken))),
            ]
        ),
        no_splits(),
    )


def rows_of(given: Facts) -> pl.DataFrame:
    """All rows with features and target, no split yet."""
    close = pl.col("price_close")
    target = close.shift(-90)
    made = (
        given.bars.sort("symbol", "event_at")
        .rename({"symbol": "asset_symbol", "event_at": "timestamp", "known_at": "decision_at", "close": "price_close"})
        .with_columns(pl.col("volume").cast(pl.Float64))
        .with_columns(
            (close / close.shift(30) - 1).over("asset_symbol").alias("momentum_30d"),
            close.rolling_mean(20).over("asset_symbol").alias("sma_20"),
            target.over("asset_symbol").alias("target_price_90d"),
            pl.col("decision_at").alias("label_start_at"),
            pl.col("decision_at").shift(-90).over("asset_symbol").alias("label_end_at"),
        )
        .drop_nulls(["momentum_30d", "target_price_90d"])
        .with_columns(
            (pl.col("target_price_90d") / close).log().alias("target_return_90d"),
            ((pl.col("target_price_90d") / close - 1) * 100).alias("target_return_pct_90d"),
        )
        .select(
            "asset_symbol", "timestamp", "decision_at", "price_close", "momentum_30d", "sma_20", "target_price_90d",
            "target_return_90d", "target_return_pct_90d", "label_start_at", "label_end_at",
        )
    )  # fmt: skip
    for field, age in (("unemployment_rate", 62), ("news_sentiment_score", 3)):
        own = given.observations.filter(pl.col("field") == field).select("event_at", "known_at", "value")
        made = as_of(made, own, column=field, max_age=age * DAY)
    return made


def build(given: Facts) -> pl.DataFrame:
    """The clean panel of `given`."""
    return assign_splits(rows_of(given), SplitSpec(validation=0.1, test=0.2, embargo_days=5))


def dataset(rows: pl.DataFrame, given: Facts | None = None, *, derived: int = 0) -> AuditedDataset:
    """A dataset as the audit holds it, without a folder."""
    return AuditedDataset(Path("test"), rows.sort("asset_symbol", "decision_at"), 90, derived, None, given)


@pytest.fixture(scope="session")
def clean_facts() -> Facts:
    return facts()


@pytest.fixture(scope="session")
def clean(clean_facts) -> pl.DataFrame:
    return build(clean_facts)


@pytest.fixture(scope="session")
def shuffled(clean) -> pl.DataFrame:
    """The same rows split by dice, as a random five-fold does."""
    names = np.random.default_rng(0).choice(["train", "validation", "test"], len(clean), p=[0.7, 0.1, 0.2])
    return clean.with_columns(pl.Series("split", names))


@pytest.fixture(scope="session")
def making() -> SimpleNamespace:
    """The functions above, for tests that need other facts."""
    return SimpleNamespace(
        facts=facts, observations=observations, months=months, rows_of=rows_of, build=build, dataset=dataset
    )
