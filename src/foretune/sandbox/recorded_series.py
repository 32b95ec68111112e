"""Recorded series: FRED values and vintages, funding, sentiment, news tone, search interest.

Whole files, each value with the day it was public where that is known. What `now` hides is
decided in `recorded`.
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from pathlib import Path
from typing import Final

from foretune.errors import ConfigError
from foretune.sandbox.catalog import FredTable, Table, read_columns
from foretune.sandbox.market import Funding, NewsBucket, Observation, Sentiment, Vintage
from foretune.sandbox.publication import period_of, published_on
from foretune.sandbox.recorded_reading import ascending, day_of, instant

_QUARTER: Final = re.compile(r"(\d{4})q([1-4])")
_MISSING: Final = frozenset({"", ".", "NA"})


def read_funding(root: Path, table: Table) -> tuple[Funding, ...]:
    """Settlements, in time."""
    path = root / table.file
    rows = read_columns(path, table.columns)
    settled = (Funding(instant(path, row["time"], table.utc_offset), row["rate"]) for row in rows)
    return ascending(tuple(settled), table.file)


def read_fred(root: Path, series_id: str, table: FredTable) -> tuple[tuple[Observation, date], ...]:
    """Observations with the day each was public: by the recorded calendar, or by a known lag."""
    path = root / table.file
    released: dict[str, date] = {}
    if table.releases is not None:
        for row in read_columns(root / table.releases, {"day": "release_date", "month": "reference_month"}):
            released[row["month"]] = day_of(root / table.releases, row["day"])
    rows = list(read_columns(path, {"day": "date", "value": "value"}))
    days = [day_of(path, row["day"]) for row in rows]
    period = period_of(days[-400:])
    return tuple(
        (
            Observation(day.isoformat(), row["value"]),
            released.get(day.isoformat()[:7]) or published_on(series_id, day, period),
        )
        for day, row in zip(days, rows, strict=True)
    )


def read_vintages(path: Path) -> tuple[Vintage, ...]:
    """Values as first published, by publication and day; a value that did not change is not repeated.

    The file knows only the quarter of a publication (`2002q4`). It counts as published on the last
    day of that quarter: late rather than early. Levels are in the unit of the file, which need not
    be the unit of the series' graph CSV: growth within one vintage is what they are good for.
    """
    columns = {"day": "observation_quarter_start", "vintage": "vintage", "value": "value"}
    dated = sorted(
        (_end_of_quarter(path, row["vintage"]), day_of(path, row["day"]), row["value"])
        for row in read_columns(path, columns)
    )
    standing: dict[date, str] = {}
    vintages = []
    for published, day, text in dated:
        value = "" if text in _MISSING else text
        if standing.get(day, "") != value:
            standing[day] = value
            vintages.append(Vintage(day.isoformat(), published.isoformat(), value))
    return tuple(vintages)


def read_sentiment(root: Path, table: Table) -> tuple[Sentiment, ...]:
    """Fear & Greed readings."""
    return tuple(
        Sentiment(int(row["time"]), row["value"], row["classification"])
        for row in read_columns(root / table.file, table.columns)
    )


def read_news(root: Path, table: Table) -> tuple[NewsBucket, ...]:
    """Tone and number of articles of each bucket; how many articles were monitored is not recorded."""
    path = root / table.file
    return tuple(
        NewsBucket(instant(path, row["time"], table.utc_offset) // 1000, row["tone"], row.get("articles", ""), "")
        for row in read_columns(path, table.columns)
    )


def read_interest(root: Path, table: Table) -> tuple[tuple[date, str], ...]:
    """Search interest by the first day of its period, 0 to 100 of the highest in the whole download.

    That scale looks ahead: a later peak would have made every earlier value smaller.
    """
    path = root / table.file
    return tuple((day_of(path, row["time"]), row["interest"]) for row in read_columns(path, table.columns))


def _end_of_quarter(path: Path, text: str) -> date:
    found = _QUARTER.fullmatch(text)
    if found is None:
        raise ConfigError(f"{path}: vintage {text!r} is not a quarter such as 2002q4")
    year, month = int(found[1]), 3 * int(found[2])
    return date(year, month, calendar.monthrange(year, month)[1])
