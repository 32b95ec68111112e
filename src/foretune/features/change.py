"""Changes and means of context series over calendar days, computed on facts. No joins with decisions here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from foretune.features.context_vintages import calendar_candidates, day_candidates, first_published, value_pairs
from foretune.features.field import FeatureField, Group

Measure = Literal["log", "relative", "difference"]
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class ChangeField:
    """The change of `series` (after its own transform) against `days` calendar days before.

    The earlier value is the newest of those `days` to `days + tolerance_days` calendar days back;
    with `span` (a calendar span such as `1mo`) it is that of exactly this period instead.
    """

    name: str
    series: str
    measure: Measure
    days: int
    tolerance_days: int
    unit: str
    meaning: str
    group: Group = "macro"
    span: str | None = None

    @property
    def feature(self) -> FeatureField:
        """The panel column that the change becomes."""
        return FeatureField(self.name, self.group, 1, self.unit, self.meaning)


# 20 calendar days back lies at most a long weekend, or the closed week of September 2001, from a session
CHANGE_FIELDS: tuple[ChangeField, ...] = (
    ChangeField(
        "sp500_return_20d", "sp500_close", "log", 20, 7, "log return", "log return of the S&P 500 over 20 calendar days"
    ),
    ChangeField("vix_change_5d", "vix", "difference", 5, 7, "index", "change of the VIX over 5 calendar days, points"),
    ChangeField(
        "us10y_change_20d",
        "us10y_yield",
        "difference",
        20,
        7,
        "percent",
        "change of the 10-year yield over 20 calendar days",
    ),
    ChangeField(
        "dxy_return_20d", "dxy", "log", 20, 7, "log return", "log return of the dollar index over 20 calendar days"
    ),
    ChangeField(
        "gold_return_20d", "gold_price", "log", 20, 7, "log return", "log return of gold over 20 calendar days"
    ),
    ChangeField(
        "oil_change_20d",
        "oil_price",
        "difference",
        20,
        7,
        "USD",
        "change of WTI over 20 calendar days in USD: its price was negative on 2020-04-20, where a ratio means nothing",
    ),
    ChangeField(
        "cpi_yoy_change",
        "cpi_yoy",
        "difference",
        31,
        0,
        "percent",
        "cpi_yoy against that of the month before, percentage points",
        span="1mo",
    ),
    ChangeField(
        "news_sentiment_change_7d",
        "news_sentiment_score",
        "difference",
        7,
        2,
        "score",
        "change of the news tone over 7 calendar days",
        "sentiment",
    ),
    ChangeField(
        "social_sentiment_change_7d",
        "social_sentiment_score",
        "difference",
        7,
        2,
        "score",
        "change of the social tone over 7 calendar days",
        "sentiment",
    ),
    ChangeField(
        "fear_greed_change_7d",
        "fear_greed_index",
        "difference",
        7,
        3,
        "index",
        "change of Fear & Greed over 7 calendar days",
        "sentiment",
    ),
    ChangeField(
        "google_trends_change_30d",
        "google_trends_score",
        "difference",
        28,  # the shortest month: downloads over many years are monthly, shorter ones weekly or daily
        9,
        "index",
        "change of the search interest over a month (28 to 37 days)",
        "sentiment",
    ),
    ChangeField(
        "open_interest_change_7d",
        "open_interest",
        "relative",
        7,
        2,
        "fraction",
        "open interest against 7 days before - 1",
        "derivatives",
    ),
)

FUNDING_MEAN = FeatureField(
    "funding_rate_7d", "derivatives", 1, "fraction", "mean of the funding rates settled in the last 7 days"
)


def change_facts(facts: pl.DataFrame, field: ChangeField) -> pl.DataFrame:
    """`event_at`, `known_at`, `value` of the change of one series with any number of vintages.

    A change is known when both of its values are; a revision of either makes a new one. A log or
    relative change of values that are not both positive does not exist.

    >>> from datetime import UTC, datetime
    >>> days = [datetime(2020, 4, day, tzinfo=UTC) for day in (1, 20, 21)]
    >>> oil = pl.DataFrame({"event_at": days, "known_at": days, "value": [20.28, -36.98, 8.91]})
    >>> by_name = {field.name: field for field in CHANGE_FIELDS}
    >>> change_facts(oil, by_name["oil_change_20d"])["value"].round(2).to_list()
    [-11.37]
    """
    if field.span is not None:
        candidates = calendar_candidates(facts, field.span)
    else:
        candidates = day_candidates(facts, field.days, field.tolerance_days)
    pairs = value_pairs(facts, candidates)
    value, base = pl.col("value"), pl.col("base")
    if field.measure != "difference":
        pairs = pairs.filter((value > 0) & (base > 0))
    change = {"log": (value / base).log(), "relative": value / base - 1, "difference": value - base}[field.measure]
    return pairs.select("event_at", "known_at", change.alias("value"))


def trailing_mean(facts: pl.DataFrame, days: int) -> pl.DataFrame:
    """The mean over the values of the last `days` days, one per value, by event time.

    Each value counts as first published. A window that does not begin within a day of its full
    length has no mean: the series is younger than that, or has a hole.
    """
    points = first_published(facts)
    event = points["event_at"].to_physical().to_numpy()
    value = points["value"].to_numpy()
    start = np.searchsorted(event, event - days * _DAY_US, side="right")
    full = event - event[start] >= (days - 1) * _DAY_US if len(event) else np.zeros(0, dtype=bool)
    stop = np.arange(1, len(event) + 1)
    # each window is summed by itself: a running sum would carry rounding from one to the next
    edges = np.column_stack((start, stop)).ravel()
    sums = np.add.reduceat(np.append(value, 0.0), edges)[::2] if len(event) else np.zeros(0)
    means = pl.Series("value", sums / (stop - start))
    return points.select("event_at", "known_at").with_columns(means).filter(pl.Series(full))
