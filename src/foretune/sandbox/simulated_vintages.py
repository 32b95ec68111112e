"""How the agencies of a simulated world publish a figure: a first release, then revisions.

A release shows the figure that will stand in the end, off by an error that shrinks with every
revision. The calendars are rules like the real ones; no value is made here but the errors.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from foretune.sandbox.market import Observation, Vintage
from foretune.sandbox.publication import is_public
from foretune.sandbox.simulated_calendar import next_weekday, shift_month
from foretune.sandbox.simulated_world import World

_STREAM: Final = 8
_YEARLY: Final = 5
"""A month's figure is revised once a year, for this many years."""
_GDP_YEARLY: Final = 3


def cpi_release(month: date) -> date:
    """The 12th of the following month, or the Monday after.

    >>> cpi_release(date(2024, 9, 1))
    datetime.date(2024, 10, 14)
    """
    return next_weekday(shift_month(month, 1).replace(day=12))


def jobs_release(month: date) -> date:
    """The first Friday of the following month.

    >>> jobs_release(date(2024, 9, 1))
    datetime.date(2024, 10, 4)
    """
    following = shift_month(month, 1)
    return following + timedelta(days=(calendar.FRIDAY - following.weekday()) % 7)


def gdp_release(quarter: date, estimate: int = 0) -> date:
    """The advance (0), second (1) or third (2) estimate: four weeks after the quarter, then monthly.

    >>> [gdp_release(date(2024, 7, 1), estimate) for estimate in range(3)]
    [datetime.date(2024, 10, 29), datetime.date(2024, 11, 29), datetime.date(2024, 12, 30)]
    """
    return next_weekday(shift_month(quarter, 3 + estimate) + timedelta(days=28))


def cpi_calendar(world: World) -> tuple[tuple[date, str], ...]:
    """(release day, `YYYY-MM`) of every month, the running one and the next two: they are known in advance."""
    months = [month for month, _ in world.macro.figures["CPIAUCSL"]]
    running = world.day(world.days - 1).replace(day=1)
    days = {month: cpi_release(month) for month in [*months, *(shift_month(running, ahead) for ahead in range(3))]}
    return tuple((day, f"{month:%Y-%m}") for month, day in days.items())


def _cpi_days(month: date) -> Iterator[date]:
    """New seasonal factors come with January's figure, in February."""
    yield cpi_release(month)
    for years in range(1, _YEARLY + 1):
        yield cpi_release(date(month.year + years, 1, 1))


def _jobs_days(month: date) -> Iterator[date]:
    """New seasonal factors come with December's figure, in January."""
    yield jobs_release(month)
    for years in range(_YEARLY):
        yield jobs_release(date(month.year + years, 12, 1))


def _gdp_days(quarter: date) -> Iterator[date]:
    """The yearly revision comes with the second quarter's third estimate and reaches the quarters before."""
    yield from (gdp_release(quarter, estimate) for estimate in range(3))
    first = quarter.year if quarter.month < 4 else quarter.year + 1
    yield from (gdp_release(date(first + years, 4, 1), 2) for years in range(_GDP_YEARLY))


@dataclass(frozen=True, slots=True)
class _Practice:
    """How one series is published. The first release is off by `error`, a fraction or, if `points`, points.

    A revision keeps `kept` of the error before it and adds a new one of `again`, drawn smaller each time.
    """

    days: Callable[[date], Iterator[date]]
    revisions: int
    error: float
    kept: float
    again: float
    decimals: int
    points: bool = False


_PRACTICES: Final = {
    "CPIAUCSL": _Practice(_cpi_days, _YEARLY, 3e-4, 0.6, 1.5e-4, 3),
    "UNRATE": _Practice(_jobs_days, _YEARLY, 0.06, 0.5, 0.04, 1, points=True),
    "GDPC1": _Practice(_gdp_days, 2 + _GDP_YEARLY, 1.5e-3, 0.6, 6e-4, 1),
}


def vintages(world: World, series_id: str) -> tuple[Vintage, ...]:
    """Every release whose day is over, ascending by period, then by day of publication.

    Releases that repeat the standing value are left out, as a vintage archive does.
    """
    practice = _PRACTICES[series_id]
    figures = world.macro.figures[series_id]
    stream = world.stream(_STREAM, 1 + list(_PRACTICES).index(series_id))
    draws = stream.standard_normal((len(figures), 1 + practice.revisions)).tolist()
    return tuple(
        each
        for (day, value), row in zip(figures, draws, strict=True)
        for each in _releases(practice, day, value, row)
        if is_public(date.fromisoformat(each.published), world.now)
    )


def standing(vintages: Sequence[Vintage]) -> list[Observation]:
    """The value that stands for each period after all of `vintages`, which ascend as above."""
    latest = {each.day: each.value for each in vintages}
    return [Observation(day, value) for day, value in latest.items()]


def _releases(practice: _Practice, day: date, value: float, draws: list[float]) -> Iterator[Vintage]:
    error, standing, latest = practice.error * draws[0], "", date.min
    for number, published in enumerate(practice.days(day)):
        if number:
            error = practice.kept * error + practice.again * draws[number] / number
        text = f"{value + error if practice.points else value * (1 + error):.{practice.decimals}f}"
        if published > latest and text != standing:
            yield Vintage(day.isoformat(), published.isoformat(), text)
            standing = text
        latest = max(latest, published)
