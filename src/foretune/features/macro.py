"""The series that feed the panel's context: unit, transform, and how long a value stays fresh. No joins here.

Transforms run on facts, before the as-of join, so a growth rate is known when its newer value is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import polars as pl

from foretune.features.context_vintages import calendar_candidates, value_pairs
from foretune.features.field import FeatureField, Group

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
    unit: str
    group: Group = "macro"
    canonical: bool = True
    released: bool = False

    @property
    def feature(self) -> FeatureField:
        """The panel column that the series becomes."""
        return FeatureField(self.field, self.group, 1, self.unit, self.meaning, canonical=self.canonical)


def _daily(field: str, unit: str, meaning: str) -> ContextSeries:
    return ContextSeries(field, "level", timedelta(days=7), meaning, unit)


MACRO_FIELDS: tuple[ContextSeries, ...] = (
    _daily("sp500_close", "index", "S&P 500 close"),
    _daily("vix", "index", "VIX close"),
    _daily("dxy", "index", "US dollar index"),
    _daily("us10y_yield", "percent", "10-year Treasury yield, percent"),
    _daily("us2y_yield", "percent", "2-year Treasury yield, percent"),
    _daily("gold_price", "USD", "gold, USD an ounce"),
    _daily("oil_price", "USD", "WTI, USD a barrel; may be negative"),
    ContextSeries(
        "cpi_yoy",
        "year_over_year_pct",
        timedelta(days=62),
        "CPI against the same month a year ago, percent",
        "percent",
        released=True,
    ),
    ContextSeries(
        "gdp_growth_qoq",
        "period_over_period_pct",
        timedelta(days=123),
        "real GDP against the quarter before, percent",
        "percent",
        released=True,
    ),
    ContextSeries(
        "unemployment_rate", "level", timedelta(days=62), "unemployment rate, percent", "percent", released=True
    ),
)
_WEEKLY = timedelta(days=8)
"""News over years comes as weekly means: one is as old as a week when the next becomes known."""

SENTIMENT_FIELDS: tuple[ContextSeries, ...] = (
    ContextSeries(
        "news_sentiment_score", "level", _WEEKLY, "tone of the news of a day or week, -1 to 1", "score", "sentiment"
    ),
    ContextSeries("news_volume", "level", _WEEKLY, "articles about the topic in a day or week", "count", "sentiment"),
    ContextSeries(
        "social_sentiment_score", "level", timedelta(days=3), "tone of a day's posts, -1 to 1", "score", "sentiment"
    ),
    ContextSeries("social_mention_count", "level", timedelta(days=3), "social posts of a day", "count", "sentiment"),
    ContextSeries(
        "google_trends_score",
        "level",
        timedelta(days=35),
        "search interest, 0-100 of the download's own maximum",
        "index",
        "sentiment",
    ),
    ContextSeries("fear_greed_index", "level", timedelta(days=3), "crypto Fear & Greed, 0-100", "index", "sentiment"),
)
DERIVATIVE_FIELDS: tuple[ContextSeries, ...] = (
    ContextSeries(
        "funding_rate",
        "level",
        timedelta(days=1),
        "last settled perpetual funding, fraction per interval",
        "fraction",
        "derivatives",
        canonical=False,
    ),
    ContextSeries(
        "open_interest",
        "level",
        timedelta(days=3),
        "open perpetual contracts, in units of the asset",
        "count",
        "derivatives",
        canonical=False,
    ),
    ContextSeries(
        "market_cap", "level", timedelta(days=3), "value of all units in circulation", "USD", "price", canonical=False
    ),
)
SERIES_FIELDS: Mapping[str, ContextSeries] = {
    field.field: field for field in (*MACRO_FIELDS, *SENTIMENT_FIELDS, *DERIVATIVE_FIELDS)
}


def transform_series(facts: pl.DataFrame, transform: Transform) -> pl.DataFrame:
    """`event_at`, `known_at`, `value` of one series after `transform`.

    A growth rate needs the value exactly one year (or one quarter) before; without it, or where it
    is not positive, there is no rate. Both values are taken as known at the same moment, and a
    revision of either makes a new rate, known when the revision is.

    >>> from datetime import UTC, datetime
    >>> facts = pl.DataFrame({
    ...     "event_at": [datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)],
    ...     "known_at": [datetime(2023, 2, 14, tzinfo=UTC), datetime(2024, 2, 13, tzinfo=UTC)],
    ...     "value": [300.0, 309.0]})
    >>> transform_series(facts, "year_over_year_pct")["value"].round(6).to_list()
    [3.0]
    """
    if transform == "level":
        return facts.select("event_at", "known_at", "value").sort("event_at", "known_at")
    span = "1y" if transform == "year_over_year_pct" else "1q"
    pairs = value_pairs(facts, calendar_candidates(facts, span)).filter(pl.col("base") > 0)
    rate = (pl.col("value") / pl.col("base") - 1) * 100
    return pairs.select("event_at", "known_at", rate.alias("value"))
