"""When a dated observation became public, so that a replay does not run ahead of its own clock.

Only for deciding what the sandbox shows at its `now`. Lags reach the latest release known of each
series, so a value appears late rather than early, but never later than `tables.release_calendar`
takes it to be known. No data here.
"""

from __future__ import annotations

import calendar
import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

Period = Literal["day", "week", "month", "quarter"]

_SCHEDULES: Final[dict[str, tuple[Period, int]]] = {
    # series: period its date opens, days from the period's last day to the latest known publication
    "SP500": ("day", 0),
    "VIXCLS": ("day", 3),  # the next business day
    "DGS10": ("day", 3),  # the same
    "DGS2": ("day", 3),
    "DTWEXBGS": ("day", 10),  # on Mondays, for the week before
    "DCOILWTICO": ("day", 10),
    "ICSA": ("day", 54),  # 20 November 2025 for Saturday 27 September; usually the Thursday after
    "CPIAUCSL": ("month", 30),  # 30 October 2013 for September; usually day 10 to 15
    "UNRATE": ("month", 51),  # 20 November 2025 for September; usually the first Friday
    "FEDFUNDS": ("month", 4),
    "GDPC1": ("quarter", 84),  # 23 December 2025 for the third quarter; usually 30 days
}
_UNKNOWN: Final[dict[Period, int]] = {"day": 1, "week": 7, "month": 45, "quarter": 60}


def published_on(series_id: str, day: date, period: Period = "day") -> date:
    """The day by whose end the observation dated `day` is public.

    `period` is used for a series without a known schedule, which then gets a generous lag.

    >>> published_on("CPIAUCSL", date(2024, 2, 1))
    datetime.date(2024, 3, 30)
    """
    period, lag = _SCHEDULES.get(series_id, (period, _UNKNOWN[period]))
    return last_day(day, period) + timedelta(days=lag)


def period_of(days: Sequence[date]) -> Period:
    """The period that dates spaced like `days` stand for.

    >>> period_of([date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)])
    'month'
    """
    gaps = sorted((later - earlier).days for earlier, later in itertools.pairwise(days))
    typical = gaps[len(gaps) // 2] if gaps else 1
    if typical <= 4:
        return "day"
    if typical <= 10:
        return "week"
    return "month" if typical <= 45 else "quarter"


def is_public(published: date, now: datetime) -> bool:
    """Whether the whole UTC day `published` is over at `now`.

    >>> is_public(date(2024, 3, 12), datetime(2024, 3, 13, tzinfo=UTC))
    True
    """
    return published < now.astimezone(UTC).date()


def last_day(day: date, period: Period) -> date:
    """The last day of the `period` that begins on `day`.

    >>> last_day(date(2024, 2, 1), "month")
    datetime.date(2024, 2, 29)
    """
    if period == "day":
        return day
    if period == "week":
        return day + timedelta(days=6)
    months = 1 if period == "month" else 3
    last = day.month - 1 + months - 1
    year, month = day.year + last // 12, last % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])
