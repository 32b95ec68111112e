"""Check: no column was scaled by a mean, deviation or range of rows that come later. Needs no facts."""

from __future__ import annotations

import numpy as np
import polars as pl

from foretune.audit.dataset import AuditedDataset, matrix
from foretune.audit.finding import Finding, Status, named
from foretune.audit.ranks import Array

CHECK = "scaled on all rows"
_EXACT = 1e-6
_FEWEST_VALUES = 30
"""Below that many different values a column is a flag or a grade."""


def check_scaling(data: AuditedDataset) -> list[Finding]:
    """Find the trace that a scaler fitted on all rows leaves: exact moments over all rows together.

    A column with mean 0 and deviation 1 to six decimals over all rows (or over all rows of an
    asset), or one that spans exactly 0 to 1 (or -1 to 1) without reaching both ends in the training
    rows, was scaled with test rows in hand. Measured values are never that exact by chance.
    """
    rows = data.rows
    if "split" not in rows.columns or rows["split"].n_unique() < 2:
        return [
            Finding(check=CHECK, status=Status.SKIPPED, what="needs a split to tell later rows", mend="split by date")
        ]
    # purged rows may have been in the scaler's hands, or dropped before: both are looked at
    kept = rows.filter(pl.col("split").is_in(["train", "validation", "test"]))
    found: dict[str, str] = {}
    for part in (rows, kept):
        train = (part["split"] == "train").to_numpy()
        groups = [np.ones(len(part), dtype=bool)]
        if part["asset_symbol"].n_unique() > 1:
            symbols = part["asset_symbol"].to_numpy()
            groups += [symbols == symbol for symbol in part["asset_symbol"].unique().sort()]
        values = matrix(part, data.features)
        for group in groups:
            for at, name in enumerate(data.features):
                trace = _trace(values[group, at], values[group & train, at])
                if trace and name not in found:
                    found[name] = trace
    if not found:
        return [
            Finding(
                check=CHECK, status=Status.OK, what=f"none of {len(data.features)} columns shows a scaler of all rows"
            )
        ]
    names = list(found)
    return [
        Finding(
            check=CHECK,
            status=Status.LEAK,
            what=f"{named(names)} {'were' if len(names) > 1 else 'was'} scaled with later rows in hand",
            detail="; ".join(f"{name}: {trace}" for name, trace in list(found.items())[:6]),
            mend="fit scalers on the training rows only, or leave scaling to the model",
            columns=names,
        )
    ]


def _trace(every: Array, train: Array) -> str:
    every, train = every[np.isfinite(every)], train[np.isfinite(train)]
    if train.size < 30 or every.size == train.size:
        return ""
    distinct = np.unique(every).size
    if distinct < _FEWEST_VALUES:
        return ""
    for ddof in (0, 1):
        if _standard(every, ddof) and not _standard(train, ddof):
            return "mean 0 and deviation 1 over all rows, not over the training rows"
    low, high = float(every.min()), float(every.max())
    # a score that is cut off at its ends, or a share, reaches 0 and 1 rightly, and then repeats itself
    if (
        distinct > every.size / 2
        and (low, high) in ((0.0, 1.0), (-1.0, 1.0))
        and (train.min(), train.max()) != (low, high)
    ):
        return f"spans exactly {low:g} to {high:g} over all rows, not over the training rows"
    return ""


def _standard(values: Array, ddof: int) -> bool:
    return bool(abs(values.mean()) < _EXACT and abs(values.std(ddof=ddof) - 1) < _EXACT)
