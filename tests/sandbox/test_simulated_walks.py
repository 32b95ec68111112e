"""Walks and candles: what must hold whatever is drawn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foretune.sandbox.simulated_walks import autoregressive, candles


@given(seed=st.integers(0, 2**32), gap=st.floats(0, 1), count=st.integers(1, 40), short=st.integers(1, 40))
def test_a_candle_holds_its_prices_ends_at_its_close_and_a_longer_history_keeps_it(seed, gap, count, short):
    levels = np.cumsum(np.random.default_rng(seed).normal(0, 0.02, count + 1))
    volatility = np.full(count, 0.02)
    found = candles(levels, volatility, gap, np.random.default_rng(seed))
    assert (found.high >= np.maximum(found.open, found.close) * (1 - 1e-12)).all()
    assert (found.low <= np.minimum(found.open, found.close) * (1 + 1e-12)).all()
    np.testing.assert_allclose(np.log(found.close), levels[1:], atol=1e-12)
    fewer = min(short, count)
    first = candles(levels[: fewer + 1], volatility[:fewer], gap, np.random.default_rng(seed))
    np.testing.assert_array_equal(first.high, found.high[:fewer])
    np.testing.assert_array_equal(first.open, found.open[:fewer])


def test_without_a_gap_a_session_opens_where_the_last_closed():
    levels = np.array([0.0, 0.1, -0.1])
    found = candles(levels, np.full(2, 0.02), 0.0, np.random.default_rng(1))
    np.testing.assert_allclose(np.log(found.open), levels[:-1])


def test_gap_and_range_have_the_variance_they_are_told():
    draws = np.random.default_rng(2)
    levels = np.cumsum(draws.normal(0, 0.01, 40_001))
    found = candles(levels, np.full(40_000, 0.01), 0.3, np.random.default_rng(3))
    gap = np.log(found.open) - levels[:-1]
    assert 0.28 < gap.var() / 0.01**2 < 0.32
    # Parkinson (1980): the mean squared range of a Brownian motion is 4·ln 2 times its variance. High and low
    # are drawn apart here, each by its own law, which leaves the mean square within a tenth
    squared_range = np.mean(np.log(found.high / found.low) ** 2)
    assert 0.9 < squared_range / (4 * np.log(2) * 0.7 * 0.01**2) < 1.1


def test_memory_fades():
    np.testing.assert_allclose(autoregressive(np.array([[1.0, 2.0], [0.0, 0.0]]), 0.5, 1.0), [[1.0, 2.0], [0.5, 1.0]])
