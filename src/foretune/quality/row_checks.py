"""Checks of the panel as rows: how many bars became one, and why the others did not."""

from __future__ import annotations

import polars as pl

from foretune.features.registry import FIELDS
from foretune.quality.evidence import Evidence
from foretune.quality.result import Detail, GateResult, judge


def completeness(evidence: Evidence) -> GateResult:
    """Share of bars after the warm-up that have every required field; details: coverage of each fed field.

    Required are the fields no row can do without and `required_fields`. It can be fooled by a
    field that is carried on for ever: see `staleness`.
    """
    gates, warm = evidence.gates, evidence.warm
    needed = [field.name for field in FIELDS if field.needed]
    required = [*needed, *(name for name in gates.required_fields if name not in needed)]
    missing = [name for name in required if name not in warm.columns]
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in required if name in warm.columns)
    share = None if warm.is_empty() else 0.0 if missing else float(warm.select(whole.mean()).item())
    rows = evidence.panel.rows
    fed = [field.name for field in FIELDS if field.name in evidence.fed or field.name in gates.required_fields]
    details: list[Detail] = [
        {"field": name, "coverage": 1 - rows[name].null_count() / max(1, len(rows))} for name in fed if name in rows
    ]
    unknown = f"; no such field: {', '.join(missing)}" if missing else ""
    return judge(
        gates,
        "completeness",
        missed=None if share is None else share < gates.completeness_min,
        value=share,
        threshold=gates.completeness_min,
        unit="share of bars",
        what=f"{_percent(share)} of {len(warm):,} bars after the warm-up have all {len(required)} required fields"
        + unknown,
        mend="begin later, drop the field from required_fields, or give it a source that covers the span",
        details=sorted(details, key=lambda row: (row["coverage"], row["field"])),
    )


def target_coverage(evidence: Evidence) -> GateResult:
    """Share of bars old enough to have a target that have one.

    The last horizon of each asset has none by nature and is not counted.
    """
    gates = evidence.gates
    target = f"target_price_{evidence.horizon_days}d"
    old = evidence.judged.filter("old_enough")
    share = None if old.is_empty() else 1 - old[target].null_count() / len(old)
    per_asset = (
        old.group_by("asset_symbol")
        .agg(pl.col(target).is_not_null().mean().alias("share"))
        .sort("share", "asset_symbol")
    )
    return judge(
        gates,
        "target_coverage",
        missed=None if share is None else share < gates.target_coverage_min,
        value=share,
        threshold=gates.target_coverage_min,
        unit="share of bars",
        what=f"{_percent(share)} of {len(old):,} bars old enough to have a target have one",
        mend="raise tolerance_days, or leave out the asset whose prices are missing",
        details=[{"asset": name, "share": value} for name, value in per_asset.rows()],
    )


def quarantine(evidence: Evidence) -> GateResult:
    """Share of bars after the warm-up and old enough that make no row, and every reason with its count."""
    gates = evidence.gates
    due = evidence.warm.filter("old_enough")
    share = None if due.is_empty() else 1 - due["reason"].null_count() / len(due)
    reasons = evidence.panel.quarantine["reason"].value_counts().rename({"count": "rows"})
    turned_away = evidence.rejected.select(pl.concat_str("table", pl.lit(": "), "reason").alias("reason"))[
        "reason"
    ].value_counts(name="rows")
    counted = pl.concat([reasons, turned_away]).sort(["rows", "reason"], descending=[True, False])
    return judge(
        gates,
        "quarantine",
        missed=None if share is None else share > gates.quarantine_share_max,
        value=share,
        threshold=gates.quarantine_share_max,
        unit="share of bars",
        what=f"{_percent(share)} of {len(due):,} bars that could have been rows are put aside",
        mend="look at the reasons in quarantine.parquet and rejected.parquet",
        details=[{"reason": reason, "rows": rows} for reason, rows in counted.rows()],
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"
