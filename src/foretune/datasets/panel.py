"""The panel: one row per asset and decision, features known by then, target and label interval.

Rows that cannot be used go to the quarantine with a reason; none disappears.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from foretune.datasets.splits import SplitSpec, assign_splits
from foretune.errors import EmptyData
from foretune.features.kernel import technical_features
from foretune.features.macro import SERIES_FIELDS, transform_series
from foretune.features.technical import TECHNICAL_FIELDS
from foretune.origin import Origin
from foretune.tables.asof import as_of
from foretune.tables.corporate_actions import refuse_unadjusted_splits
from foretune.targets.forward import forward_targets


@dataclass(frozen=True, slots=True)
class Panel:
    """`rows` are labelled and carry a split; `quarantine` holds the others with `reason`."""

    rows: pl.DataFrame
    quarantine: pl.DataFrame


def build_panel(
    bars: pl.DataFrame,
    series: Mapping[str, pl.DataFrame],
    asset_series: Mapping[str, Mapping[str, pl.DataFrame]],
    *,
    split: SplitSpec,
    horizon_days: int = 90,
    tolerance_days: int = 5,
) -> Panel:
    """Join facts into a panel.

    Args:
        bars: `Bars` of all assets.
        series: field name (a key of `SERIES_FIELDS`) to the `Observations` it is made from.
        asset_series: the same for fields that belong to one asset, by asset symbol.
        split: how to cut the time span.
        horizon_days: calendar days the target looks ahead.
        tolerance_days: how late the target bar may be.

    A decision is taken when its bar's close is known. The symbols' own names, the guide's field
    names, and `decision_at`, `label_start_at`, `label_end_at`, `split`, `origin` are columns.

    Raises:
        EmptyData: no row has both all indicators and a target.
        DataError: an equity's raw prices jump as in a split.
    """
    ordered = bars.sort("symbol", "event_at")
    refuse_unadjusted_splits(ordered)
    gap = pl.col("event_at").diff().over("symbol").dt.total_days()
    table = ordered.with_columns(
        # across a gap the change is not one day's: such a row is quarantined below
        pl.when(gap <= _longest_gap()).then(pl.col("close").pct_change().over("symbol") * 100).alias("return_1d_pct"),
    ).to_arrow()
    table = forward_targets(technical_features(table), horizon_days=horizon_days, tolerance_days=tolerance_days)
    rows = pl.from_arrow(table)
    assert isinstance(rows, pl.DataFrame)  # noqa: S101 - a table never becomes a series
    rows = rows.rename(
        {
            "event_at": "timestamp",
            "known_at": "decision_at",
            "symbol": "asset_symbol",
            "open": "price_open",
            "high": "price_high",
            "low": "price_low",
            "close": "price_close",
        }
    ).with_columns(pl.col("asset_symbol").cast(pl.String))
    used = [Origin(o) for o in ordered["origin"].unique()]
    for field, facts in series.items():
        rows = _join(rows, field, facts)
        used += [Origin(o) for o in facts["origin"].unique()]
    names = sorted({field for fields in asset_series.values() for field in fields})
    if names:
        parts = []
        for (symbol,), part in rows.group_by("asset_symbol", maintain_order=True):
            own = asset_series.get(str(symbol), {})
            for field in names:
                if field in own:
                    part = _join(part, field, own[field])
                    used += [Origin(o) for o in own[field]["origin"].unique()]
                else:
                    part = part.with_columns(pl.lit(None, dtype=pl.Float64).alias(field))
            parts.append(part)
        rows = pl.concat(parts)
    rows = rows.with_columns(pl.lit(Origin.combine(used).value).alias("origin"))

    target = f"target_price_{horizon_days}d"
    slowest = max(TECHNICAL_FIELDS, key=lambda field: field.lookback)
    reason = (
        pl.when(pl.any_horizontal(pl.col(field.name).is_null() for field in TECHNICAL_FIELDS))
        .then(pl.lit(f"warm-up: {slowest.name} needs {slowest.lookback} bars"))
        .when(pl.col("return_1d_pct").is_null())
        .then(pl.lit("bars are missing just before this one: its daily change is not known"))
        .when(pl.col(target).is_null())
        .then(pl.lit(f"no price {horizon_days} to {horizon_days + tolerance_days} days later"))
        .when(pl.col("volatility_90d") == 0)
        .then(pl.lit("price did not move in 90 bars: a move in standard deviations has no meaning"))
    )
    judged = rows.with_columns(reason.alias("reason"))
    usable = judged.filter(pl.col("reason").is_null()).drop("reason")
    quarantine = judged.filter(pl.col("reason").is_not_null())
    if usable.is_empty():
        reasons = quarantine["reason"].value_counts(sort=True).head(1).rows()
        raise EmptyData(f"none of {len(rows)} rows can be used; most often: {reasons}. Use a longer history")
    return Panel(assign_splits(usable, split), quarantine)


def _longest_gap() -> pl.Expr:
    """Days between two bars that are no gap: one where the market never closes, a long weekend elsewhere."""
    return pl.when(pl.col("asset_class") == "crypto").then(1).otherwise(5)


def coverage(rows: pl.DataFrame) -> dict[str, float]:
    """Share of panel rows that have a value, per optional field present."""
    fields = [name for name in SERIES_FIELDS if name in rows.columns]
    return {name: 1 - rows[name].null_count() / len(rows) for name in fields}


def _join(rows: pl.DataFrame, field: str, facts: pl.DataFrame) -> pl.DataFrame:
    spec = SERIES_FIELDS[field]
    return as_of(rows, transform_series(facts, spec.transform), column=field, max_age=spec.max_age)
