"""Panel rows into examples: the analyst's market analysis and the 90-day forecast of each row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from foretune.answers.analyst import forecast_90d, market_analysis
from foretune.answers.context import MarketContext
from foretune.answers.slots import horizon_sigma
from foretune.answers.tasks import Task
from foretune.datasets.example import Example, Split
from foretune.origin import Origin


def context_of(row: dict[str, Any]) -> MarketContext:
    """The context a model may speak from at this row's decision: only columns known by then."""
    price = row["price_close"]
    return MarketContext(
        symbol=row["asset_symbol"],
        as_of=row["decision_at"],
        origin=Origin(row["origin"]),
        price=price,
        change_24h_pct=row["return_1d_pct"],
        high_24h=row["price_high"],
        low_24h=row["price_low"],
        vs_sma_50_pct=(price / row["sma_50"] - 1) * 100,
        vs_sma_200_pct=(price / row["sma_200"] - 1) * 100,
        rsi_14=row["rsi_14"],
        volatility_30d=row["volatility_30d"],
        volatility_90d=row["volatility_90d"],
        funding_rate=row.get("funding_rate"),
    )


FORECAST_DAYS = 90
"""The horizon the forecast task speaks of."""


def make_examples(panel: pl.DataFrame, *, horizon_days: int = FORECAST_DAYS) -> Iterator[Example]:
    """Two examples per row that belongs to a split; purged rows make none.

    The forecast's move is the realised log return in standard deviations of the horizon. A panel
    of another horizon than 90 days makes no forecasts: the task's wording would not be true of it.
    """
    for row in panel.filter(pl.col("split").is_in([s.value for s in Split])).iter_rows(named=True):
        context = context_of(row)
        key = f"{context.symbol}:{context.as_of:%Y-%m-%d}"
        split = Split(row["split"])
        yield Example(
            id=f"{key}:{Task.MARKET_ANALYSIS}",
            task=Task.MARKET_ANALYSIS,
            split=split,
            context=context,
            answer=market_analysis(context),
        )
        if horizon_days != FORECAST_DAYS:
            continue
        move = row["target_return_90d"] / horizon_sigma(row["volatility_90d"])
        yield Example(
            id=f"{key}:{Task.FORECAST_90D}",
            task=Task.FORECAST_90D,
            split=split,
            context=context,
            answer=forecast_90d(context, move),
            label_end_at=row["label_end_at"],
        )
