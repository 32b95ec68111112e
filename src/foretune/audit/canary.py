"""Check: a target made of dice must not be learnable from one split for another. No real target is read."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy import stats  # type: ignore[import-untyped]

from foretune.audit.blocks import microseconds
from foretune.audit.dataset import AuditedDataset, matrix
from foretune.audit.finding import Finding, Status
from foretune.audit.ranks import Array, neighbours, r_squared, rank_correlation, standardised_ranks

CHECK = "random-target canary"
ALPHA = 0.001
"""Rate of false alarms per pair of splits."""
NEIGHBOURS = 5
_MOST_ROWS = 8000
_SHARED = 0.5


def check_canary(data: AuditedDataset, *, seeds: int = 256, seed: int = 0) -> list[Finding]:
    """Learn a random walk's returns from the training rows and score them on each later split.

    Each of `seeds` times the target of a row becomes W(label_end_at) - W(label_start_at), with W a
    Gaussian walk of its asset, half of whose variance all assets share. So it overlaps between rows
    exactly as the real target does, and no feature knows anything about it. The five nearest
    training rows (all features, as ranks among the training rows) predict it.

    Null distribution: where no training label shares time with a scored one, turning round every
    step of W outside the training labels changes no prediction and the sign of every scored label.
    One seed's rank correlation is then symmetric about 0 and the seeds are independent of each
    other, given the features. A one-sided t test over the seeds with p < 0.001 is a leak: by
    construction one false alarm in a thousand clean pairs of splits. Where labels are shared the
    neighbours in feature space are neighbours in time and give them away.
    """
    rows = data.rows
    if "split" not in rows.columns or not data.features:
        return [Finding(check=CHECK, status=Status.SKIPPED, what="needs a split and features", mend="split by date")]
    # a label covers at least the horizon, whatever interval its row claims
    rows = rows.with_columns(
        pl.max_horizontal("label_end_at", pl.col("label_start_at") + pl.duration(days=data.horizon_days)).alias(
            "label_end_at"
        )
    )
    train = rows.filter(pl.col("split") == "train")
    findings = []
    for name in ("validation", "test"):
        scored = rows.filter(pl.col("split") == name)
        if len(train) > 10 * NEIGHBOURS and len(scored) > NEIGHBOURS:
            findings.append(_score(train, scored, data.features, name, seeds, np.random.default_rng(seed)))
    return findings or [
        Finding(
            check=CHECK,
            status=Status.SKIPPED,
            what=f"too few rows to learn from ({len(train)} training rows)",
            mend="audit the whole dataset at once",
        )
    ]


def random_walk_labels(rows: pl.DataFrame, seeds: int, rng: np.random.Generator) -> Array:
    """W(label_end_at) - W(label_start_at) per row and seed, (rows, seeds); a day's step has variance 1."""
    starts, ends = microseconds(rows["label_start_at"]), microseconds(rows["label_end_at"])
    times = np.unique(np.concatenate([starts, ends]))
    steps = np.sqrt(np.diff(times, prepend=times[0]) / 86_400_000_000)[:, None]
    first, last = np.searchsorted(times, starts), np.searchsorted(times, ends)

    def walk() -> Array:
        return np.cumsum(steps * rng.standard_normal((times.size, seeds)), axis=0)

    common = walk()
    labels = np.sqrt(_SHARED) * (common[last] - common[first])
    symbols = rows["asset_symbol"].to_numpy()
    for symbol in rows["asset_symbol"].unique().sort():
        own, at = walk(), np.flatnonzero(symbols == symbol)
        labels[at] += np.sqrt(1 - _SHARED) * (own[last[at]] - own[first[at]])
    return np.asarray(labels)


def _score(
    train: pl.DataFrame, scored: pl.DataFrame, features: list[str], name: str, seeds: int, rng: np.random.Generator
) -> Finding:
    train, scored = _thinned(train), _thinned(scored)
    labels = random_walk_labels(pl.concat([train, scored]), seeds, rng)
    known, asked = standardised_ranks(matrix(train, features), matrix(scored, features))
    nearest = neighbours(known, asked, NEIGHBOURS)
    predicted = labels[: len(train)][nearest].mean(axis=1)
    actual = labels[len(train) :]
    scores = rank_correlation(predicted, actual)
    explained = float(np.median(r_squared(predicted, actual)))
    mean = float(scores.mean())
    p = float(stats.ttest_1samp(scores, 0, alternative="greater").pvalue)
    figures = {"rank_correlation": mean, "r_squared": explained, "p": p, "seeds": float(seeds)}
    detail = (
        f"train to {name}: mean rank correlation {mean:+.3f} over {seeds} seeds (p {p:.2g}), median R² {explained:+.2f}"
    )
    if p < ALPHA:
        return Finding(
            check=CHECK,
            status=Status.LEAK,
            what=f"returns of dice can be learned from train for {name}: their labels share time",
            detail=detail,
            mend="split by date with purge and embargo; never shuffle rows whose labels overlap",
            figures=figures,
        )
    return Finding(
        check=CHECK,
        status=Status.OK,
        what=f"nothing to learn for {name} from a random target",
        detail=detail,
        figures=figures,
    )


def _thinned(rows: pl.DataFrame) -> pl.DataFrame:
    """Every n-th row, so that all assets and all times stay in: enough to see a leak."""
    return rows.gather_every(-(-len(rows) // _MOST_ROWS))
