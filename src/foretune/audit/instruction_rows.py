"""Check: the instruction rows keep to the panel's splits. The text of the rows is not read."""

from __future__ import annotations

import polars as pl

from foretune.audit.dataset import AuditedDataset
from foretune.audit.finding import Finding, Status
from foretune.audit.split_order import check_split_order
from foretune.datasets.example import FILE_NAME
from foretune.datasets.parquet import read_built

CHECK = "instruction rows"

_UTC_US = pl.Datetime("us", "UTC")
_COLUMNS = {
    "id": pl.String(),
    "split": pl.String(),
    "symbol": pl.String(),
    "decision_at": _UTC_US,
    "label_end_at": _UTC_US,
}


def check_instruction_rows(data: AuditedDataset) -> list[Finding]:
    """Each example stands once, in the split of its panel row, and no label reaches into a later split.

    Raises:
        DataError: `examples.parquet` is damaged.
    """
    path = data.folder / FILE_NAME
    if not path.is_file():
        return [
            Finding(check=CHECK, status=Status.SKIPPED, what=f"no {FILE_NAME} here", mend="audit a folder of rows too")
        ]
    examples = read_built(path, _COLUMNS)
    return [*_order(examples), *_once(examples), *_as_the_panel(examples, data.rows)]


def _order(examples: pl.DataFrame) -> list[Finding]:
    # an answer that uses nothing of the future covers no time after its decision
    times = examples.with_columns(pl.col("label_end_at").fill_null(pl.col("decision_at")))
    named = times.rename({"symbol": "asset_symbol"})
    return [
        finding.model_copy(update={"check": CHECK})
        for finding in check_split_order(named)
        if finding.status is not Status.SKIPPED
    ]


def _once(examples: pl.DataFrame) -> list[Finding]:
    twice = examples.filter(pl.col("id").is_duplicated()).sort("id")
    if twice.is_empty():
        return []
    across = twice.group_by("id").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1).height
    return [
        Finding(
            check=CHECK,
            status=Status.LEAK if across else Status.WARNING,
            what=f"{twice['id'].n_unique():,} examples stand twice, {across:,} of them in two splits",
            detail=f"first: {twice['id'][0]}",
            mend="give each example once, in the split of its panel row",
            figures={"across_splits": across},
        )
    ]


def _as_the_panel(examples: pl.DataFrame, rows: pl.DataFrame) -> list[Finding]:
    if "split" not in rows.columns:
        return []
    own = rows.select(pl.col("asset_symbol").alias("symbol"), "decision_at", pl.col("split").alias("_panel"))
    judged = examples.join(own, on=["symbol", "decision_at"], how="left")
    moved = judged.filter(pl.col("split").ne_missing(pl.col("_panel"))).sort("decision_at")
    if moved.is_empty():
        return [
            Finding(
                check=CHECK, status=Status.OK, what=f"{len(examples):,} examples are in the split of their panel row"
            )
        ]
    row = moved.row(0, named=True)
    return [
        Finding(
            check=CHECK,
            status=Status.LEAK,
            what=f"{len(moved):,} of {len(examples):,} examples are not in the split of their panel row",
            detail=f"first: {row['id']} is in {row['split']}, its row in {row['_panel'] or 'no split'}",
            mend="take the split from the panel; never split examples by themselves",
            figures={"rows": len(moved)},
        )
    ]
