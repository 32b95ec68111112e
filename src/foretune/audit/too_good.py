"""Check: no column knows the future better than its history allows. Needs neither facts nor code of the columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats  # type: ignore[import-untyped]

from foretune.audit.blocks import microseconds, non_overlapping
from foretune.audit.dataset import AuditedDataset, matrix
from foretune.audit.finding import Finding, Status, named
from foretune.audit.ranks import Array

CHECK = "too good to be true"
ALPHA = 0.001
"""Rate of false alarms over all columns, horizons and assets together."""
TARGET_LIMIT = 0.8
"""|rho| with the target from which a column is no feature but an answer."""
NEAR_LIMIT = 0.5
"""The same for the returns of the next days, of which a year holds many."""
UNUSUAL = 0.3
"""|rho| with a near return that deserves a look: honest features of one market stay far below."""
NEAR_DAYS = (1, 5, 20)
_DAY_US = 86_400_000_000
_OFFSETS = 5
_FEWEST = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """`column` and the return of the next `days` days of `asset`: Spearman's rho over `blocks` blocks."""

    column: str
    asset: str
    days: int
    rho: float
    p: float
    blocks: int


def check_too_good(data: AuditedDataset) -> list[Finding]:
    """Rank correlation of each column with what comes after the decision, on blocks that share no day.

    Each column is taken as it is, as its change since the row before and, where it is positive,
    divided by the row's own close: a future price is then as plain as a future return. It is
    compared with the target and with the returns of the next 1, 5 and 20 days of the panel's
    closes, within each asset; rho is the mean over up to five ways to lay the blocks.

    Threshold: |rho| at least 0.8 (target) or 0.5 (near returns), and a two-sided t bound of 0.001
    for as many independent blocks as there are, Bonferroni-corrected for everything that was
    compared. Thirteen blocks and a hundred columns thus need |rho| > 0.95. From 0.3 on a near
    return is a warning: between markets that close at different hours that much can be honest.
    """
    columns = data.features
    hits, compared = [], 0
    for (asset,), own in data.rows.group_by("asset_symbol", maintain_order=True):
        values, names = _forms(own, columns)
        for days, outcome, starts, ends in _outcomes(own, data):
            rho, blocks = _rho(values, outcome, starts, ends)
            compared += int(np.isfinite(rho).sum())
            limit = TARGET_LIMIT if days == data.horizon_days else UNUSUAL
            for at in np.flatnonzero(np.abs(np.nan_to_num(rho)) >= limit):
                p = _t_bound(float(rho[at]), int(blocks[at]))
                hits.append(Hit(names[at], str(asset), days, float(rho[at]), p, int(blocks[at])))
    figures = {"compared": float(compared)}
    if compared == 0:
        return [
            Finding(
                check=CHECK,
                status=Status.SKIPPED,
                what=f"no asset has {_FEWEST} labels that share no day",
                mend="a longer history; below that no correlation can be told from chance",
            )
        ]
    best: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda hit: -abs(hit.rho)):
        if hit.p * compared < ALPHA:
            best.setdefault(hit.column, hit)
    certain = [hit for hit in best.values() if hit.days == data.horizon_days or abs(hit.rho) >= NEAR_LIMIT]
    unusual = [hit for hit in best.values() if hit not in certain]
    findings = []
    if certain:
        findings.append(
            _finding(
                certain,
                Status.LEAK,
                "the future",
                "drop these columns, or make them of what was known at the decision: no later price or window",
                figures,
            )
        )
    if unusual:
        findings.append(
            _finding(
                unusual,
                Status.WARNING,
                "the next days better than features do",
                "check when these values are known; markets that close at other hours can explain it",
                figures,
            )
        )
    return findings or [
        Finding(
            check=CHECK,
            status=Status.OK,
            what=f"none of {len(columns)} columns tells the future",
            detail=f"{compared:,} rank correlations on non-overlapping blocks",
            figures=figures,
        )
    ]


