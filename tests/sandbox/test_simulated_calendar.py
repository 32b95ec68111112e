"""When a simulated world trades: the rules against days looked up in the exchanges' own calendars."""

from __future__ import annotations

from datetime import date

import pytest

from foretune.sandbox.simulated_calendar import easter, is_currency_day, is_session, us_holidays


@pytest.mark.parametrize(
    ("year", "closed"),
    [
        # the exchange's published holidays of these years
        (2020, "01-01 01-20 02-17 04-10 05-25 07-03 09-07 11-26 12-25"),
        (2021, "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24"),
        (2022, "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26"),
        (2023, "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25"),
        (2024, "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25"),
    ],
)
def test_holidays_of_us_exchanges(year, closed):
    assert sorted(f"{day:%m-%d}" for day in us_holidays(year)) == closed.split()


def test_new_year_on_a_saturday_is_not_made_up_for():
    assert is_session(date(2021, 12, 31))  # 1 January 2022 is a Saturday


@pytest.mark.parametrize(
    ("year", "day"), [(1961, (4, 2)), (2000, (4, 23)), (2008, (3, 23)), (2011, (4, 24)), (2038, (4, 25))]
)
def test_easter_sunday(year, day):
    assert easter(year) == date(year, *day)


def test_currencies_rest_on_two_holidays_only():
    assert is_currency_day(date(2024, 7, 4))
    assert not is_currency_day(date(2024, 12, 25))
    assert not is_currency_day(date(2024, 7, 6))  # a Saturday
