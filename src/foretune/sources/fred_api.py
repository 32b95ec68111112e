"""FRED's JSON interface with a key: every vintage of a series. What a vintage means is decided in `tables`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from pydantic import SecretStr

from foretune.errors import AccessDenied, MalformedResponse, RateLimited, RequestRefused, SourceError
from foretune.sources.excerpt import excerpt
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse

PROVIDER: Final = "fred_api"
OBSERVATION_LIMIT: Final = 100_000
VINTAGE_DATE_LIMIT: Final = 10_000
VINTAGES_PER_REQUEST: Final = 2_000  # the provider's cap on a JSON answer: every long daily series meets it
FIRST_DAY: Final = date(1776, 7, 4)  # the provider's names for "always" …
LAST_DAY: Final = date(9999, 12, 31)  # … and "still"


class _TooManyVintages(RequestRefused):
    """The real-time period holds more vintages than one answer may."""


class FredApiSource:
    """Series by id below `base`, all with the same key."""

    def __init__(self, http: HttpClient, base: str, api_key: SecretStr | None) -> None:
        self._http = http
        self._base = base
        self._api_key = api_key

    def observations(
        self, series: str, start: date | None = None, end: date | None = None, vintages: bool = True
    ) -> list[RawResponse]:
        """Every page of the observations whose periods start in [`start`, `end`].

        With `vintages` each value comes with the first day it stood (`realtime_start`). A series with
        more than 2,000 vintages is asked for in several real-time windows; a value that stands across
        a window's edge then comes again, stamped with that edge. Without `vintages` only today's
        values come, all stamped with today.

        Raises:
            AccessDenied: no key, or FRED does not know it.
            RequestRefused: no such series (or it has no vintages), or a parameter FRED refuses.
            RateLimited: about 120 requests a minute were exceeded on every try.
            MalformedResponse: not the documented JSON.
        """
        asked = {"series_id": series}
        if start is not None:
            asked["observation_start"] = start.isoformat()
        if end is not None:
            asked["observation_end"] = end.isoformat()
        if not vintages:
            return self._observation_pages(asked)
        try:
            return self._observation_pages({**asked, **_window(FIRST_DAY, LAST_DAY)})
        except _TooManyVintages:
            dates = [day for page in self.vintage_dates(series) for day in _vintage_dates(page)]
        return [
            page
            for first, last in _windows(dates)
            for page in self._observation_pages({**asked, **_window(first, last)})
        ]

    def vintage_dates(self, series: str) -> list[RawResponse]:
        """Every page of the days on which values of `series` were published or revised. Raises as `observations`."""
        params = {"series_id": series, **_window(FIRST_DAY, LAST_DAY)}
        return self._pages("/fred/series/vintagedates", params, VINTAGE_DATE_LIMIT, "vintage_dates")

    def _observation_pages(self, params: Mapping[str, str]) -> list[RawResponse]:
        return self._pages("/fred/series/observations", params, OBSERVATION_LIMIT, "observations")

    def _pages(self, path: str, params: Mapping[str, str], limit: int, rows: str) -> list[RawResponse]:
        """Pages by offset until `count` rows came."""
        pages: list[RawResponse] = []
        offset = 0
        announced: int | None = None
        while True:
            page = self._get(path, {**params, "limit": str(limit), "offset": str(offset)}, rows)
            pages.append(page)
            body = page.json()
            found = len(body[rows])
            total = body.get("count")
            if not isinstance(total, int) or isinstance(total, bool):
                raise MalformedResponse(PROVIDER, f"{path}: 'count' is {excerpt(str(total))!r}, not a number")
            offset += found
            if offset > total or total != (announced or total):  # else a wrong count would end the paging too early
                raise MalformedResponse(
                    PROVIDER, f"{path}: {announced or total} rows were announced, then {total}, and {offset} came"
                )
            announced = total
            if offset == total:
                return pages
            if found == 0:
                raise MalformedResponse(PROVIDER, f"{path}: {total} rows were announced and only {offset} came")

    def _get(self, path: str, params: Mapping[str, str], rows: str) -> RawResponse:
        key = self._api_key or SecretStr("")
        series = params["series_id"]
        if not key.get_secret_value().strip() and not self._http.replaying:
            raise AccessDenied(PROVIDER, f"{series} needs a key; set FRED_API_KEY (free) or use the source 'fred'")

        def check(response: RawResponse, headers: Mapping[str, str]) -> None:
            body = response.json()
            if isinstance(body, dict) and "error_code" in body:
                raise _refusal(series, body)
            if not isinstance(body, dict) or not isinstance(body.get(rows), list):
                raise MalformedResponse(PROVIDER, f"{series}: no list '{rows}' in {excerpt(response.text())!r}")

        def refusal(status: int, said: str, retry_after: float | None) -> SourceError | None:
            return _refusal(series, _error_body(said)) if status == 400 else None

        asked = {**params, "file_type": "json"}
        return self._http.get(PROVIDER, self._base, path, asked, secrets={"api_key": key}, check=check, refusal=refusal)


def _error_body(text: str) -> Mapping[str, Any]:
    """The object a refusal is, or its text as if it were the message of one."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    return body if isinstance(body, dict) else {"error_message": text}


def _refusal(series: str, body: Mapping[str, Any]) -> SourceError:
    said = str(body.get("error_message", ""))
    found = f"{series}: {excerpt(said)}"
    if body.get("error_code") == 429:
        return RateLimited(PROVIDER, found)
    if "variable api_key" in said:
        return AccessDenied(PROVIDER, f"{found}; set FRED_API_KEY to a key of your account")
    if "maximum number of vintage dates" in said:
        return _TooManyVintages(PROVIDER, found)
    if "does not exist" in said:
        return RequestRefused(PROVIDER, f"{found}; check the id, providers withdraw series (the LBMA gold prices)")
    return RequestRefused(PROVIDER, found)


def _window(first: date, last: date) -> dict[str, str]:
    return {"realtime_start": first.isoformat(), "realtime_end": last.isoformat()}


def _vintage_dates(page: RawResponse) -> list[date]:
    try:
        dates = [date.fromisoformat(day) for day in page.json()["vintage_dates"]]
    except (TypeError, ValueError):
        raise MalformedResponse(PROVIDER, f"{page.path}: a vintage date that is no date") from None
    if dates and min(dates) < FIRST_DAY:
        raise MalformedResponse(PROVIDER, f"{page.path}: a vintage date before {FIRST_DAY}, FRED's word for always")
    return dates


def _windows(dates: Sequence[date]) -> list[tuple[date, date]]:
    """Real-time windows without a gap, each with at most as many vintages as an answer may have."""
    starts = [FIRST_DAY, *sorted(set(dates))[VINTAGES_PER_REQUEST::VINTAGES_PER_REQUEST]]
    ends = [*(start - timedelta(days=1) for start in starts[1:]), LAST_DAY]
    return list(zip(starts, ends, strict=True))
