"""The panel: one row per asset and decision, features known by then, target and label interval.

Rows that cannot be used go to the quarantine with a reason; none disappears.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from pydantic import Field

from foretune.config import Config
from foretune.datasets.facts import Facts
from foretune.datasets.splits import SplitSpec, assign_splits
from foretune.errors import EmptyData
from foretune.features.context import context_features
from foretune.features.kernel import bar_features
from foretune.features.registry import FIELDS
from foretune.origin import Origin
from foretune.tables.corporate_actions import SPLIT_FACTOR, refuse_unadjusted_splits, with_split_factor
from foretune.targets.forward import forward_targets

_RENAMED = {
    "symbol": "asset_symbol",
    "event_at": "timestamp",
    "known_at": "decision_at",
    "asset_class": "asset_class",
    "open": "price_open",
    "high": "price_high",
    "low": "price_low",
    "close": "price_close",
}
_NEEDED = tuple(field for field in FIELDS if field.needed)
_SLOWEST = max(_NEEDED, key=lambda field: field.lookback)


class PanelSpec(Config):
    """What decides the panel's values, beside the facts.

    The target is the price `horizon_days` calendar days after the bar, at most `tolerance_days` late.
    """

    horizon_days: int = Field(90, ge=1, le=3650)
    tolerance_days: int = Field(5, ge=0, le=30)
    split: SplitSpec = SplitSpec()


@dataclass(frozen=True, slots=True)
class Panel:
    """`rows` are labelled and carry a `split`; `quarantine` holds the others with a `reason` instead."""

    rows: pl.DataFrame
    quarantine: pl.DataFrame


def panel_columns(horizon_days: int) -> tuple[str, ...]:
    """The columns of a panel's rows, in order; all of them are always there."""
    return (
        *_RENAMED.values(),
        "volume",
        "volume_quote",
        "source",
        "origin",
        "return_1d_pct",
        *(field.name for field in FIELDS),
        *target_columns(horizon_days),
        "label_start_at",
        "label_end_at",
        "split",
    )


def target_columns(horizon_days: int) -> tuple[str, str, str]:
    """The names of price, log return and percent return at the horizon."""
    h = f"{horizon_days}d"
    return f"target_price_{h}", f"target_return_{h}", f"target_return_pct_{h}"


def build_panel(facts: Facts, spec: PanelSpec) -> Panel:
    """Join facts into a panel with the columns of `panel_columns`.

    A decision is taken when its bar's close is known. Prices stay raw; what compares prices of two
    days (returns, indicators, the target) does so across splits, in units of the row's own day.
    The order of the facts' rows makes no difference.

    Raises:
        EmptyData: no row has both all indicators and a target.
        DataError: a bar stands twice, an equity's prices jump as in a split that is not given, or
            observations belong to no field or asset (see `context_features`).
    """
    bars = with_split_factor(facts.bars.sort("symbol", "event_at"), facts.splits)
    refuse_unadjusted_splits(bars, facts.splits)
    used = {str(origin) for frame in (bars, facts.observations, facts.splits) for origin in frame["origin"].unique()}
    table = forward_targets(
        bar_features(_with_daily_change(bars).to_arrow()),
        horizon_days=spec.horizon_days,
        tolerance_days=spec.tolerance_days,
    )
    rows = pl.from_arrow(table)
    assert isinstance(rows, pl.DataFrame)  # noqa: S101 - a table never becomes a series
    rows = rows.with_columns(
        pl.col("symbol", "asset_class", "source").cast(pl.String),
        pl.col("known_at").alias("decision_at"),
        pl.lit(Origin.combine(Origin(origin) for origin in used).value).alias("origin"),
    )
    rows = context_features(rows, bars, facts.observations).drop("known_at")
    rows = rows.rename({old: new for old, new in _RENAMED.items() if old != "known_at"})
    judged = rows.with_columns(_reason(spec).alias("reason"))
    usable = judged.filter(pl.col("reason").is_null())
    quarantine = judged.filter(pl.col("reason").is_not_null())
    if usable.is_empty():
        reasons = quarantine["reason"].value_counts(sort=True).head(1).rows()
        raise EmptyData(f"none of {len(rows)} rows can be used; most often: {reasons}. Use a longer history")
    columns = panel_columns(spec.horizon_days)
    return Panel(assign_splits(usable, spec.split).select(columns), quarantine.select(*columns[:-1], "reason"))


def coverage(rows: pl.DataFrame) -> dict[str, float]:
    """Share of panel rows that have a value, for each feature that may be missing."""
    optional = [field.name for field in FIELDS if not field.needed and field.group != "flag"]
    return {name: 1 - rows[name].null_count() / len(rows) for name in optional}


def _with_daily_change(bars: pl.DataFrame) -> pl.DataFrame:
    """Add `return_1d_pct` and `_bar`, the number of the bar within its asset, from 1."""
    gap = pl.col("event_at").diff().over("symbol").dt.total_days()
    change = (pl.col("close") * pl.col(SPLIT_FACTOR)).pct_change().over("symbol") * 100
    return bars.with_columns(
        # across a gap the change is not one day's: such a row is quarantined
        pl.when(gap <= _longest_gap()).then(change).alias("return_1d_pct"),
        pl.int_range(1, pl.len() + 1).over("symbol").alias("_bar"),
    )


def _longest_gap() -> pl.Expr:
    """Days between two bars that are no gap: one where the market never closes, a long weekend elsewhere."""
    return pl.when(pl.col("asset_class") == "crypto").then(1).otherwise(5)


def _reason(spec: PanelSpec) -> pl.Expr:
    """Why a row cannot be used; the first reason that holds, null for a row that can."""
    last = spec.horizon_days + spec.tolerance_days
    target, _, _ = target_columns(spec.horizon_days)
    found = (
        pl.when(pl.col("_bar") < _SLOWEST.lookback)
        .then(pl.lit(f"warm-up: {_SLOWEST.name} needs {_SLOWEST.lookback} bars"))
        .when(pl.col("return_1d_pct").is_null())
        .then(pl.lit("bars are missing just before this one: its daily change is not known"))
        .when(pl.col(target).is_null())
        .then(pl.lit(f"no price {spec.horizon_days} to {last} days later"))
        .when(pl.col("volatility_90d") == 0)
        .then(pl.lit("price did not move in 90 bars: a move in standard deviations has no meaning"))
    )
    for field in _NEEDED:
        found = found.when(pl.col(field.name).is_null()).then(pl.lit(f"no value for {field.name}: {field.meaning}"))
    return found
