"""Intervals against textbook values."""

from __future__ import annotations

import numpy as np
import pytest

from foretune.errors import EmptyData
from foretune.evaluation.intervals import cluster_bootstrap, clustered_rate, rate, t_interval, wilson


@pytest.mark.parametrize(
    ("passed", "n", "low", "high"),
    [
        (10, 10, 0.7225, 1.0),
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),  # Newcombe (1998), table I
        (15, 148, 0.0624, 0.1605),  # Newcombe (1998), table I
        (1, 29, 0.0061, 0.1718),  # Newcombe (1998), table I
    ],
)
def test_wilson(passed: int, n: int, low: float, high: float) -> None:
    assert wilson(passed, n) == pytest.approx((low, high), abs=5e-5)


def test_a_rate_carries_its_n() -> None:
    found = rate([True, True, True, False])
    assert (found.value, found.n) == (0.75, 4)
    assert found.low < 0.75 < found.high


def test_nothing_counted_is_no_rate() -> None:
    with pytest.raises(EmptyData):
        rate([])


def test_bootstrap_of_independent_values_agrees_with_the_normal_interval() -> None:
    values = np.random.default_rng(0).normal(1.0, 2.0, 400)
    low, high = cluster_bootstrap(list(values), range(400))
    half = 1.96 * values.std(ddof=1) / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)


def test_copies_within_a_cluster_add_nothing() -> None:
    values = [0.0, 1.0] * 10
    once = cluster_bootstrap(values, range(20))
    copied = cluster_bootstrap([v for v in values for _ in range(5)], [c for c in range(20) for _ in range(5)])
    assert copied == once


def test_one_cluster_tells_nothing_beyond_its_range() -> None:
    assert cluster_bootstrap([0.2, 0.4], ["may", "may"]) == (0.2, 0.4)


def test_the_same_seed_gives_the_same_interval() -> None:
    assert cluster_bootstrap([0.0, 1.0, 1.0], "abc", seed=3) == cluster_bootstrap([0.0, 1.0, 1.0], "abc", seed=3)


def test_all_wins_are_no_certainty() -> None:
    # 30 wins in 10 clusters: Wilson at 10 of 10
    found = clustered_rate([1.0] * 30, [day // 3 for day in range(30)])
    assert (found.value, found.n, found.high) == (1.0, 30, 1.0)
    assert found.low == pytest.approx(0.7225, abs=5e-5)


def test_two_values_have_no_t_interval() -> None:
    assert t_interval([1.0, 2.0]) is None
