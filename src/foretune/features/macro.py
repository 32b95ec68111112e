"""The guide's macro and sentiment fields: how each follows from its series, and how long it stays fresh.

Transforms run on facts, before the as-of join, so a growth rate is known when its newer value is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import polars as pl

Transform = Literal["level", "year_over_year_pct", "period_over_period_pct"]


@dataclass(frozen=True, slots=True)
class ContextSeries:
    """`max_age` counts from `known_at`: an older value is missing, not carried on.

    `released` marks values about a whole month or quarter that are published weeks after it: a
    plain dated file cannot say when they became known.
    """

    field: str
    transform: Transform
    max_age: timedelta
    meaning: str
    released: bool = False


MACRO_FIELDS: tuple[ContextSeries, ...] = (
    ContextSeries("sp500_close", "level", timedelta(days=7), "S&P 500 close"),
    ContextSeries("vix", "level", timedelta(days=7), "VIX close"),
    ContextSeries("dxy", "level", timedelta(days=7), "US dollar index"),
    ContextSeries("us10y_yield", "level", timedelta(days=7), "10-year Treasury yield, percent"),
    ContextSeries("us2y_yield", "level", timedelta(days=7), "2-year Treasury yield, percent"),
    ContextSeries("gold_price", "level", timedelta(days=7), "gold, USD an ounce"),
    ContextSeries("oil_price", "level", timedelta(days=7), "WTI, USD a barrel; may be negative"),
    ContextSeries(
        "cpi_yoy",
        "year_over_year_pct",
        timedelta(days=62),
        "CPI against the same month a year ago, percent",
        released=True,
    ),
    ContextSeries(
        "gdp_growth_qoq",
        "period_over_period_pct",
        timedelta(days=123),
        "real GDP against the quarter before, percent",
        released=True,
    ),
    ContextSeries("unemployment_rate", "level", timedelta(days=62), "unemployment rate, percent", released=True),
)
SENTIMENT_FIELDS: tuple[ContextSeries, ...] = (
    ContextSeries("fear_greed_index", "level", timedelta(days=3), "crypto Fear & Greed, 0-100"),
)
DERIVATIVE_FIELDS: tuple[ContextSeries, ...] = (
    ContextSeries("funding_rate", "level", timedelta(days=1), "last settled perpetual funding, fraction per interval"),
)
SERIES_FIELDS: Mapping[str, ContextSeries] = {
    field.field: field for field in (*MACRO_FIELDS, *SENTIMENT_FIELDS, *DERIVATIVE_FIELDS)
}


def transform_series(facts: pl.DataFrame, transform: Transform) -> pl.DataFrame:
    """Apply `transform` to the facts of one series (one vintage per period).

    A growth rate needs the value exactly one year (or one quarter) before; without it there is
    no rate. It is known when the later-known of its two values is.

    >>> from datetime import UTC, datetime
    >>> facts = pl.DataFrame({
    ...     "event_at": [datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)],
    ...     "known_at": [datetime(2023, 2, 14, tzinfo=UTC), datetime(2024, 2, 13, tzinfo=UTC)],
    ...     "value": [300.0, 309.0]})
    >>> transform_series(facts, "year_over_year_pct")["value"].round(6).to_list()
    [3.0]
    """
    if transform == "level":
        return facts
    span = "1y" if transform == "year_over_year_pct" else "1q"
    earlier = facts.select(
        pl.col("event_at").dt.offset_by(span),
        pl.col("known_at").alias("_known_before"),
        pl.col("value").alias("_before"),
    )
    return (
        facts.join(earlier, on="event_at", how="inner", maintain_order="left")
        .with_columns(
            ((pl.col("value") / pl.col("_before") - 1) * 100).alias("value"),
            pl.max_horizontal("known_at", "_known_before").alias("known_at"),
        )
        .drop("_before", "_known_before")
    )
