"""When a series becomes known: hand-worked dates."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from foretune.errors import ConfigError, DataError
from foretune.tables.release_calendar import rule_for, with_known_at


def known(series: str, period: datetime, releases: dict[date, date] | None = None) -> tuple[datetime, str]:
    frame = pl.DataFrame({"event_at": [period]}, schema={"event_at": pl.Datetime("us", "UTC")})
    row = with_known_at(frame, rule_for(series), releases).row(0, named=True)
    return row["known_at"], row["basis"]


def test_a_month_counts_from_its_end():
    # January 2024 ends on the 31st; 31 full days later it is 3 March, 00:00 (2024 has a 29 February)
    assert known("CPIAUCSL", datetime(2024, 1, 1, tzinfo=UTC)) == (datetime(2024, 3, 3, tzinfo=UTC), "assumed")


def test_a_release_date_is_better_than_a_lag_and_counts_from_the_end_of_its_day():
    released = {date(2024, 1, 1): date(2024, 2, 13)}
    assert known("CPIAUCSL", datetime(2024, 1, 1, tzinfo=UTC), released) == (
        datetime(2024, 2, 14, tzinfo=UTC),
        "published",
    )


def test_a_month_the_calendar_does_not_list_falls_back_to_the_lag():
    released = {date(2024, 2, 1): date(2024, 3, 12)}
    assert known("CPIAUCSL", datetime(2024, 1, 1, tzinfo=UTC), released)[1] == "assumed"


@pytest.mark.parametrize(
    ("series", "period", "released"),
    [  # the latest releases known: shutdowns of 2013, 2018/19 and 2025, and an ordinary January
        ("CPIAUCSL", datetime(2013, 9, 1, tzinfo=UTC), datetime(2013, 10, 30, tzinfo=UTC)),
        ("CPIAUCSL", datetime(2010, 1, 1, tzinfo=UTC), datetime(2010, 2, 19, tzinfo=UTC)),
        ("UNRATE", datetime(2013, 9, 1, tzinfo=UTC), datetime(2013, 10, 22, tzinfo=UTC)),
        ("GDPC1", datetime(2018, 10, 1, tzinfo=UTC), datetime(2019, 2, 28, tzinfo=UTC)),
        ("CPIAUCSL", datetime(2025, 9, 1, tzinfo=UTC), datetime(2025, 10, 24, tzinfo=UTC)),
        ("UNRATE", datetime(2025, 9, 1, tzinfo=UTC), datetime(2025, 11, 20, tzinfo=UTC)),
        ("GDPC1", datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 12, 23, tzinfo=UTC)),
        # no weekly claims from 25 September to 20 November 2025: the first week held back ended on the 27th
        ("ICSA", datetime(2025, 9, 27, tzinfo=UTC), datetime(2025, 11, 20, tzinfo=UTC)),
        # Friday before Labor Day; FRED has it on Tuesday morning
        ("VIXCLS", datetime(2025, 8, 29, tzinfo=UTC), datetime(2025, 9, 2, tzinfo=UTC)),
        ("DGS10", datetime(2025, 8, 29, tzinfo=UTC), datetime(2025, 9, 2, tzinfo=UTC)),
    ],
)
def test_the_lag_covers_the_latest_release_there_was(series, period, released):
    assert known(series, period)[0] > released


def test_fridays_vix_is_not_known_on_the_weekend():
    # Friday 8 March 2024: on FRED on Monday the 11th, known for us from Wednesday the 13th, 00:00
    assert known("VIXCLS", datetime(2024, 3, 8, tzinfo=UTC))[0] == datetime(2024, 3, 13, tzinfo=UTC)


def test_the_sp500_of_a_day_is_known_before_the_next_day_is_over():
    # FRED updated it on 2024-05-16 at 7:11 pm CDT, which is 00:11 UTC of the 17th
    assert known("SP500", datetime(2024, 5, 16, tzinfo=UTC))[0] == datetime(2024, 5, 18, tzinfo=UTC)


@pytest.mark.parametrize("series", ["CPIAUCSL", "GDPC1"])
def test_a_calendar_that_releases_a_period_before_its_end_is_refused(series):
    # a quarter from January cannot be known in February, nor a month on its 12th day
    released = {date(2024, 1, 1): date(2024, 2, 13) if series == "GDPC1" else date(2024, 1, 12)}
    with pytest.raises(DataError, match="before it ended"):
        known(series, datetime(2024, 1, 1, tzinfo=UTC), released)


def test_a_series_without_a_rule_is_refused_rather_than_guessed():
    with pytest.raises(ConfigError, match="release_lag_days"):
        rule_for("M2SL")
    assert rule_for("M2SL", 40).lag_days == 40
