"""The as-of join never shows a fact before it was known, nor an outdated one for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

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


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30), st.floats(-10, 10)), max_size=30),
    st.lists(st.integers(0, 120), min_size=1, max_size=20),
)
def test_equal_to_the_definition_written_as_a_loop(rows, decisions):
    unique = {(event, event + lag): value for event, lag, value in rows}
    table = [(event, known, value) for (event, known), value in unique.items()]
    expected = []
    for decision in decisions:
        known = [row for row in table if row[1] <= decision]
        expected.append(max(known)[2] if known else None)
    assert joined(facts(*table), *decisions, max_age=10_000) == expected
