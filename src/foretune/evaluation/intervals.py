"""Intervals of shares and means. Nothing here knows what was counted."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.stats import t as student_t  # type: ignore[import-untyped]

from foretune.config import Config
from foretune.errors import EmptyData

LEVEL = 0.95
RESAMPLES = 4000


class Rate(Config):
    """A share of `n` things, with its 95 % interval. All three values lie in [0, 1]."""

    value: float = Field(ge=0, le=1)
    n: int = Field(ge=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


def wilson(successes: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of a share: never empty, also at 0 of n (about 3.8/n at the top).

    >>> [round(bound, 4) for bound in wilson(10, 10)]
    [0.7225, 1.0]

    Raises:
        EmptyData: n is not positive.
    """
    if n <= 0:
        raise EmptyData(f"a share of {n} things has no value; nothing was counted")
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    share = successes / n
    centre = share + z2 / (2 * n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n)))
    scale = 1 + z2 / n
    # at 0 and n the formula is exact, its floating point is not
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == n else (centre + half) / scale
    return low, high


def rate(passed: Sequence[bool]) -> Rate:
    """The share of True with Wilson's interval.

    Raises:
        EmptyData: nothing was counted.
    """
    low, high = wilson(sum(passed), len(passed))
    return Rate(value=sum(passed) / len(passed), n=len(passed), low=low, high=high)


def cluster_bootstrap(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    weights: Sequence[float] | None = None,
    seed: int = 0,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> tuple[float, float]:
    """Percentile interval of a (weighted) mean when values of one cluster are not independent.

    Whole clusters are drawn with replacement. One cluster says nothing about the next, so it
    gets the range of its values.

    Raises:
        EmptyData: no values.
    """
    if not values:
        raise EmptyData("a mean of nothing has no interval")
    codes = {name: code for code, name in enumerate(dict.fromkeys(clusters))}
    if len(codes) == 1:
        return min(values), max(values)
    at = np.array([codes[name] for name in clusters])
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    totals = np.bincount(at, weight * np.asarray(values, dtype=np.float64))
    sizes = np.bincount(at, weight)
    draws = np.random.default_rng(seed).integers(len(codes), size=(resamples, len(codes)))
    means: NDArray[np.float64] = totals[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def clustered_rate(
    values: Sequence[float], clusters: Sequence[Hashable], *, weights: Sequence[float] | None = None, seed: int = 0
) -> Rate:
    """The mean of values in [0, 1] with a cluster bootstrap interval; `n` counts values.

    Where all values are the same, resampling sees no spread and would claim certainty: the
    interval is then Wilson's with one observation per cluster.
    """
    value = float(np.average(values, weights=weights)) if values else 0.0
    low, high = cluster_bootstrap(values, clusters, weights=weights, seed=seed)
    if min(values) == max(values):
        independent = len(set(clusters))
        low, high = wilson(value * independent, independent)
    return Rate(value=min(1.0, value), n=len(values), low=max(0.0, min(low, value)), high=min(1.0, max(high, value)))


def t_interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float] | None:
    """Student's interval of the mean of independent `values`; None with fewer than three.

    >>> [round(bound, 3) for bound in t_interval([1.0, 2.0, 3.0])]
    [-0.484, 4.484]
    """
    n = len(values)
    if n < 3:
        return None
    half = float(student_t.ppf((1 + level) / 2, n - 1)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    mean = float(np.mean(values))
    return mean - half, mean + half
