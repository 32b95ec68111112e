"""When observations become public: schedules by series, careful guesses for the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from foretune.sandbox.publication import is_public, period_of, published_on
from foretune.tables.release_calendar import RELEASE_RULES, with_known_at


@pytest.mark.parametrize(
    ("series", "day", "latest"),
    [
        # real release days of values that came unusually late
        ("CPIAUCSL", date(2013, 9, 1), date(2013, 10, 30)),
        ("UNRATE", date(2013, 9, 1), date(2013, 10, 22)),
        ("GDPC1", date(2018, 10, 1), date(2019, 2, 28)),
        ("UNRATE", date(2025, 9, 1), date(2025, 11, 20)),
        ("GDPC1", date(2025, 7, 1), date(2025, 12, 23)),
        ("ICSA", date(2025, 9, 27), date(2025, 11, 20)),
        # and of ordinary ones
        ("ICSA", date(2024, 12, 21), date(2024, 12, 26)),
        ("DGS10", date(2024, 3, 8), date(2024, 3, 11)),
        ("VIXCLS", date(2024, 3, 8), date(2024, 3, 11)),  # a Friday's close on Monday
        ("FEDFUNDS", date(2024, 11, 1), date(2024, 12, 2)),
    ],
)
def test_no_known_release_came_later(series, day, latest):
    assert published_on(series, day) >= latest


@pytest.mark.parametrize("series", RELEASE_RULES)
@pytest.mark.parametrize("day", [date(2024, month, 1) for month in (1, 4, 7, 10)])
def test_no_value_appears_later_than_a_dataset_takes_it_to_be_known(series, day):
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    frame = pl.DataFrame({"event_at": [midnight]}, schema={"event_at": pl.Datetime("us", "UTC")})
    known_at = with_known_at(frame, RELEASE_RULES[series])["known_at"].item()
    assert is_public(published_on(series, day), known_at)


def test_an_unknown_series_waits_by_its_period():
    assert published_on("NEW", date(2024, 2, 1), "month") == date(2024, 2, 29) + timedelta(days=45)
    assert published_on("NEW", date(2024, 10, 1), "quarter") == date(2024, 12, 31) + timedelta(days=60)


@pytest.mark.parametrize(("gap", "period"), [(1, "day"), (7, "week"), (30, "month"), (91, "quarter")])
def test_the_period_is_read_off_the_spacing(gap, period):
    assert period_of([date(2024, 1, 1) + timedelta(days=gap * i) for i in range(5)]) == period


def test_a_publication_day_must_be_over():
    assert not is_public(date(2024, 3, 12), datetime(2024, 3, 12, 23, 59, tzinfo=UTC))
    assert is_public(date(2024, 3, 12), datetime(2024, 3, 13, tzinfo=UTC))
