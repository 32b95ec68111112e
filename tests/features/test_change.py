"""Changes over calendar days: which day they compare with, when they are known, what has none."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.features.change import CHANGE_FIELDS, ChangeField, change_facts, trailing_mean
from foretune.features.macro import SERIES_FIELDS

SCHEMA = {"event_at": pl.Datetime("us", "UTC"), "known_at": pl.Datetime("us", "UTC"), "value": pl.Float64}
BY_NAME = {field.name: field for field in CHANGE_FIELDS}


def day(number: float) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number)


def facts(*rows: tuple[float, float, float]) -> pl.DataFrame:
    """(event day, known day, value)"""
    return pl.DataFrame([(day(e), day(k), v) for e, k, v in rows], schema=SCHEMA, orient="row")


def told(frame: pl.DataFrame) -> list[tuple[float, float, float]]:
    return [
        ((event - day(0)) / timedelta(days=1), (known - day(0)) / timedelta(days=1), value)
        for event, known, value in frame.rows()
    ]


def test_the_base_is_the_newest_value_at_least_that_many_days_back():
    # 20 days before day 21 is day 1; no session on day 1 and 0, so the Friday before, day -1, serves
    closes = facts((-2, -1, 90.0), (-1, 0, 100.0), (2, 3, 105.0), (21, 22, 110.0))
    (change,) = told(change_facts(closes, BY_NAME["sp500_return_20d"]))
    assert change == (21, 22, pytest.approx(math.log(110 / 100)))


def test_a_base_older_than_the_tolerance_is_none():
    # Fear & Greed lacked three days in April 2018: the day before them still serves, a fourth would not
    field = BY_NAME["fear_greed_change_7d"]
    assert told(change_facts(facts((0, 0, 20.0), (10, 10, 31.0)), field)) == [(10, 10, 11.0)]
    assert told(change_facts(facts((0, 0, 20.0), (11, 11, 31.0)), field)) == []


def test_a_change_is_known_when_the_later_of_its_two_values_is():
    late = facts((0, 30, 10.0), (5, 6, 12.0))
    assert told(change_facts(late, BY_NAME["vix_change_5d"])) == [(5, 30, 2.0)]


def test_until_its_nearest_base_is_known_an_older_one_serves():
    series = facts((0, 1, 10.0), (1, 9, 11.0), (6, 7, 15.0))
    assert told(change_facts(series, BY_NAME["vix_change_5d"])) == [(6, 7, 5.0), (6, 9, 4.0)]


def test_wtis_negative_price_is_an_ordinary_difference():
    series = facts((0, 1, 20.0), (20, 21, -36.98), (40, 41, 20.0))
    assert [v for _, _, v in told(change_facts(series, BY_NAME["oil_change_20d"]))] == [-56.98, 56.98]


@pytest.mark.parametrize("name", ["sp500_return_20d", "open_interest_change_7d"])
@pytest.mark.parametrize(("before", "now"), [(0.0, 5.0), (-3.0, 5.0), (5.0, -1.0), (5.0, 0.0)])
def test_a_ratio_with_a_value_that_is_not_positive_does_not_exist(name, before, now):
    days = BY_NAME[name].days
    assert change_facts(facts((0, 1, before), (days, days + 1, now)), BY_NAME[name]).is_empty()


def test_the_change_of_inflation_is_against_the_month_before():
    march, april = (datetime(2024, month, 1, tzinfo=UTC) for month in (3, 4))
    rates = pl.DataFrame(
        [(march, march + timedelta(40), 3.5), (april, april + timedelta(44), 3.4)], schema=SCHEMA, orient="row"
    )
    (change,) = change_facts(rates, BY_NAME["cpi_yoy_change"]).rows()
    assert change == (april, april + timedelta(44), pytest.approx(-0.1))


def test_search_interest_of_monthly_and_of_weekly_downloads_has_a_change():
    monthly = [datetime(2023 + m // 12, m % 12 + 1, 1, tzinfo=UTC) for m in range(15)]
    frame = pl.DataFrame(
        [(at, at + timedelta(32), float(n)) for n, at in enumerate(monthly)], schema=SCHEMA, orient="row"
    )
    changes = change_facts(frame, BY_NAME["google_trends_change_30d"])
    assert changes["value"].to_list() == [1.0] * 14  # February's 28 days included
    weekly = change_facts(facts(*((7 * w, 7 * w + 7, float(w)) for w in range(9))), BY_NAME["google_trends_change_30d"])
    assert weekly["value"].to_list() == [4.0] * 5


def test_every_change_is_of_a_series_that_can_be_fed():
    assert {field.series for field in CHANGE_FIELDS} <= set(SERIES_FIELDS)


def test_a_series_of_one_value_or_none_has_no_change():
    for field in CHANGE_FIELDS:
        assert change_facts(facts((0, 1, 5.0)), field).is_empty()
        assert change_facts(facts(), field).is_empty()


FIELD = ChangeField("x", "vix", "difference", 5, 3, "1", "for tests")
tables = st.dictionaries(st.tuples(st.integers(0, 25), st.integers(0, 12)), st.integers(1, 9).map(float), max_size=30)


@given(tables)
def test_equal_to_the_definition_at_every_moment(table):
    rows = [(event, event + late, value) for (event, late), value in table.items()]
    changes = told(change_facts(facts(*rows), FIELD))
    for moment in range(40):
        now = {e: v for e, k, v in sorted(rows, key=lambda row: row[1]) if k <= moment}
        expected = {}
        for event, value in now.items():
            bases = [base for base in now if event - 8 <= base <= event - 5]
            if bases:
                expected[event] = value - now[max(bases)]
        assert {e: v for e, k, v in sorted(changes, key=lambda row: row[1]) if k <= moment} == expected


@given(tables, st.integers(0, 40))
def test_what_becomes_known_later_changes_no_change(table, moment):
    rows = [(event, event + late, value) for (event, late), value in table.items()]
    early = facts(*(row for row in rows if row[1] <= moment))
    for make in (lambda f: change_facts(f, FIELD), lambda f: trailing_mean(f, 7)):
        assert make(early).equals(make(facts(*rows)).filter(pl.col("known_at") <= day(moment)))


def test_funding_of_seven_days_is_the_mean_of_its_settlements():
    # three a day; the window (day 1, day 8] holds 21, after the first day's high rates
    rates = facts(*((n / 3, n / 3, 1.0 if n / 3 <= 1 else 0.25 + 0.01 * (n == 24)) for n in range(25)))
    *_, last = told(trailing_mean(rates, 7))
    assert last == (8, 8, pytest.approx(0.25 + 0.01 / 21))


def test_a_mean_needs_its_whole_window():
    rates = facts(*((float(n), float(n), 1.0) for n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 30, 31)))
    assert [event for event, _, _ in told(trailing_mean(rates, 7))] == [6, 7, 8]  # nor is day 30 a week by itself
