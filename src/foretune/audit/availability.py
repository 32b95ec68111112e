"""Check: what the facts' timing is worth. Observations come later by some days, and a probe scores again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import polars as pl

from foretune.audit.blocks import microseconds, non_overlapping
from foretune.audit.dataset import AuditedDataset, feature_columns, matrix
from foretune.audit.finding import Finding, Status
from foretune.audit.perturbation import Features
from foretune.audit.ranks import Array, rank_correlation, ridge, standardised_ranks
from foretune.datasets.facts import Facts

CHECK = "later availability"
LAGS = (1, 7, 30)
_FOLDS = 5
_SHORT = 7
"""A fall within this many days says that the clocks are at the edge; a month later news is old anyway."""


def check_availability(
    data: AuditedDataset, facts: Facts, build: Features, lags: Sequence[int] = LAGS
) -> list[Finding]:
    """Score a ridge probe on a purged walk-forward, then again with all observations known days later.

    An honest edge fades slowly; one that is gone when facts arrive a day later came from the timing.
    Reported always; a warning when the rank correlation was above twice its standard error
    1 / sqrt(independent blocks) and falls by more than that error within a week.
    """
    if facts.observations.is_empty():
        return [Finding(check=CHECK, status=Status.OK, what="no observations: features are made of bars alone")]
    scores = {}
    for lag in (0, *lags):
        shifted = facts.observations.with_columns(pl.col("known_at") + timedelta(days=lag))
        rows = build(Facts(facts.bars, shifted, facts.splits))
        scores[lag] = walk_forward_score(rows, data.target)
    if any(np.isnan(score) for score in scores.values()):
        return [
            Finding(
                check=CHECK,
                status=Status.SKIPPED,
                what="too few rows for a purged walk-forward",
                mend="a longer history",
            )
        ]
    own = data.rows.sort("label_start_at")
    blocks = max(
        non_overlapping(microseconds(part["label_start_at"]), microseconds(part["label_end_at"])).size
        for _, part in own.group_by("asset_symbol")
    )
    error = 1 / np.sqrt(max(1, blocks))
    fall = max(scores[0] - scores[lag] for lag in lags if lag <= _SHORT) if min(lags) <= _SHORT else 0.0
    detail = "rank correlation of a ridge probe: " + ", ".join(
        f"{score:+.3f} {'as built' if lag == 0 else f'{lag} days later'}" for lag, score in scores.items()
    )
    figures = {f"lag_{lag}": score for lag, score in scores.items()} | {"blocks": float(blocks)}
    if scores[0] > 2 * error and fall > error:
        return [
            Finding(
                check=CHECK,
                status=Status.WARNING,
                what="the edge is gone when facts arrive a few days later",
                detail=detail,
                mend="check the known_at of the observations: an honest edge fades slowly",
                figures=figures,
            )
        ]
    return [
        Finding(
            check=CHECK,
            status=Status.OK,
            what="no edge hangs on the hour a fact arrives",
            detail=detail,
            figures=figures,
        )
    ]


def walk_forward_score(rows: pl.DataFrame, target: str) -> float:
    """Mean rank correlation of ridge predictions with `target` over five purged, later spans; NaN if none fits.

    Each span is predicted from all rows whose label ended before its first decision.
    """
    rows = rows.filter(pl.col(target).is_finite()).sort("decision_at")
    features = feature_columns(rows)
    decided, ends = microseconds(rows["decision_at"]), microseconds(rows["label_end_at"])
    values, outcome = matrix(rows, features), matrix(rows, [target])
    edges = np.linspace(0, len(rows), _FOLDS + 2).astype(int)[1:]
    scores = []
    for first, last in itertools.pairwise(edges):
        if first >= last:
            continue
        span = decided >= decided[first]
        span &= decided <= decided[last - 1]
        train = ends < decided[first]
        if train.sum() < 2 * len(features) or span.sum() < 30:
            continue
        predicted: Array = probe(values[train], outcome[train, 0], values[span])
        scores.append(float(rank_correlation(predicted[:, None], outcome[span])[0]))
    return float(np.mean(scores)) if scores else float("nan")


def probe(train: Array, outcome: Array, other: Array) -> Array:
    """Ridge on ranks: robust to outliers and units, and the same for every dataset."""
    known, asked = standardised_ranks(train, other)
    return ridge(known, outcome, asked)
