"""Check of the features against the target: is one so close to it that it must know the future? No test of skill."""

from __future__ import annotations

import math

import polars as pl

from foretune.datasets.effective_sample import independent_blocks
from foretune.features.registry import FIELDS
from foretune.quality.evidence import Evidence
from foretune.quality.result import Detail, GateResult, judge

FEWEST_BLOCKS = 4


def correlations(evidence: Evidence) -> GateResult:
    """Rank correlation of every feature with the target: on all rows, and on one row per horizon.

    The value is the largest of all rows. Overlapping labels make that number look far surer than
    it is, so beside it stands the correlation of rows a whole horizon apart (`blocks`), with the
    size that chance alone stays below for 19 features of 20 at that many independent blocks
    (`chance`). Assets share their days, so more assets do not make more blocks. A feature that
    nearly is the target knows the future. Fooled by a leak that shows on few rows: the audit looks
    for those.
    """
    gates, rows = evidence.gates, evidence.panel.rows
    target = f"target_return_{evidence.horizon_days}d"
    names = [
        field.name
        for field in FIELDS
        if field.group != "flag" and field.name in rows.columns and rows[field.name].null_count() < len(rows)
    ]
    # without splits: labels of neighbouring splits overlap as well
    blocks = independent_blocks(rows.with_columns(pl.lit("all").alias("split")), evidence.horizon_days).get("all", 0)
    chance = 1.96 / math.sqrt(blocks) if blocks >= FEWEST_BLOCKS else None
    each = [pl.corr(pl.col(name), pl.col(target), method="spearman").alias(name) for name in names]
    ranks = rows.select(each).row(0, named=True)
    alone = _apart(rows, evidence.horizon_days + evidence.tolerance_days).select(each).row(0, named=True)
    found: list[Detail] = [
        {"field": name, "all_rows": _number(ranks[name]), "blocks": _number(alone[name]), "chance": chance}
        for name in names
    ]
    found.sort(key=lambda row: (-abs(float(row["all_rows"] or 0)), str(row["field"])))
    largest = abs(float(found[0]["all_rows"] or 0)) if found else None
    over = [row for row in found if abs(float(row["all_rows"] or 0)) > gates.correlation_max]
    band = "no statement" if chance is None else f"±{chance:.2f}"
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
        f"{blocks} independent blocks allow {band} by chance",
        mend="run 'foretune audit': a feature this close to the target looks ahead",
        details=found,
    )


def _apart(rows: pl.DataFrame, days: int) -> pl.DataFrame:
    """The first row of each asset in every stretch of `days` + 1 days."""
    stretch = ((pl.col("decision_at") - pl.col("decision_at").min()).dt.total_days() // (days + 1)).over("asset_symbol")
    ordered = rows.sort("asset_symbol", "decision_at").with_columns(stretch.alias("_stretch"))
    return ordered.unique(["asset_symbol", "_stretch"], keep="first", maintain_order=True)


def _number(value: float | None) -> float | None:
    """None for what has no correlation: a column that does not move."""
    return None if value is None or not math.isfinite(value) else value
