"""The small tools of the probes, against brute force and scipy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from foretune.audit.blocks import non_overlapping
from foretune.audit.ranks import neighbours, r_squared, rank_correlation, ridge, standardised_ranks

values = arrays(np.float64, st.tuples(st.integers(5, 40), st.just(2)), elements=st.integers(-9, 9).map(float))


@given(values)
def test_rank_correlation_is_spearmans(pair):
    first, second = pair[:, :1], pair[:, 1:]
    found = rank_correlation(first, second)[0]
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        assert found == 0
    else:
        assert found == pytest.approx(spearmanr(first[:, 0], second[:, 0]).statistic, abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 100)), min_size=1, max_size=60), st.integers(0, 5))
def test_chosen_labels_share_no_time_and_none_could_be_added(labels, first):
    starts = np.array(sorted(start for start, _ in labels))
    ends = starts + max(length for _, length in labels)  # of one horizon, as labels are
    chosen = non_overlapping(starts, ends, first)
    for one, next_one in itertools.pairwise(chosen):
        assert ends[one] <= starts[next_one]
        # the next is the first that fits
        assert not any(ends[one] <= starts[at] for at in range(one + 1, next_one))
    if first < starts.size:
        assert chosen[0] == first


@given(values)
def test_nothing_of_the_other_rows_scales_the_training_rows(pair):
    train, other = pair[: len(pair) // 2], pair[len(pair) // 2 :]
    alone, _ = standardised_ranks(train, other[:0])
    beside, _ = standardised_ranks(train, other * 1000)
    assert np.array_equal(alone, beside)


def test_a_rank_is_blind_to_units_and_a_missing_value_is_average():
    train = np.array([[1.0], [10.0], [100.0], [np.nan]])
    fitted, _ = standardised_ranks(train, train)
    logs, _ = standardised_ranks(np.log10(train), train)
    assert np.array_equal(fitted, logs)
    assert fitted[3, 0] == 0


def test_neighbours_are_those_of_brute_force():
    rng = np.random.default_rng(0)
    train, other = rng.normal(size=(300, 8)), rng.normal(size=(2500, 8))
    found = np.sort(neighbours(train, other, 4), axis=1)
    for row in range(0, 2500, 97):
        distance = ((train - other[row]) ** 2).sum(axis=1)
        assert found[row].tolist() == sorted(np.argsort(distance)[:4].tolist())


def test_ridge_without_a_penalty_finds_the_line():
    x = np.linspace(-1, 1, 50)[:, None]
    predicted = ridge(x, 3 * x[:, 0] + 2, np.array([[0.5]]), penalty=1e-9)
    assert predicted[0] == pytest.approx(3.5)


def test_r_squared_of_the_mean_is_nothing():
    actual = np.array([1.0, 2.0, 3.0])
    assert r_squared(np.full(3, 2.0), actual) == 0
    assert r_squared(actual, actual) == 1
