"""Labels that share no day: the sample that a dataset really holds. Nothing is scored here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from foretune.audit.finding import SampleSize


def non_overlapping(
    starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], first: int = 0
) -> npt.NDArray[np.int64]:
    """Positions of labels of one asset, sorted by start, that share no time; the first taken is `first`.

    >>> non_overlapping(np.array([0, 1, 2, 3, 4]), np.array([2, 3, 4, 5, 6])).tolist()
    [0, 2, 4]
    """
    chosen = []
    at = first
    while at < starts.size:
        chosen.append(at)
        at = max(at + 1, int(np.searchsorted(starts, ends[at])))
    return np.array(chosen, dtype=np.int64)


def microseconds(column: pl.Series) -> npt.NDArray[np.int64]:
    """Times as whole microseconds since 1970."""
    return column.dt.epoch("us").to_numpy().astype(np.int64)


def sample_sizes(rows: pl.DataFrame) -> Mapping[str, SampleSize]:
    """Rows, assets and independent blocks per split (`all` where rows carry none)."""
    split = rows if "split" in rows.columns else rows.with_columns(pl.lit("all").alias("split"))
    sizes = {}
    for (name,), part in split.sort("decision_at").group_by("split", maintain_order=True):
        blocks = [
            non_overlapping(microseconds(own["label_start_at"]), microseconds(own["label_end_at"])).size
            for _, own in part.sort("label_start_at").group_by("asset_symbol")
        ]
        sizes[str(name)] = SampleSize(rows=len(part), assets=len(blocks), blocks=max(blocks))
    return sizes