def _finding(hits: Sequence[Hit], status: Status, what: str, mend: str, figures: Mapping[str, float]) -> Finding:
    names = [hit.column for hit in hits]
    words = [
        f"{hit.column}: rho {hit.rho:+.2f} with the next {hit.days} days of {hit.asset} over {hit.blocks} blocks"
        for hit in hits[:6]
    ]
    return Finding(
        check=CHECK,
        status=status,
        what=f"{named(names)} {'tell' if len(names) > 1 else 'tells'} {what}",
        detail="; ".join(words),
        mend=mend,
        columns=names,
        figures=figures,
    )


def _forms(rows: pl.DataFrame, columns: Sequence[str]) -> tuple[Array, list[str]]:
    """Each column as it is, as its change, and against the close, with the name of each form's column."""
    values = matrix(rows, columns)
    change = np.diff(values, axis=0, prepend=np.nan)
    if "price_close" not in rows.columns:
        return np.hstack([values, change]), [*columns, *columns]
    close = matrix(rows, ["price_close"])
    positive = [at for at in range(len(columns)) if np.nanmin(values[:, at], initial=np.inf) > 0]
    forms = np.hstack([values, change, values[:, positive] / close])
    return forms, [*columns, *columns, *(columns[at] for at in positive)]


def _outcomes(
    rows: pl.DataFrame, data: AuditedDataset
) -> Iterator[tuple[int, Array, npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Days, outcome (NaN where there is none), and the interval it covers, per horizon."""
    starts, ends = microseconds(rows["label_start_at"]), microseconds(rows["label_end_at"])
    yield data.horizon_days, matrix(rows, [data.target])[:, 0], starts, ends
    if "price_close" not in rows.columns:
        return
    close, times = matrix(rows, ["price_close"])[:, 0], microseconds(rows["decision_at"])
    for days in NEAR_DAYS:
        if days >= data.horizon_days:
            continue
        due = times + days * _DAY_US
        at = np.searchsorted(times, due)
        inside = at < times.size
        at[~inside] = 0
        # a day's slack more than the longest weekend: a move across a gap is not this horizon's
        inside &= times[at] - due <= 4 * _DAY_US
        with np.errstate(divide="ignore", invalid="ignore"):
            outcome = np.where(inside, np.log(close[at] / close), np.nan)
        yield days, outcome, times, np.where(inside, times[at], due)


def _rho(
    values: Array, outcome: Array, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Mean rho per column over several ways to lay blocks, and how many blocks it rests on."""
    there = np.flatnonzero(np.isfinite(outcome))
    values, outcome, starts, ends = values[there], outcome[there], starts[there], ends[there]
    width = int(np.searchsorted(starts, ends[0])) if starts.size else 1
    offsets = np.unique(np.linspace(0, max(0, width - 1), min(_OFFSETS, max(1, width))).astype(int))
    rhos, counts = [], []
    for offset in offsets:
        chosen = non_overlapping(starts, ends, int(offset))
        x, y = values[chosen], outcome[chosen]
        known = np.isfinite(x)
        count = known.sum(axis=0)
        ranked = stats.rankdata(x, axis=0, nan_policy="omit") if x.size else x
        target = np.where(known, stats.rankdata(y)[:, None] if y.size else 0, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            dx = np.where(known, ranked - np.nansum(ranked, axis=0) / count, 0)
            dy = np.where(known, target - np.nansum(target, axis=0) / count, 0)
            rho = (dx * dy).sum(axis=0) / np.sqrt((dx**2).sum(axis=0) * (dy**2).sum(axis=0))
        rhos.append(np.where(count >= _FEWEST, rho, np.nan))
        counts.append(count)
    return np.mean(rhos, axis=0), np.min(counts, axis=0)


def _t_bound(rho: float, blocks: int) -> float:
    """Two-sided p of a rank correlation at least this large between independent series."""
    if abs(rho) >= 1:
        return 2 / math.factorial(min(blocks, 20))  # one order in blocks! agrees, one is its reverse
    t = abs(rho) * math.sqrt((blocks - 2) / (1 - rho**2))
    return float(2 * stats.t.sf(t, blocks - 2))
