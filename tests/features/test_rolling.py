"""Window sums and moments: right to the last digits, and blind to everything outside the window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.features.rolling import rolling_moments, rolling_sum


@given(n=st.integers(0, 200), window=st.integers(1, 130), seed=st.integers(0, 20))
def test_a_sum_is_that_of_its_window(n, window, seed):
    values = np.random.default_rng(seed).normal(0, 1, n)
    expected = [values[at : at + window].sum() for at in range(n - window + 1)]
    np.testing.assert_allclose(rolling_sum(values, window), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("mean", [0.0, 1.0, -50.0, 1e6])
@pytest.mark.parametrize("window", [5, 60, 64])
def test_moments_are_those_of_the_window_whatever_its_mean(window, mean):
    values = mean + np.random.default_rng(0).gamma(2.0, size=200)
    found = rolling_moments(values, window, order=4)
    for at in (0, 77, 200 - window):
        inside = values[at : at + window]
        apart = inside - inside.mean()
        assert found.mean[at] == pytest.approx(inside.mean(), rel=1e-12)
        assert found.second[at] == pytest.approx((apart**2).sum(), rel=1e-8)
        assert found.third[at] == pytest.approx((apart**3).sum(), rel=1e-7, abs=1e-7)
        assert found.fourth[at] == pytest.approx((apart**4).sum(), rel=1e-7)


def test_equal_values_do_not_deviate_whatever_came_before():
    values = np.concatenate([np.random.default_rng(0).normal(0, 1e9, 100), np.full(100, 0.1)])
    assert rolling_sum(values, 60)[-1] == rolling_sum(values[-60:], 60)[0]
    assert rolling_moments(values, 60, order=2).second[-1] == pytest.approx(0, abs=1e-28)


def test_a_missing_value_reaches_its_own_windows_only():
    values = np.arange(30.0)
    values[10] = np.nan
    assert np.flatnonzero(np.isnan(rolling_sum(values, 7))).tolist() == list(range(4, 11))
    found = rolling_moments(values, 7, order=4)
    for moment in (found.mean, found.second, found.third, found.fourth):
        assert np.flatnonzero(np.isnan(moment)).tolist() == list(range(4, 11))


@given(cut=st.integers(60, 200), scale=st.sampled_from([1e-9, 1.0, 1e9]))
def test_a_value_depends_on_its_window_to_the_bit(cut, scale):
    rng = np.random.default_rng(1)
    # a stretch without deviation in the middle, so that both ways of computing are used
    values = np.concatenate([rng.normal(0, 1, 100), np.full(40, 5.0), rng.normal(1000, 1, 60)]) * scale
    whole, part = rolling_moments(values, 20, order=4), rolling_moments(values[:cut], 20, order=4)
    for name in ("mean", "second", "third", "fourth"):
        assert np.array_equal(getattr(whole, name)[: cut - 19], getattr(part, name))
