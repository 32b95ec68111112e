"""The as-of join never shows a fact before it was known, nor an outdated one for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.errors import DataError
from foretune.tables.asof import as_of


def day(number: int) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)


def facts(*rows: tuple[int, int, float]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event_at": [day(event) for event, _, _ in rows],
            "known_at": [day(known) for _, known, _ in rows],
            "value": [value for _, _, value in rows],
        },
        schema={"event_at": pl.Datetime("us", "UTC"), "known_at": pl.Datetime("us", "UTC"), "value": pl.Float64},
    )


def joined(rows: pl.DataFrame, *decisions: int, max_age: int = 1000) -> list[float | None]:
    frame = pl.DataFrame({"decision_at": [day(d) for d in decisions]}, schema={"decision_at": pl.Datetime("us", "UTC")})
    return as_of(frame, rows, column="x", max_age=timedelta(days=max_age))["x"].to_list()


def test_a_fact_is_invisible_until_it_is_known():
    assert joined(facts((0, 43, 3.1)), 42, 43, 44) == [None, 3.1, 3.1]


def test_a_late_revision_of_an_older_period_does_not_displace_a_newer_period():
    # period 0 is revised on day 50, after period 31 became known on day 40
    rows = facts((0, 10, 1.0), (31, 40, 2.0), (0, 50, 1.5))
    assert joined(rows, 20, 45, 60) == [1.0, 2.0, 2.0]


def test_a_revision_of_the_newest_period_counts_from_its_own_date():
    assert joined(facts((0, 10, 1.0), (0, 20, 1.2)), 19, 20) == [1.0, 1.2]


def test_a_series_that_stopped_is_missing_not_carried_on():
    assert joined(facts((0, 1, 5.0)), 8, 9, max_age=7) == [5.0, None]


def test_order_and_number_of_decisions_are_kept():
    assert joined(facts((0, 5, 1.0), (6, 7, 2.0)), 7, 5, 7, 4) == [2.0, 1.0, 2.0, None]


def test_one_that_is_too_old_is_not_replaced_by_an_older_period_told_later():
    # period 31 stopped being fresh on day 50; period 0 is revised on day 55
    assert joined(facts((0, 10, 1.0), (31, 40, 2.0), (0, 55, 1.5)), 49, 56, max_age=10) == [2.0, None]


def test_without_facts_every_decision_sees_nothing():
    assert joined(facts(), 1, 2) == [None, None]


def test_without_decisions_there_is_still_the_column():
    assert joined(facts((0, 5, 1.0))) == []


def test_a_missing_decision_time_sees_nothing():
    frame = pl.DataFrame({"decision_at": [day(9), None]}, schema={"decision_at": pl.Datetime("us", "UTC")})
    assert as_of(frame, facts((0, 5, 1.0)), column="x", max_age=timedelta(9))["x"].to_list() == [1.0, None]


def test_a_fact_without_a_clock_is_never_known():
    rows = facts((0, 5, 1.0), (1, 6, 2.0)).with_columns(
        pl.when(pl.col("value") == 1).then("known_at").alias("known_at")
    )
    assert joined(rows, 4, 5, 6) == [None, 1.0, 1.0]


def test_other_columns_are_kept_and_one_of_the_same_name_is_replaced():
    frame = pl.DataFrame({"decision_at": [day(9)], "known_at": [day(8)], "x": [-1.0]})
    row = as_of(frame, facts((0, 5, 1.0)), column="x", max_age=timedelta(9)).row(0, named=True)
    assert row == {"decision_at": day(9), "known_at": day(8), "x": 1.0}


@pytest.mark.parametrize("dtype", [pl.Datetime("ms", "UTC"), pl.Datetime("us"), pl.Datetime("us", "Europe/Berlin")])
def test_clocks_that_differ_are_not_compared(dtype):
    frame = pl.DataFrame({"decision_at": [None]}, schema={"decision_at": dtype})
    with pytest.raises(DataError, match="only equal clocks"):
        as_of(frame, facts((0, 5, 1.0)), column="x", max_age=timedelta(9))


def test_other_units_are_joined_among_themselves():
    unit = pl.Datetime("ms", "UTC")
    frame = pl.DataFrame({"decision_at": [day(7), day(8)]}, schema={"decision_at": unit})
    rows = facts((0, 5, 1.0)).with_columns(pl.col("event_at", "known_at").cast(unit))
    assert as_of(frame, rows, column="x", max_age=timedelta(days=2))["x"].to_list() == [1.0, None]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30), st.floats(-10, 10)), max_size=30),
    st.lists(st.integers(0, 120), min_size=1, max_size=20),
    st.integers(0, 60),
)
def test_equal_to_the_definition_written_as_a_loop(rows, decisions, max_age):
    unique = {(event, event + lag): value for event, lag, value in rows}  # several vintages of one period among them
    table = [(event, known, value) for (event, known), value in unique.items()]
    expected = []
    for decision in decisions:
        seen = [row for row in table if row[1] <= decision]
        # the latest period, then its latest vintage; used no longer than max_age after it became known
        best = max(seen, default=None)
        expected.append(best[2] if best is not None and decision - best[1] <= max_age else None)
    assert joined(facts(*table), *decisions, max_age=max_age) == expected
