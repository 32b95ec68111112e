"""Checks of the splits by the time labels cover: order, purge, embargo, and rows told twice. No model is fitted."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import polars as pl

from foretune.audit.dataset import KEY, AuditedDataset, feature_columns
from foretune.audit.finding import Finding, Status, named

ORDER = "split order"
LABELS = "label intervals"
DOUBLES = "rows told twice"
_SPLITS = ("train", "validation", "test")


def check_label_intervals(data: AuditedDataset) -> list[Finding]:
    """Every row says which time its label covers; where it does not, the horizon is taken."""
    if data.derived_labels == 0:
        return [Finding(check=LABELS, status=Status.OK, what="every row says which time its label covers")]
    return [
        Finding(
            check=LABELS,
            status=Status.WARNING,
            what=f"{data.derived_labels:,} of {len(data.rows):,} rows do not say which time their label covers",
            detail=f"taken here as the decision and {data.horizon_days} days after it; a later price goes unseen",
            mend="keep label_start_at and label_end_at, the times the two prices of the target were known",
            figures={"rows": data.derived_labels},
        )
    ]


def check_split_order(rows: pl.DataFrame, embargo_days: int = 0) -> list[Finding]:
    """No label of an earlier split ends after the first decision of a later one.

    `rows` need `split`, `decision_at`, `label_end_at`. Splits are dates, not shuffled rows: where
    decisions of two splits interleave that is said as such, because purging then leaves nothing.
    A gap below `embargo_days`, the embargo the dataset declares, is a warning.
    """
    if "split" not in rows.columns:
        return [
            Finding(
                check=ORDER,
                status=Status.SKIPPED,
                what="rows carry no split",
                mend="split by date with purge and embargo, as foretune.datasets.splits.assign_splits does",
            )
        ]
    present = [name for name in _SPLITS if rows.filter(pl.col("split") == name).height]
    embargo = timedelta(days=embargo_days)
    found = [_pair(rows, earlier, later, embargo) for earlier, later in itertools.combinations(present, 2)]
    if not found:
        what = f"only the split {named(present)} is here" if present else "none of the splits train, validation, test"
        return [Finding(check=ORDER, status=Status.SKIPPED, what=what, mend="audit the whole dataset at once")]
    return found


def _pair(rows: pl.DataFrame, earlier: str, later: str, embargo: timedelta) -> Finding:
    first, second = (rows.filter(pl.col("split") == name) for name in (earlier, later))
    begins, last, ends = (
        _time(second["decision_at"].min()),
        _time(second["decision_at"].max()),
        _time(first["label_end_at"].max()),
    )
    after = first.filter(pl.col("decision_at") > begins).height
    reaching = first.filter(pl.col("label_end_at") >= begins)
    figures = {"overlapping_rows": float(reaching.height), "rows_after": float(after)}
    if after:
        return Finding(
            check=ORDER,
            status=Status.LEAK,
            what=f"{earlier} and {later} are shuffled into each other",
            detail=f"{after:,} of {first.height:,} {earlier} rows are decided after the first {later} row "
            f"({begins:%Y-%m-%d}; its last is {last:%Y-%m-%d}), {reaching.height:,} labels overlap its span",
            mend="split by date: all training rows first, then purge by label interval and keep an embargo",
            figures=figures,
        )
    if reaching.height:
        row = reaching.sort("label_end_at").row(-1, named=True)
        return Finding(
            check=ORDER,
            status=Status.LEAK,
            what=f"{reaching.height:,} {earlier} labels overlap {later}: no purge",
            detail=f"{row['asset_symbol']} decided {row['decision_at']:%Y-%m-%d} has a label until "
            f"{row['label_end_at']:%Y-%m-%d}, {later} begins {begins:%Y-%m-%d}",
            mend="drop the rows whose label interval reaches into the next split; purge in time, not by row count",
            figures=figures,
        )
    gap = begins - ends
    words = f"{earlier} labels end {ends:%Y-%m-%d}, {later} begins {begins:%Y-%m-%d}"
    figures["gap_days"] = gap / timedelta(days=1)
    if embargo and gap <= embargo:
        return Finding(
            check=ORDER,
            status=Status.WARNING,
            what=f"the embargo between {earlier} and {later} is shorter than the declared {embargo.days} days",
            detail=words,
            mend="drop the rows of the earlier split that end within the embargo",
            figures=figures,
        )
    return Finding(
        check=ORDER, status=Status.OK, what=f"{earlier} is over before {later} begins", detail=words, figures=figures
    )


def _time(value: object) -> datetime:
    """An extreme of a column of times that is not empty."""
    assert isinstance(value, datetime)  # noqa: S101 - columns were checked when they were read
    return value


def check_doubles(rows: pl.DataFrame) -> list[Finding]:
    """No asset and day stands twice, and no row's numbers stand in two splits under other names."""
    findings = []
    split = pl.col("split") if "split" in rows.columns else pl.lit("all")
    kept = rows.with_columns(split.alias("_split"))
    by_key = kept.group_by(KEY).agg(pl.len(), pl.col("_split").unique().sort()).filter(pl.col("len") > 1).sort(KEY)
    features = [name for name in feature_columns(rows) if rows[name].null_count() < len(rows)]
    if by_key.height:
        findings.append(_doubles(by_key, "asset and decision time"))
    if features:
        content = kept.with_columns(pl.struct(features).hash().alias("_content")).join(
            by_key.select(KEY), on=KEY, how="anti"
        )
        same = (
            content.group_by("_content")
            .agg(pl.len(), pl.col("_split").unique().sort(), pl.col("asset_symbol", "decision_at").first())
            .filter(pl.col("_split").list.len() > 1)
            .sort(KEY)
        )
        if same.height:
            findings.append(_doubles(same, "numbers under another asset or time"))
    return findings or [Finding(check=DOUBLES, status=Status.OK, what=f"{len(rows):,} rows, each once")]


def _doubles(groups: pl.DataFrame, what: str) -> Finding:
    across = groups.filter(pl.col("_split").list.len() > 1)
    shown = (across if across.height else groups).row(0, named=True)
    where = " and ".join(shown["_split"])
    return Finding(
        check=DOUBLES,
        status=Status.LEAK if across.height else Status.WARNING,
        what=f"{across.height or groups.height:,} rows stand twice, "
        + (f"in {where}" if across.height else f"within {where}")
        + f": same {what}",
        detail=f"{shown['asset_symbol']} {shown['decision_at']:%Y-%m-%d %H:%M} first",
        mend="drop the doubles before splitting, so that no split holds a row of another",
        figures={"across_splits": across.height, "all": groups.height},
    )
