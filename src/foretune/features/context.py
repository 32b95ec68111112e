"""Joins every context field to the decisions, as of when each was taken. Declares no field and reads no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from foretune.errors import DataError
from foretune.features.change import CHANGE_FIELDS, FUNDING_MEAN, change_facts, trailing_mean
from foretune.features.cross import CORRELATION_FIELDS, correlation_facts
from foretune.features.field import FeatureField
from foretune.features.flags import FLAG_FIELDS, missing_flags
from foretune.features.macro import (
    DERIVATIVE_FIELDS,
    MACRO_FIELDS,
    SENTIMENT_FIELDS,
    SERIES_FIELDS,
    transform_series,
)
from foretune.tables.asof import as_of

YIELD_SLOPE = FeatureField("yield_curve_slope", "macro", 1, "percent", "us10y_yield - us2y_yield, percentage points")

CONTEXT_FIELDS: tuple[FeatureField, ...] = (
    *(field.feature for field in (*MACRO_FIELDS, *SENTIMENT_FIELDS)),
    YIELD_SLOPE,
    *(field.feature for field in CHANGE_FIELDS if field.group == "macro"),
    *(field.feature for field in CORRELATION_FIELDS),
    *(field.feature for field in CHANGE_FIELDS if field.group == "sentiment"),
    *(field.feature for field in DERIVATIVE_FIELDS),
    FUNDING_MEAN,
    *(field.feature for field in CHANGE_FIELDS if field.group == "derivatives"),
    *FLAG_FIELDS,
)
"""All context columns, in the order of the panel."""


@dataclass(frozen=True, slots=True)
class _Column:
    """Facts of one panel column, ready to be joined."""

    facts: pl.DataFrame
    max_age: timedelta


def context_features(decisions: pl.DataFrame, bars: pl.DataFrame, observations: pl.DataFrame) -> pl.DataFrame:
    """Append the columns of `CONTEXT_FIELDS` to `decisions`.

    Args:
        decisions: `symbol` and `decision_at` at least; rows and their order are kept.
        bars: `symbol`, `event_at`, `known_at`, `close` and `split_factor` of the same assets.
        observations: raw levels with the panel's `field`, and `symbol` where they belong to one asset.

    An asset that has its own series for a field uses that series alone, never the one for all
    assets in between: two series in one column would make changes that nobody observed. A field
    without a source is null, and its flag true.

    Raises:
        DataError: a field that no column is made from, a symbol without bars, or two series for
            one field.
    """
    levels = _levels(observations, set(bars["symbol"].unique()))
    shared = {field: facts for (field, symbol), facts in levels.items() if symbol is None}
    slim = decisions.select("symbol", "decision_at").with_row_index("_decision")
    moments = slim.select(pl.col("decision_at").unique().sort())
    joined = slim.join(_join(moments, _columns(shared)), on="decision_at", how="left", maintain_order="left")
    closes = bars.select("symbol", "event_at", "known_at", (pl.col("close") * pl.col("split_factor")).alias("value"))
    parts = []
    for (symbol,), part in joined.group_by("symbol", maintain_order=True):
        own = {field: facts for (field, asset), facts in levels.items() if asset == symbol}
        columns = _columns(own) | _correlations(closes.filter(pl.col("symbol") == symbol), shared | own)
        parts.append(_complete(_join(part, columns)))
    done = (pl.concat(parts) if parts else _complete(joined)).sort("_decision")
    return decisions.hstack(done.select(field.name for field in CONTEXT_FIELDS))


def _levels(observations: pl.DataFrame, symbols: set[str]) -> dict[tuple[str, str | None], pl.DataFrame]:
    """Facts of each (field, symbol), transformed, in a fixed order."""
    levels = {}
    ordered = observations.sort("field", "symbol", "event_at", "known_at")
    for (field, symbol), facts in ordered.group_by("field", "symbol", maintain_order=True):
        spec = SERIES_FIELDS.get(str(field))
        if spec is None:
            raise DataError(
                f"observations name the field '{field}', from which no column is made; "
                f"known: {', '.join(SERIES_FIELDS)}"
            )
        if symbol is not None and symbol not in symbols:
            raise DataError(
                f"observations of '{field}' belong to '{symbol}', but there are bars of {', '.join(sorted(symbols))} "
                "only; give them the symbol of an asset, or none"
            )
        series = facts["series"].unique().sort()
        if len(series) > 1:
            raise DataError(
                f"'{field}' of {symbol or 'all assets'} is fed by {len(series)} series, {', '.join(series[:3])}; "
                "their levels do not compare, so feed it by one"
            )
        key = (str(field), None if symbol is None else str(symbol))
        levels[key] = transform_series(facts, spec.transform)
    return levels


def _columns(levels: Mapping[str, pl.DataFrame]) -> dict[str, _Column]:
    """The columns that follow from series alone."""
    age = {name: series.max_age for name, series in SERIES_FIELDS.items()}
    columns = {name: _Column(facts, age[name]) for name, facts in levels.items()}
    for change in CHANGE_FIELDS:
        if change.series in levels:
            columns[change.name] = _Column(change_facts(levels[change.series], change), age[change.series])
    if "funding_rate" in levels:
        columns[FUNDING_MEAN.name] = _Column(trailing_mean(levels["funding_rate"], 7), age["funding_rate"])
    return columns


def _correlations(closes: pl.DataFrame, levels: Mapping[str, pl.DataFrame]) -> dict[str, _Column]:
    """The correlation columns of one asset."""
    return {
        field.name: _Column(correlation_facts(closes, levels[field.series], field), SERIES_FIELDS[field.series].max_age)
        for field in CORRELATION_FIELDS
        if field.series in levels
    }


def _join(decisions: pl.DataFrame, columns: Mapping[str, _Column]) -> pl.DataFrame:
    decisions = decisions.drop(*columns, strict=False)
    for name, column in columns.items():
        decisions = as_of(decisions, column.facts, column=name, max_age=column.max_age)
    return decisions


def _complete(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what follows from the joined columns, and null columns for what has no source."""
    made = {YIELD_SLOPE.name, *(field.name for field in FLAG_FIELDS)}
    absent = [f.name for f in CONTEXT_FIELDS if f.name not in rows.columns and f.name not in made]
    rows = rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in absent)
    slope = (pl.col("us10y_yield") - pl.col("us2y_yield")).alias(YIELD_SLOPE.name)
    return rows.with_columns(slope, *missing_flags()).select("_decision", *(field.name for field in CONTEXT_FIELDS))
