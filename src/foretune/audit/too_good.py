"""Check: no column knows the future better than its history allows. Needs neither facts nor code of the columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

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
TARGET_LIMIT: Final[Mapping[str, float]] = {"return": 0.8, "size": 0.8, "direction": 0.8, "turns": 1.0}
"""|rho| with the target, its size or its direction from which a column is no feature but an answer."""
NEAR_LIMIT: Final[Mapping[str, float]] = {"return": 0.5, "size": 0.7, "direction": 0.5}
"""The same for the returns of the next days, of which a year holds many; their size can be told from the past."""
UNUSUAL = 0.3
"""|rho| with a near return or its direction that deserves a look: honest features of one market stay far below."""
NEAR_DAYS = (1, 5, 20)
_DAY_US = 86_400_000_000
_OFFSETS = 5
_FEWEST = 8
_MOST_KINDS = 12
_KINDS = ("return", "size", "direction")
_WORDS: Final[Mapping[str, str]] = {
    "return": "the next",
    "size": "the size of the move of the next",
    "direction": "the direction of the next",
    "turns": "every turn in the direction of the next",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """`column` and the `kind` (see `_WORDS`) of the next `days` days of `asset`: rho over `blocks` blocks."""

    column: str
    asset: str
    kind: str
    days: int
    rho: float
    p: float
    blocks: int


def check_too_good(data: AuditedDataset) -> list[Finding]:
    """Rank correlation of each column with what comes after the decision, on blocks that share no day.

    Each column is taken as it is, as its change since the row before, as where it is missing, as
    where it has one of its values (if those are few) and, where it is positive, divided by the row's
    own close: a future price is then as plain as a future return. It is compared with the target,
    the target's size and its direction, and with the same three of the next 1, 5 and 20 days of the
    panel's closes, within each asset; rho is the mean over up to five ways to lay the blocks.

    Threshold: |rho| at least 0.8 (target), 0.5 (near returns) or 0.7 (their size), and p below
    0.001, Bonferroni-corrected for everything that was compared. p is the two-sided t bound for as
    many independent blocks as there are, and never below what the ties allow: two rare events
    coincide easily. Thirteen blocks and a hundred columns thus need |rho| > 0.95. From 0.3 on a near
    return is a warning: between markets that close at different hours that much can be honest.
    A column of two values that changes in exactly those rows in which the target's direction does is
    judged by its turns instead: they need no blocks, because no honest state turns with it each time.
    The size of the next moves is foretold by past ones (the volatility index reaches 0.47 with the next
    week's), so it is said from 0.7 on only.
    """
    columns = data.features
    hits: list[Hit] = []
    compared = 0
    for (asset,), own in data.rows.group_by("asset_symbol", maintain_order=True):
        values, names = _forms(own, columns)
        hits += _turns(values, names, str(asset), matrix(own, [data.target])[:, 0], data.horizon_days)
        for days, outcome, starts, ends in _outcomes(own, data):
            rho, blocks, floor = _rho(values, outcome, starts, ends)
            compared += int(np.isfinite(rho).sum())
            for kind, at in zip(*np.nonzero(np.abs(np.nan_to_num(rho)) >= UNUSUAL), strict=True):
                found, n = float(rho[kind, at]), int(blocks[at])
                p = max(_t_bound(found, n), float(floor[kind, at]))
                hits.append(Hit(names[at], str(asset), _KINDS[kind], days, found, p, n))
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
    certain: dict[str, Hit] = {}
    unusual: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda hit: -abs(hit.rho)):
        if hit.p * compared >= ALPHA:
            continue
        far = hit.days == data.horizon_days
        if abs(hit.rho) >= (TARGET_LIMIT if far else NEAR_LIMIT)[hit.kind]:
            certain.setdefault(hit.column, hit)
        elif not far and hit.kind != "size":
            unusual.setdefault(hit.column, hit)
    unusual = {column: hit for column, hit in unusual.items() if column not in certain}
    findings = _unread(data)
    if certain:
        findings.append(
            _finding(
                list(certain.values()),
                Status.LEAK,
                "the future",
                "drop these columns, or make them of what was known at the decision: no later price or window",
                figures,
            )
        )
    if unusual:
        findings.append(
            _finding(
                list(unusual.values()),
                Status.WARNING,
                "the next days better than features do",
                "check when these values are known; markets that close at other hours can explain it",
                figures,
            )
        )
    if certain or unusual:
        return findings
    return [
        *findings,
        Finding(
            check=CHECK,
            status=Status.OK,
            what=f"none of {len(columns)} columns tells the future",
            detail=f"{compared:,} rank correlations on non-overlapping blocks",
            figures=figures,
        ),
    ]


def _unread(data: AuditedDataset) -> list[Finding]:
    if not data.unread:
        return []
    return [
        Finding(
            check=CHECK,
            status=Status.WARNING,
            what=f"{named(data.unread)}: neither numbers, text nor times, so not looked into",
            mend="give lists and structures columns of their own, or keep them out of the panel",
            columns=data.unread,
        )
    ]


def _finding(hits: Sequence[Hit], status: Status, what: str, mend: str, figures: Mapping[str, float]) -> Finding:
    names = [hit.column for hit in hits]
    words = [
        f"{hit.column}: rho {hit.rho:+.2f} with {_WORDS[hit.kind]} {hit.days} days of {hit.asset} over {hit.blocks} "
        + ("turns" if hit.kind == "turns" else "blocks")
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
    """Each column in the forms of `check_too_good`, (rows, forms), with the name of each form's column."""
    values = matrix(rows, columns)
    forms = [values, np.diff(values, axis=0, prepend=np.nan)]
    names = [*columns, *columns]
    gaps = np.isnan(values)
    for at, name in enumerate(columns):
        own = [gaps[:, at]] if gaps[:, at].any() and not gaps[:, at].all() else []
        kinds = np.unique(values[~gaps[:, at], at])
        if 2 < kinds.size <= _MOST_KINDS:
            own += [values[:, at] == kind for kind in kinds]
        if own:
            forms.append(np.stack(own, axis=1).astype(np.float64))
            names += [name] * len(own)
    if "price_close" in rows.columns:
        positive = [at for at in range(len(columns)) if np.nanmin(values[:, at], initial=np.inf) > 0]
        forms.append(values[:, positive] / matrix(rows, ["price_close"]))
        names += [columns[at] for at in positive]
    return np.hstack(forms), names


def _turns(values: Array, names: Sequence[str], asset: str, target: Array, days: int) -> Iterator[Hit]:
    """Forms of two values that are the target's direction in every row, with the chance of that many equal turns."""
    there = np.isfinite(target) & (target != 0)
    up = target[there] > 0
    turns = int(np.count_nonzero(np.diff(up)))
    if turns < _FEWEST:
        return
    n = up.size
    p = 2 * math.exp(math.lgamma(turns + 1) + math.lgamma(n - turns) - math.lgamma(n))
    for at, name in enumerate(names):
        own = values[there, at]
        high = own == own.max()
        two = np.isfinite(own).all() and (high | (own == own.min())).all()
        if two and ((high == up).all() or (high != up).all()):
            yield Hit(name, asset, "turns", days, 1.0 if high[0] == up[0] else -1.0, p, turns)


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
) -> tuple[Array, npt.NDArray[np.int64], Array]:
    """Mean rho over several ways to lay blocks, per kind of outcome and column; blocks per column; least p."""
    there = np.flatnonzero(np.isfinite(outcome))
    values, outcome, starts, ends = values[there], outcome[there], starts[there], ends[there]
    width = int(np.searchsorted(starts, ends[0])) if starts.size else 1
    offsets = np.unique(np.linspace(0, max(0, width - 1), min(_OFFSETS, max(1, width))).astype(int))
    rhos, counts, floors = [], [], []
    for offset in offsets:
        chosen = non_overlapping(starts, ends, int(offset))
        x, y = values[chosen], outcome[chosen]
        known = np.isfinite(x)
        count = known.sum(axis=0)
        ranked = stats.rankdata(x, axis=0, nan_policy="omit") if x.size else x
        own, floor = [], []
        for told in (y, np.abs(y), np.sign(y)):
            target = np.where(known, stats.rankdata(told)[:, None] if told.size else 0, np.nan)
            with np.errstate(invalid="ignore", divide="ignore"):
                dx = np.where(known, ranked - np.nansum(ranked, axis=0) / count, 0)
                dy = np.where(known, target - np.nansum(target, axis=0) / count, 0)
                rho = (dx * dy).sum(axis=0) / np.sqrt((dx**2).sum(axis=0) * (dy**2).sum(axis=0))
            own.append(np.where(count >= _FEWEST, rho, np.nan))
            strong = np.flatnonzero(np.abs(np.nan_to_num(own[-1])) >= UNUSUAL)
            least = np.zeros(x.shape[1])
            least[strong] = [_tie_bound(x[known[:, at], at], told[known[:, at]]) for at in strong]
            floor.append(least)
        rhos.append(own)
        counts.append(count)
        floors.append(floor)
    return np.mean(rhos, axis=0), np.min(counts, axis=0), np.max(floors, axis=0)


def _tie_bound(first: Array, second: Array) -> float:
    """No arrangement of series with ties is rarer than this: both signs of the most often repeated of the two.

    Twenty rows of which one is marked agree with another such mark in one of twenty orders:

    >>> mark = np.eye(20)[0]
    >>> round(_tie_bound(mark, mark), 3)
    0.1
    """
    likeliest = max(
        sum(math.lgamma(count + 1) for count in np.unique(values, return_counts=True)[1]) for values in (first, second)
    )
    return min(1.0, 2 * math.exp(likeliest - math.lgamma(first.size + 1)))


def _t_bound(rho: float, blocks: int) -> float:
    """Two-sided p of a rank correlation at least this large between independent series without ties."""
    if abs(rho) >= 1 - 1e-12:
        return 2 / math.factorial(min(blocks, 20))  # one order in blocks! agrees, one is its reverse
    t = abs(rho) * math.sqrt((blocks - 2) / (1 - rho**2))
    return float(2 * stats.t.sf(t, blocks - 2))
