"""Rank features and the two small learners of the audit: neighbours and ridge. They probe; they do not forecast."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats  # type: ignore[import-untyped]

Array = npt.NDArray[np.float64]


def standardised_ranks(train: Array, other: Array) -> tuple[Array, Array]:
    """Both (rows, columns) as places among the training rows' values, mean 0 and deviation 1 there.

    A missing value takes the mean, 0. Nothing of `other` is used to scale.

    >>> fitted, moved = standardised_ranks(np.array([[1.0], [2.0], [3.0]]), np.array([[2.5], [np.nan]]))
    >>> fitted.ravel().round(3).tolist(), moved.ravel().round(3).tolist()
    ([-1.225, 0.0, 1.225], [0.612, 0.0])
    """
    placed = [np.zeros(values.shape) for values in (train, other)]
    for column in range(train.shape[1]):
        known = np.sort(train[:, column][np.isfinite(train[:, column])])
        if known.size == 0 or known[0] == known[-1]:
            continue
        own = _place(known, known)
        middle, spread = own.mean(), own.std()
        for values, out in zip((train, other), placed, strict=True):
            there = np.isfinite(values[:, column])
            out[there, column] = (_place(known, values[there, column]) - middle) / spread
    return placed[0], placed[1]


def _place(known: Array, values: Array) -> Array:
    """How many of the sorted `known` lie below each value, ties counted half."""
    below, upto = np.searchsorted(known, values, "left"), np.searchsorted(known, values, "right")
    return (below + upto) / 2


def neighbours(train: Array, other: Array, k: int) -> npt.NDArray[np.int64]:
    """Positions of the `k` training rows nearest to each other row, (rows, k), in no order.

    With a hundred columns a tree looks at every row anyway, so distances are one matrix product.
    """
    squares = (train**2).sum(axis=1)
    found = [
        np.argpartition(squares - 2 * part @ train.T, k - 1, axis=1)[:, :k]
        for part in np.array_split(other, max(1, len(other) // 1000))
    ]
    return np.concatenate(found).astype(np.int64)


def ridge(train: Array, target: Array, other: Array, penalty: float = 1.0) -> Array:
    """Ridge predictions for `other`; `penalty` is per training row, for columns of deviation 1."""
    middle = target.mean()
    gram = train.T @ train + penalty * len(train) * np.eye(train.shape[1])
    weights = np.linalg.solve(gram, train.T @ (target - middle))
    return np.asarray(other @ weights + middle)


def rank_correlation(first: Array, second: Array) -> Array:
    """Spearman's rho of matching columns of two (rows, columns); 0 where one does not vary."""
    ranked: list[Any] = [stats.rankdata(values, axis=0) for values in (first, second)]
    x, y = (values - values.mean(axis=0) for values in ranked)
    scale = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    rho: Array = np.divide((x * y).sum(axis=0), scale, out=np.zeros_like(scale), where=scale > 0)
    return rho


def r_squared(predicted: Array, actual: Array) -> Array:
    """1 - squared error / variance around the actual mean, per column."""
    return np.asarray(1 - ((actual - predicted) ** 2).sum(axis=0) / ((actual - actual.mean(axis=0)) ** 2).sum(axis=0))
