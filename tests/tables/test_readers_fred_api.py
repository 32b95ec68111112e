"""FRED's vintages into facts: known at the end of the release day, never before the period's end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.errors import MalformedResponse
from foretune.tables.readers.fred_api import read_fred_vintages
from foretune.tables.release_calendar import ReleaseRule


def at(*ymd):
    return datetime(*ymd, tzinfo=UTC)


def page(answer, *rows):
    listed = [{"date": day, "realtime_start": began, "realtime_end": "x", "value": value} for day, began, value in rows]
    return answer({"count": len(rows), "observations": listed}, "fred_api")


def known(found):
    return list(found.rows.select("event_at", "known_at", "value").iter_rows())


def test_each_vintage_is_known_at_the_end_of_its_first_day(answer):
    # growth of the fourth quarter of 2023, published on 25 January and revised on 28 February
    found = read_fred_vintages(
        [page(answer, ("2023-10-01", "2024-01-25", "3.3"), ("2023-10-01", "2024-02-28", "3.2"))], series="GDPC1"
    )
    assert known(found) == [(at(2023, 10, 1), at(2024, 1, 26), 3.3), (at(2023, 10, 1), at(2024, 2, 29), 3.2)]
    assert set(found.rows["basis"]) == {"published"}
    assert found.rejected.is_empty()


def test_a_value_that_stands_on_at_a_windows_edge_is_no_new_vintage(answer):
    pages = [
        page(answer, ("2023-10-01", "2024-01-25", "3.3"), ("2023-10-01", "2024-02-28", "3.2")),
        page(answer, ("2023-10-01", "2024-03-05", "3.20"), ("2023-10-01", "2024-04-01", "3.3")),
    ]
    # 5 March is the edge of a window; that the value goes back to 3.3 on 1 April is news
    assert [row[1:] for row in known(read_fred_vintages(pages, series="GDPC1"))] == [
        (at(2024, 1, 26), 3.3),
        (at(2024, 2, 29), 3.2),
        (at(2024, 4, 2), 3.3),
    ]


def test_a_dot_is_no_value_and_leaves_no_row(answer):
    rows = [("2025-10-01", "2025-12-18", "."), ("2025-09-01", "2025-10-24", "324.4"), ("2025-09-01", "2025-11-13", ".")]
    found = read_fred_vintages([page(answer, *rows)], series="CPIAUCSL")
    # the value of September was withdrawn: it stays the last one known
    assert known(found) == [(at(2025, 9, 1), at(2025, 10, 25), 324.4)]
    assert found.rejected.is_empty()


def test_the_edge_of_all_time_is_no_release_day_so_the_declared_lag_holds(answer):
    found = read_fred_vintages([page(answer, ("2024-01-01", "1776-07-04", "308.4"))], series="CPIAUCSL")
    assert known(found) == [(at(2024, 1, 1), at(2024, 3, 3), 308.4)]  # 31 days after the end of January
    assert found.rows["basis"].to_list() == ["assumed"]


def test_without_a_declared_lag_a_value_from_before_its_periods_end_is_rejected(answer):
    rows = [("2024-01-01", "2024-01-31", "1"), ("2024-02-01", "2024-02-15", "2"), ("2024-03-01", "2024-04-02", "3")]
    found = read_fred_vintages([page(answer, *rows)], series="MYSERIES")
    # the months are told from the dates; 31 January is the last day of January, its end is 1 February
    assert known(found) == [(at(2024, 1, 1), at(2024, 2, 1), 1.0), (at(2024, 3, 1), at(2024, 4, 3), 3.0)]
    assert found.rejected["raw"].to_list() == ["2024-02-01,2024-02-15,2"]
    assert "release day is unknown" in found.rejected["reason"][0]


def test_a_release_makes_the_doubtful_vintage_before_it_superfluous(answer):
    rows = [("2024-01-01", "1776-07-04", "300"), ("2024-01-01", "2024-02-13", "308")]
    found = read_fred_vintages([page(answer, *rows)], series="CPIAUCSL")
    assert known(found) == [(at(2024, 1, 1), at(2024, 2, 14), 308.0)]
    assert found.rejected["raw"].to_list() == ["2024-01-01,1776-07-04,300"]


def test_a_rule_of_the_pipeline_replaces_the_declared_one(answer):
    found = read_fred_vintages(
        [page(answer, ("2024-01-02", "2024-01-01", "4"))], series="X", rule=ReleaseRule("day", 2, "declared")
    )
    assert known(found) == [(at(2024, 1, 2), at(2024, 1, 5), 4.0)]


def test_rubbish_in_a_row_is_rejected_with_its_text(answer):
    rows = [("2024-01-01", "2024-02-13", "n/a"), ("soon", "2024-02-13", "1"), ("2024-02-01", "later", "2")]
    found = read_fred_vintages([page(answer, *rows)], series="CPIAUCSL")
    assert found.rows.is_empty()
    assert set(found.rejected["raw"]) == {"2024-01-01,2024-02-13,n/a", "soon,2024-02-13,1", "2024-02-01,later,2"}


@pytest.mark.parametrize("content", [{}, [], {"observations": None}, {"observations": ["x"]}, b"<html>"])
def test_a_body_without_observations_is_malformed(answer, content):
    with pytest.raises(MalformedResponse):
        read_fred_vintages([answer(content, "fred_api")], series="X")


months = st.integers(0, 30).map(lambda at: date(2020 + at // 12, at % 12 + 1, 1))
released = st.dates(date(2019, 1, 1), date(2024, 1, 1))
vintages = st.lists(st.tuples(months, released, st.sampled_from(["1", "2", "3", "."])), max_size=30)


@given(rows=vintages)
def test_no_value_is_known_before_its_month_is_over_nor_before_its_release(answer, rows):
    unique = {(day, began): value for day, began, value in rows}
    texts = [(day.isoformat(), began.isoformat(), value) for (day, began), value in unique.items()]

    found = read_fred_vintages([page(answer, *texts)], series="CPIAUCSL")

    for row in found.rows.iter_rows(named=True):
        month = row["event_at"].date()
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        assert row["known_at"].date() >= following
        if row["basis"] == "published":
            release = row["known_at"].date() - timedelta(days=1)
            assert float(unique[month, release]) == row["value"]
