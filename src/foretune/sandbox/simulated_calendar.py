"""Which days a simulated world trades on and publishes on. Rules only: no list of dates, no values.

The rules are those of the US exchanges of today, without their one-off closures.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6


def is_session(day: date) -> bool:
    """Whether US shares trade on `day`.

    >>> is_session(date(2024, 3, 28)), is_session(date(2024, 3, 29))  # the day before and Good Friday
    (True, False)
    """
    return day.weekday() < _SATURDAY and day not in us_holidays(day.year)


def is_currency_day(day: date) -> bool:
    """Whether currencies and gold are quoted on `day`: weekdays but Christmas and New Year's Day."""
    return day.weekday() < _SATURDAY and (day.month, day.day) not in ((1, 1), (12, 25))


@cache
def us_holidays(year: int) -> frozenset[date]:
    """The weekdays of `year` on which US exchanges are closed.

    A fixed holiday moves from Sunday to Monday and from Saturday to Friday, but New Year's Day,
    which on a Saturday is not made up for.

    >>> sorted(f"{day:%m-%d}" for day in us_holidays(2022))  # Juneteenth, the 19th, was a Sunday
    ['01-17', '02-21', '04-15', '05-30', '06-20', '07-04', '09-05', '11-24', '12-26']
    """
    floating = {
        _nth(year, 1, 3, _MONDAY),
        _nth(year, 2, 3, _MONDAY),
        easter(year) - timedelta(days=2),
        _nth(year, 6, 1, _MONDAY) - timedelta(days=7),  # the last Monday of May
        _nth(year, 9, 1, _MONDAY),
        _nth(year, 11, 4, _THURSDAY),
    }
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 12, 25)]
    if year >= 2022:
        fixed.append(date(year, 6, 19))
    moved = {_observed(day) for day in fixed}
    return frozenset(day for day in floating | moved if day.year == year)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of Nature, 20 April 1876).

    >>> easter(2000), easter(2025)
    (datetime.date(2000, 4, 23), datetime.date(2025, 4, 20))
    """
    century, rest = divmod(year, 100)
    shift = (century - (century + 8) // 25 + 1) // 3
    golden = year % 19
    epact = (19 * golden + century - century // 4 - shift + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


def shift_month(month: date, by: int) -> date:
    """The first of the month `by` months after the first of a month.

    >>> shift_month(date(2024, 11, 1), 3)
    datetime.date(2025, 2, 1)
    """
    index = month.year * 12 + month.month - 1 + by
    return date(index // 12, index % 12 + 1, 1)


def next_weekday(day: date) -> date:
    """`day`, or the Monday after it at a weekend.

    >>> next_weekday(date(2024, 6, 8))
    datetime.date(2024, 6, 10)
    """
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= _SATURDAY else day


def _observed(day: date) -> date:
    if day.weekday() == _SUNDAY:
        return day + timedelta(days=1)
    return day - timedelta(days=1) if day.weekday() == _SATURDAY else day


def _nth(year: int, month: int, nth: int, weekday: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
