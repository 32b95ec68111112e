"""Correlations over thirty common moves: what is paired with what, and when it is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.features.cross import CORRELATION_FIELDS, correlation_facts

SCHEMA = {"event_at": pl.Datetime("us", "UTC"), "known_at": pl.Datetime("us", "UTC"), "value": pl.Float64}
SP500, VIX, US10Y, GOLD = CORRELATION_FIELDS


def day(number: float) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number)


def facts(days, values, lag: float = 1) -> pl.DataFrame:
    return pl.DataFrame(
        [(day(d), day(d + lag), v) for d, v in zip(days, values, strict=True)], schema=SCHEMA, orient="row"
    )


def walk(n: int, seed: int) -> np.ndarray:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, n)))


def test_it_is_pearsons_r_of_the_last_thirty_log_returns():
    own, other = walk(60, 1), walk(60, 2)
    found = correlation_facts(facts(range(60), own), facts(range(60), other), SP500)
    assert found["event_at"].to_list() == [day(d) for d in range(30, 60)]  # 31 closes make 30 moves
    for at, r in ((30, found["value"][0]), (59, found["value"][-1])):
        x, y = (np.diff(np.log(values[at - 30 : at + 1])) for values in (own, other))
        assert r == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-12)


def test_yields_move_by_differences_so_they_may_be_negative():
    own, yields = walk(40, 3), np.random.default_rng(4).normal(0, 0.1, 40).cumsum() - 0.5
    found = correlation_facts(facts(range(40), own), facts(range(40), yields), US10Y)
    expected = np.corrcoef(np.diff(np.log(own[-31:])), np.diff(yields[-31:]))[0, 1]
    assert found["value"][-1] == pytest.approx(expected, abs=1e-12)


def test_a_weekend_is_one_move_on_both_sides():
    # the asset trades every day, the index on weekdays: Friday to Monday is paired with Friday to Monday
    days = range(70)
    sessions = [d for d in days if day(d).weekday() < 5]
    own, other = walk(70, 5), walk(len(sessions), 6)
    found = correlation_facts(facts(days, own), facts(sessions, other), GOLD)
    x, y = np.diff(np.log(own[sessions[-31:]])), np.diff(np.log(other[-31:]))
    assert found["value"][-1] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-12)
    assert found["event_at"].to_list() == [day(d) for d in sessions[30:]]


def test_it_is_known_when_the_later_of_its_two_sides_is():
    found = correlation_facts(facts(range(40), walk(40, 1)), facts(range(40), walk(40, 2), lag=4), US10Y)
    assert (found["known_at"] - found["event_at"]).unique().to_list() == [timedelta(days=4)]


def test_a_hole_of_weeks_makes_no_move():
    days = [*range(20), *range(60, 72)]  # 19 + 11 moves; the one over forty days would be the thirty-first
    own = walk(len(days), 1)
    found = correlation_facts(facts(days, own), facts(days, walk(len(days), 2)), SP500)
    assert found["event_at"].to_list() == [day(71)]
    returns = [np.diff(np.log(values)) for values in (own, walk(len(days), 2))]
    x, y = (np.delete(values, 19) for values in returns)
    assert found["value"].to_list() == pytest.approx([np.corrcoef(x, y)[0, 1]], abs=1e-12)


def test_thirty_moves_are_needed():
    assert correlation_facts(facts(range(30), walk(30, 1)), facts(range(30), walk(30, 2)), VIX).is_empty()
    assert correlation_facts(facts([], []), facts([], []), VIX).is_empty()


@pytest.mark.parametrize("constant", [np.full(40, 5.0), 0.1 * 1.01 ** np.arange(40)])
def test_a_side_that_does_not_vary_correlates_with_nothing(constant):
    moving = facts(range(40), walk(40, 1))
    assert correlation_facts(moving, facts(range(40), constant), SP500).is_empty()
    assert correlation_facts(facts(range(40), constant), moving, SP500).is_empty()


def test_moves_that_are_the_same_or_opposite_give_one_and_minus_one():
    own = walk(40, 7)
    same = correlation_facts(facts(range(40), own), facts(range(40), own * 3), GOLD)["value"]
    opposite = correlation_facts(facts(range(40), own), facts(range(40), 1 / own), GOLD)["value"]
    assert same.to_list() == pytest.approx([1.0] * len(same))
    assert opposite.to_list() == pytest.approx([-1.0] * len(opposite))
    assert same.max() <= 1.0
    assert opposite.min() >= -1.0


@given(
    late=st.dictionaries(st.integers(0, 44), st.integers(1, 30), max_size=6),
    revised=st.sets(st.integers(0, 44), max_size=4),
    moment=st.integers(0, 80),
)
@settings(deadline=None, max_examples=60)
def test_what_becomes_known_later_changes_no_correlation(late, revised, moment):
    own = facts(range(45), walk(45, 1))
    rows = [(day(d), day(d + late.get(d, 1)), v) for d, v in enumerate(walk(45, 2))]
    rows += [(day(d), day(d + 33), 50.0) for d in sorted(revised)]
    other = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    known = pl.col("known_at") <= day(moment)
    whole = correlation_facts(own, other, SP500).filter(known)
    assert correlation_facts(own.filter(known), other.filter(known), SP500).equals(whole)
