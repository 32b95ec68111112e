"""Check: the target is the price observed one horizon later, in all its forms. Looks ahead, as targets do."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from foretune.audit.dataset import AuditedDataset
from foretune.audit.finding import Finding, Status
from foretune.tables.corporate_actions import SPLIT_FACTOR, with_split_factor

CHECK = "target"
_RELATIVE = 1e-9
_SESSION_SLACK = timedelta(hours=6)
"""Closing hours move with daylight saving and half days, so two closes are not whole days apart."""


def check_target(data: AuditedDataset, tolerance_days: int = 5) -> list[Finding]:
    """Price, log and percent return agree; the interval is the horizon; the price stands in the facts.

    With facts, a target price must be the close of the asset's first bar at or after
    `timestamp + horizon`, at most `tolerance_days` later, in the units of the row's own day (closes
    times the splits in between), and `label_end_at` the moment that bar was known.
    """
    return [*_consistent(data), *_interval(data, tolerance_days), *_observed(data, tolerance_days)]


def _consistent(data: AuditedDataset) -> list[Finding]:
    horizon, rows = data.horizon_days, data.rows
    price, percent = f"target_price_{horizon}d", f"target_return_pct_{horizon}d"
    if price not in rows.columns or "price_close" not in rows.columns:
        return [_skip(f"no {price} and price_close: the return cannot be worked out again")]
    simple = pl.col(price) / pl.col("price_close")
    wrong = _far(pl.col(data.target), simple.log())
    if percent in rows.columns:
        wrong = wrong | _far(pl.col(percent), (simple - 1) * 100)
    return [
        _verdict(
            rows.filter(wrong),
            len(rows),
            bad="whose return is not that of the target price",
            good="price, log and percent return agree",
            mend=f"make {data.target} the logarithm of {price} / price_close, and the percent from the same price",
        )
    ]


def _interval(data: AuditedDataset, tolerance_days: int) -> list[Finding]:
    if data.derived_labels:
        return []
    span = f"{data.horizon_days} to {data.horizon_days + tolerance_days} days"
    length = pl.col("label_end_at") - pl.col("label_start_at")
    least = timedelta(days=data.horizon_days) - _SESSION_SLACK
    most = timedelta(days=data.horizon_days + tolerance_days) + _SESSION_SLACK
    wrong = ~length.is_between(least, most) | (pl.col("label_start_at") < pl.col("decision_at"))
    return [
        _verdict(
            data.rows.filter(wrong),
            len(data.rows),
            bad=f"whose label does not cover {span} from the decision",
            good=f"labels cover {span} from the decision",
            mend="label_start_at is the decision, label_end_at the moment the target's close was known",
        )
    ]


def _observed(data: AuditedDataset, tolerance_days: int) -> list[Finding]:
    price = f"target_price_{data.horizon_days}d"
    needed = [name for name in ("timestamp", price) if name not in data.rows.columns]
    if data.facts is None:
        return [_skip("no facts/: the target price cannot be compared with the observed close")]
    if needed:
        return [_skip(f"no column {', '.join(needed)}: the target price cannot be looked up in the facts")]
    bars = with_split_factor(data.facts.bars, data.facts.splits).select(
        pl.col("symbol").cast(pl.String).alias("asset_symbol"),
        pl.col("event_at").alias("_due"),
        pl.col("known_at").alias("_known"),
        pl.col("close").alias("_close"),
        pl.col(SPLIT_FACTOR).alias("_factor"),
    )
    own = bars.select("asset_symbol", pl.col("_due").alias("timestamp"), pl.col("_factor").alias("_own_factor"))
    rows = (
        data.rows.join(own, on=["asset_symbol", "timestamp"], how="left")
        .with_columns((pl.col("timestamp") + pl.duration(days=data.horizon_days)).alias("_due"))
        .sort("_due")
        .join_asof(
            bars.sort("_due"),
            on="_due",
            by="asset_symbol",
            strategy="forward",
            tolerance=timedelta(days=tolerance_days),
            check_sortedness=False,
        )
    )
    factor = pl.col("_factor") / pl.col("_own_factor")
    wrong = pl.col("_close").is_null() | _far(pl.col(price), pl.col("_close") * factor)
    if not data.derived_labels:
        wrong = wrong | (pl.col("label_end_at") != pl.col("_known"))
    return [
        _verdict(
            rows.filter(wrong).sort("decision_at"),
            len(rows),
            bad="whose target is not the price observed",
            good="every target is the close observed one horizon later",
            mend="take the close of the first bar at or after the horizon; never fill, smooth or model a target",
        )
    ]


def _far(found: pl.Expr, expected: pl.Expr) -> pl.Expr:
    return ((found - expected).abs() > _RELATIVE * pl.max_horizontal(expected.abs(), pl.lit(1e-3))).fill_null(True)


def _verdict(wrong: pl.DataFrame, total: int, *, bad: str, good: str, mend: str) -> Finding:
    if wrong.is_empty():
        return Finding(check=CHECK, status=Status.OK, what=good, detail=f"{total:,} rows")
    row = wrong.row(0, named=True)
    return Finding(
        check=CHECK,
        status=Status.LEAK,
        what=f"{len(wrong):,} of {total:,} rows {bad}",
        detail=f"first: {row['asset_symbol']} decided {row['decision_at']:%Y-%m-%d %H:%M}",
        mend=mend,
        figures={"rows": len(wrong)},
    )


def _skip(what: str) -> Finding:
    return Finding(
        check=CHECK, status=Status.SKIPPED, what=what, mend="keep the facts and the target price in the dataset"
    )
