"""Growth rates are made of values known together, and a revision makes a new one when it is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.features.macro import SERIES_FIELDS, transform_series

SCHEMA = {"event_at": pl.Datetime("us", "UTC"), "known_at": pl.Datetime("us", "UTC"), "value": pl.Float64}


def month(number: int) -> datetime:
    return datetime(2020 + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def facts(*rows: tuple[datetime, datetime, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def test_a_revision_of_the_year_before_gives_a_new_rate_when_it_is_known():
    series = facts(
        (at("2022-01-01"), at("2022-02-10"), 200.0),
        (at("2023-01-01"), at("2023-02-14"), 210.0),  # 5 % over 200
        (at("2022-01-01"), at("2023-03-01"), 205.0),  # last year is revised up: 210 / 205
    )
    rates = transform_series(series, "year_over_year_pct")
    assert rates["known_at"].to_list() == [at("2023-02-14"), at("2023-03-01")]
    assert rates["value"].to_list() == pytest.approx([5.0, (210 / 205 - 1) * 100])


def test_a_new_base_year_makes_no_jump():
    # in February 2024 the whole history is published anew at a tenth of its level
    old = [(month(m), month(m) + timedelta(days=45), 300.0 * 1.002**m) for m in range(48)]
    rebased = at("2024-02-15")
    new = [(month(m), rebased, 30.0 * 1.002**m) for m in range(48)]
    rates = transform_series(facts(*old[:-1], *new), "year_over_year_pct")
    assert rates["value"].to_list() == pytest.approx([(1.002**12 - 1) * 100] * len(rates))


def test_without_the_same_month_of_the_year_before_there_is_no_rate():
    # October 2025 was never published: neither it nor October 2026 has a rate
    published = [month(m) for m in range(24) if m != 9]
    rates = transform_series(
        facts(*((at_, at_ + timedelta(days=45), 100.0) for at_ in published)), "year_over_year_pct"
    )
    assert rates["event_at"].to_list() == [month(m) for m in range(12, 24) if m != 21]


def test_a_quarters_growth_is_against_the_quarter_before():
    series = facts((at("2024-01-01"), at("2024-04-25"), 100.0), (at("2024-04-01"), at("2024-07-25"), 100.7))
    assert transform_series(series, "period_over_period_pct")["value"].to_list() == pytest.approx([0.7])


def test_a_base_that_is_not_positive_has_no_growth():
    series = facts((month(0), month(1), 0.0), (month(12), month(13), 5.0), (month(1), month(2), -1.0))
    assert transform_series(series, "year_over_year_pct").is_empty()


def test_a_level_stays_as_it_is_with_all_its_vintages():
    series = facts((month(1), month(3), 2.0), (month(0), month(2), 1.0), (month(0), month(1), 1.5))
    assert transform_series(series, "level")["value"].to_list() == [1.5, 1.0, 2.0]


vintages = st.dictionaries(
    st.tuples(st.integers(0, 26), st.integers(0, 20)), st.integers(1, 9).map(float), min_size=1, max_size=40
)


@given(vintages)
def test_at_any_moment_a_rate_is_the_newest_value_over_the_newest_base(table):
    series = facts(*((month(m), month(m) + timedelta(days=31 + 20 * late), v) for (m, late), v in table.items()))
    rates = transform_series(series, "year_over_year_pct")
    rows = series.rows()
    for moment in sorted(set(series["known_at"])):
        now = {event: value for event, known, value in sorted(rows, key=lambda row: row[1]) if known <= moment}
        expected = {e: (v / now[b] - 1) * 100 for e, v in now.items() if (b := e.replace(year=e.year - 1)) in now}
        told = {event: value for event, known, value in rates.sort("known_at").rows() if known <= moment}
        assert told == expected


@given(vintages, st.integers(0, 60))
def test_what_becomes_known_later_changes_no_rate(table, cut):
    series = facts(*((month(m), month(m) + timedelta(days=31 + 20 * late), v) for (m, late), v in table.items()))
    moment = month(cut)
    whole = transform_series(series, "year_over_year_pct").filter(pl.col("known_at") <= moment)
    assert transform_series(series.filter(pl.col("known_at") <= moment), "year_over_year_pct").equals(whole)


def test_what_is_published_weeks_after_its_period_is_marked():
    assert {name for name, field in SERIES_FIELDS.items() if field.released} == {
        "cpi_yoy",
        "gdp_growth_qoq",
        "unemployment_rate",
    }
