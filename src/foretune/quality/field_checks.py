"""Checks of the feature columns: wild values, values that are missing because they grew old, odd correlations."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from foretune.datasets.effective_sample import independent_blocks
from foretune.features.macro import SERIES_FIELDS
from foretune.features.registry import FIELDS
from foretune.quality.evidence import Evidence
from foretune.quality.result import Detail, GateResult, judge

WORST = 20
MAD_TO_SIGMA = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""
FEWEST_VALUES = 30


def numeric_features(rows: pl.DataFrame) -> list[str]:
    """Feature columns of the panel that hold numbers, in column order."""
    return [field.name for field in FIELDS if field.group != "flag" and field.name in rows.columns]


def outliers(evidence: Evidence) -> GateResult:
    """Per field and asset, the share of values further than `outlier_distance` robust deviations from the median.

    Robust: median and median absolute deviation, which wild values do not move. The value is the
    worst share. Levels that grow (a price, a moving average) spread widely by nature; they are
    left to `unit_breaks`. A field that hardly ever moves has no deviation and is left out.
    """
    gates, rows = evidence.gates, evidence.panel.rows
    levels = {field.name for field in FIELDS if field.unit in ("price", "USD")}
    names = [name for name in numeric_features(rows) if name not in levels]
    found: list[Detail] = []
    for (asset,), part in rows.group_by("asset_symbol", maintain_order=True):
        for name in names:
            values = part[name].drop_nulls().to_numpy()
            if len(values) < FEWEST_VALUES:
                continue
            middle = float(np.median(values))
            deviation = MAD_TO_SIGMA * float(np.median(np.abs(values - middle)))
            if deviation <= 0:
                continue
            distance = np.abs(values - middle) / deviation
            share = float((distance > gates.outlier_distance).mean())
            if share > 0:
                found.append({"asset": str(asset), "field": name, "share": share, "furthest": float(distance.max())})
    found.sort(key=lambda row: (-float(row["share"] or 0), str(row["asset"]), str(row["field"])))
    worst = float(found[0]["share"] or 0) if found else 0.0
    over = [row for row in found if float(row["share"] or 0) > gates.outlier_share_max]
    return judge(
        gates,
        "outliers",
        missed=bool(over),
        value=worst,
        threshold=gates.outlier_share_max,
        unit="share of values",
        what=f"{len(over)} fields of an asset hold more than {gates.outlier_share_max:.0%} outliers"
        if over
        else f"at most {worst:.2%} of any field's values are further than {gates.outlier_distance:g} robust deviations",
        mend="look at the days; scale such a field by ranks before a linear model sees it",
        details=found[:WORST],
    )


def staleness(evidence: Evidence) -> GateResult:
    """Share of rows in which a fed field is null although the series had begun: its newest value was too old.

    The value is the worst field's share. Rows before a series begins are not stale, they are
    missing: see `completeness`. A series that still answers, but with the same number for weeks,
    is not found by age: its longest unchanged run is among the details.
    """
    gates, rows = evidence.gates, evidence.panel.rows
    found: list[Detail] = []
    for name in evidence.fed:
        facts = evidence.facts.observations.filter(pl.col("field") == name)
        for (symbol,), part in facts.group_by("symbol", maintain_order=True):
            own = rows if symbol is None else rows.filter(pl.col("asset_symbol") == symbol)
            began = own.filter(pl.col("decision_at") >= part["known_at"].min())
            if began.is_empty() or name not in began.columns:
                continue
            newest = part.sort("known_at")["known_at"][-1]
            days = part.sort("event_at", "known_at").unique("event_at", keep="last", maintain_order=True)
            run = int(days["value"].rle().struct.field("len").max() or 0)  # type: ignore[arg-type]
            found.append(
                {
                    "field": name if symbol is None else f"{symbol}.{name}",
                    "stale_share": began[name].null_count() / len(began),
                    "newest_known": str(newest)[:10],
                    "max_age_days": SERIES_FIELDS[name].max_age.days,
                    "longest_unchanged": run,
                }
            )
    found.sort(key=lambda row: (-float(row["stale_share"] or 0), str(row["field"])))
    worst = float(found[0]["stale_share"] or 0) if found else None
    over = [row for row in found if float(row["stale_share"] or 0) > gates.stale_share_max]
    return judge(
        gates,
        "staleness",
        missed=None if worst is None else bool(over),
        value=worst,
        threshold=gates.stale_share_max,
        unit="share of rows",
        what=f"{', '.join(str(row['field']) for row in over)}: too old in more than {gates.stale_share_max:.0%} of rows"
        if over
        else "no field is too old in more rows than allowed",
        mend="the series stopped or skips: feed the field from another source",
        details=found,
    )


def correlations(evidence: Evidence) -> GateResult:
    """Rank correlation of every feature with the target: on all rows, and on one row per horizon.

    The value is the largest of all rows. Overlapping labels make that number look far surer than
    it is, so beside it stands the correlation of rows a whole horizon apart (`blocks`), with the
    size that chance alone reaches in one field of twenty at that many independent blocks
    (`chance`). A feature that nearly is the target knows the future.
    """
    gates, rows = evidence.gates, evidence.panel.rows
    target = f"target_return_{evidence.horizon_days}d"
    names = [name for name in numeric_features(rows) if rows[name].null_count() < len(rows)]
    apart = _one_per_horizon(rows, evidence.horizon_days)
    blocks = sum(independent_blocks(rows, evidence.horizon_days).values())
    chance = 1.96 / math.sqrt(blocks) if blocks > 3 else None
    ranks = rows.select(pl.corr(pl.col(name), pl.col(target), method="spearman").alias(name) for name in names).row(
        0, named=True
    )
    alone = apart.select(pl.corr(pl.col(name), pl.col(target), method="spearman").alias(name) for name in names).row(
        0, named=True
    )
    found: list[Detail] = [
        {"field": name, "all_rows": _number(ranks[name]), "blocks": _number(alone[name]), "chance": chance}
        for name in names
    ]
    found.sort(key=lambda row: (-abs(float(row["all_rows"] or 0)), str(row["field"])))
    largest = abs(float(found[0]["all_rows"] or 0)) if found else None
    over = [row for row in found if abs(float(row["all_rows"] or 0)) > gates.correlation_max]
    return judge(
        gates,
        "correlations",
        missed=None if largest is None else bool(over),
        value=largest,
        threshold=gates.correlation_max,
        unit="|rank correlation|",
        what=f"{', '.join(str(row['field']) for row in over)} all but equal the target"
        if over
        else f"the largest is {0.0 if largest is None else largest:.2f} on overlapping rows; "
        f"{blocks} independent blocks allow {'no statement' if chance is None else f'±{chance:.2f}'} by chance",
        mend="run 'foretune audit': a feature this close to the target looks ahead",
        details=found,
    )


def _one_per_horizon(rows: pl.DataFrame, horizon_days: int) -> pl.DataFrame:
    """Rows of each asset whose label intervals do not overlap, the earliest first."""
    bucket = (pl.col("decision_at") - pl.col("decision_at").min()).dt.total_days() // (horizon_days + 1)
    first = rows.sort("asset_symbol", "decision_at").with_columns(bucket.over("asset_symbol").alias("_bucket"))
    return first.unique(["asset_symbol", "_bucket"], keep="first", maintain_order=True).drop("_bucket")


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
