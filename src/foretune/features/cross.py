"""Rolling correlations of an asset with the markets the guide names, computed on facts. Joins no decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foretune.features.context_vintages import first_published
from foretune.features.field import FeatureField

Move = Literal["log", "difference"]
Array = NDArray[np.float64]

PAIRS = 30
"""Pairs of daily moves in a correlation."""

LONGEST_GAP = timedelta(days=7)
"""Two observations further apart than this make no move: it would be several weeks' in one."""


@dataclass(frozen=True, slots=True)
class CorrelationField:
    """The correlation of the asset's log returns with the moves of `series`, measured as `move`."""

    name: str
    series: str
    move: Move
    meaning: str

    @property
    def feature(self) -> FeatureField:
        """The panel column that the correlation becomes."""
        return FeatureField(self.name, "cross", PAIRS + 1, "correlation", self.meaning)


def _field(short: str, series: str, move: Move, what: str) -> CorrelationField:
    return CorrelationField(
        f"corr_{short}_30d", series, move, f"Pearson correlation of 30 daily log returns with {what}"
    )


CORRELATION_FIELDS: tuple[CorrelationField, ...] = (
    _field("sp500", "sp500_close", "log", "those of the S&P 500"),
    _field("vix", "vix", "log", "those of the VIX"),
    _field("us10y", "us10y_yield", "difference", "the changes of the 10-year yield"),
    _field("gold", "gold_price", "log", "those of gold"),
)


def correlation_facts(closes: pl.DataFrame, facts: pl.DataFrame, field: CorrelationField) -> pl.DataFrame:
    """The correlation after each common day of an asset and a series: `event_at`, `known_at`, `value`.

    Args:
        closes: `event_at`, `known_at`, `value` of one asset, comparable across splits.
        facts: the same of the series; each day counts as first published.
        field: which series it is, and how its moves are measured.

    Both are taken at the days on which both have a value, so a weekend is one move on either side.
    A correlation covers the last 30 moves and is known when the later-known of its last two values
    is; with fewer moves, or where one side did not move at all, there is none.
    """
    own = first_published(closes).select(pl.col("event_at").dt.truncate("1d"), "known_at", "value")
    other = first_published(facts).select(
        pl.col("event_at").dt.truncate("1d"), pl.col("known_at").alias("_known"), pl.col("value").alias("_value")
    )
    if field.move == "log":
        other = other.filter(pl.col("_value") > 0)
    days = own.unique("event_at", keep="first", maintain_order=True).join(
        other.unique("event_at", keep="first", maintain_order=True), on="event_at", how="inner", maintain_order="left"
    )
    pairs = days.select(
        "event_at",
        pl.max_horizontal("known_at", "_known").alias("known_at"),
        pl.col("value").log().diff().alias("own"),
        (pl.col("_value").log() if field.move == "log" else pl.col("_value")).diff().alias("other"),
        (pl.col("event_at").diff() <= LONGEST_GAP).alias("_near"),
    ).filter(pl.col("_near"))
    if len(pairs) < PAIRS:
        return pairs.clear().select("event_at", "known_at", pl.col("own").alias("value"))
    value = _rolling_pearson(pairs["own"].to_numpy(), pairs["other"].to_numpy())
    return (
        pairs.tail(len(pairs) - PAIRS + 1)
        .select("event_at", "known_at", pl.Series("value", value, nan_to_null=True))
        .drop_nulls("value")
    )


def _rolling_pearson(x: Array, y: Array) -> Array:
    """Pearson's r of every window of `PAIRS` pairs, each from its own means; NaN where one side is constant."""
    sides = []
    for values in (x, y):
        windows = np.lib.stride_tricks.sliding_window_view(values, PAIRS)
        centred = windows - windows.mean(axis=1, keepdims=True)
        scale = np.sqrt((centred * centred).sum(axis=1))
        # rounding leaves a constant side a spread of its last bit: that is none
        scale[scale <= 1e-12 * np.abs(windows).max(axis=1)] = np.nan
        sides.append(centred / scale[:, None])
    r: Array = np.clip((sides[0] * sides[1]).sum(axis=1), -1.0, 1.0)
    return r
