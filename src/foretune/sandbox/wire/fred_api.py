"""FRED's JSON interface: observations with their real-time periods, and vintage dates.

A series with vintages is answered from those alone, so that all its values share one unit. A
series without any has only today's values. What this sandbox cannot do (other units, frequencies,
output types) is refused rather than ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

from foretune.sandbox.market import Market
from foretune.sandbox.wire.answer import Answer, whole

FIRST_DAY: Final = "1776-07-04"
LAST_DAY: Final = "9999-12-31"
MOST_VINTAGES: Final = 2_000
_KEY: Final = re.compile(r"[0-9a-z]{32}")
_KEY_HELP: Final = "Read https://fred.stlouisfed.org/docs/api/api_key.html for more information."
_FIXED: Final = {"file_type": "json", "units": "lin", "output_type": "1"}
_UNSERVED: Final = ("frequency", "aggregation_method", "vintage_dates")

Query = Mapping[str, str]


class _Refused(Exception):
    """FRED's wording after `Bad Request.`"""


class _Row(NamedTuple):
    """A value that stood from `start` to `end` (days, both included)."""

    start: str
    end: str
    day: str
    value: str


def answer(market: Market, path: str, query: Query) -> Answer:
    """Answer GET `/fred/series/observations` or `/fred/series/vintagedates`."""
    endpoint = {"/fred/series/observations": observations, "/fred/series/vintagedates": vintage_dates}.get(path)
    if endpoint is None:
        return Answer.json({"error_code": 404, "error_message": "Not Found"}, 404)
    try:
        _check_key(query)
        if not query.get("series_id"):
            raise _Refused("Variable series_id is not set.")
        if query["series_id"] not in market.listing.fred:
            raise _Refused("The series does not exist.")
        return Answer.json(endpoint(market, query))
    except _Refused as refusal:
        return Answer.json({"error_code": 400, "error_message": f"Bad Request.  {refusal}"}, 400)


def observations(market: Market, query: Query) -> dict[str, Any]:
    """Values of the periods in [`observation_start`, `observation_end`], known in the real-time period.

    Each row's real-time period is cut to the one asked for, which is today unless given.
    """
    _check_fixed(query)
    series = query["series_id"]
    first, last = _day(query, "observation_start", FIRST_DAY), _day(query, "observation_end", LAST_DAY)
    start, end = _realtime(market, query)
    rows = _vintages(market, series, start, end) if series in market.listing.vintages else None
    if rows is None:
        today = _today(market)
        if (start, end) != (today, today):
            raise _Refused(f"{series} has no vintages in this market: ask without realtime_start and realtime_end.")
        rows = [_Row(today, today, row.day, row.value) for row in market.fred(series)]
    wanted = [row for row in rows if first <= row.day <= last]
    if _order(query) == "desc":
        wanted.reverse()
    offset, limit = _number(query, "offset", 0, 0, 10**9), _number(query, "limit", 100_000, 1, 100_000)
    return {
        "realtime_start": start,
        "realtime_end": end,
        "observation_start": first,
        "observation_end": last,
        "units": "lin",
        "output_type": 1,
        "file_type": "json",
        "order_by": "observation_date",
        "sort_order": _order(query),
        "count": len(wanted),
        "offset": offset,
        "limit": limit,
        "observations": [
            {"realtime_start": row.start, "realtime_end": row.end, "date": row.day, "value": row.value or "."}
            for row in wanted[offset : offset + limit]
        ],
    }


def vintage_dates(market: Market, query: Query) -> dict[str, Any]:
    """The days in the real-time period (always, unless given) on which a value was published or revised."""
    series = query["series_id"]
    if series not in market.listing.vintages:
        raise _Refused(f"{series} has no vintages in this market.")
    start, end = _realtime(market, {"realtime_start": FIRST_DAY, "realtime_end": LAST_DAY, **query})
    days = sorted({row.published for row in market.fred_vintages(series) if start <= row.published <= end})
    if _order(query) == "desc":
        days.reverse()
    offset, limit = _number(query, "offset", 0, 0, 10**9), _number(query, "limit", 10_000, 1, 10_000)
    return {
        "realtime_start": start,
        "realtime_end": end,
        "order_by": "vintage_date",
        "sort_order": _order(query),
        "count": len(days),
        "offset": offset,
        "limit": limit,
        "vintage_dates": days[offset : offset + limit],
    }


def _vintages(market: Market, series: str, start: str, end: str) -> list[_Row]:
    """Rows that stood at some time in [`start`, `end`], by day and then by publication."""
    known = sorted(market.fred_vintages(series), key=lambda row: (row.day, row.published))
    found = len({row.published for row in known if start <= row.published <= end})
    if found > MOST_VINTAGES:
        said = f"{found} vintage dates exceed the maximum number of vintage dates of one request, {MOST_VINTAGES}."
        raise _Refused(said)
    rows: list[_Row] = []
    for day, of_day in groupby(known, key=lambda row: row.day):
        releases = list(of_day)
        ends = [*(_day_before(later.published) for later in releases[1:]), LAST_DAY]
        rows += [
            _Row(max(release.published, start), min(until, end), day, release.value)
            for release, until in zip(releases, ends, strict=True)
            if release.published <= end and until >= start
        ]
    return rows


def _realtime(market: Market, query: Query) -> tuple[str, str]:
    today = _today(market)
    start, end = _day(query, "realtime_start", today), _day(query, "realtime_end", today)
    if start < FIRST_DAY or start > end:
        raise _Refused(
            f"The real-time period must lie between {FIRST_DAY} and {LAST_DAY} and not end before it starts."
        )
    if end > today and end != LAST_DAY:
        raise _Refused(f"Variable realtime_end can not be after today's date ({today}) unless it is {LAST_DAY}.")
    return start, end


def _check_key(query: Query) -> None:
    if not query.get("api_key"):
        raise _Refused(f"Variable api_key is not set.  {_KEY_HELP}")
    if not _KEY.fullmatch(query["api_key"]):
        raise _Refused(
            f"The value for variable api_key is not a 32 character alpha-numeric lower-case string.  {_KEY_HELP}"
        )


def _check_fixed(query: Query) -> None:
    """FRED's own default is XML, so JSON has to be asked for."""
    if query.get("file_type") != "json":
        raise _Refused("This sandbox answers file_type=json only.")
    for name, value in _FIXED.items():
        if query.get(name, value) != value:
            raise _Refused(f"This sandbox knows {name}={value} only.")
    for name in _UNSERVED:
        if name in query:
            raise _Refused(f"This sandbox does not know {name}.")


def _order(query: Query) -> str:
    order = query.get("sort_order", "asc")
    if order not in ("asc", "desc"):
        raise _Refused("Variable sort_order is not one of the values: 'asc', 'desc'.")
    return order


def _number(query: Query, name: str, default: int, least: int, most: int) -> int:
    found = whole(query.get(name, str(default)))
    if found is None or not least <= found <= most:
        raise _Refused(f"Variable {name} is not between {least} and {most}.")
    return found


def _day(query: Query, name: str, default: str) -> str:
    text = query.get(name, default)
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _Refused(f"Variable {name} is not a YYYY-MM-DD date.") from None


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _today(market: Market) -> str:
    return market.now.date().isoformat()
