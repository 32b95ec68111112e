"""FRED's keyless graph CSV. Latest vintage only: what was known when is decided in `tables`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from foretune.errors import AccessDenied, MalformedResponse
from foretune.sources.excerpt import excerpt
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse

PROVIDER: Final = "fred"
_BLOCKED: Final = ("access denied", "forbidden", "blocked", "captcha", "unusual traffic")


class FredSource:
    """Series by id below `base`."""

    def __init__(self, http: HttpClient, base: str) -> None:
        self._http = http
        self._base = base

    def graph_csv(self, series_id: str, start: date | None = None, end: date | None = None) -> RawResponse:
        """One series as CSV with header `observation_date,<ID>`; both ends included.

        Observation dates are period starts; a missing value is `.` or empty.

        Raises:
            RequestRefused: no such series.
            AccessDenied: a page that says this address is blocked came instead.
            MalformedResponse: something else than a CSV of this series came.
        """
        params = {"id": series_id}
        if start is not None:
            params["cosd"] = start.isoformat()
        if end is not None:
            params["coed"] = end.isoformat()
        return self._http.get(PROVIDER, self._base, "/graph/fredgraph.csv", params, check=_check)


def _check(response: RawResponse, headers: Mapping[str, str]) -> None:
    text = response.text().removeprefix("\ufeff").lstrip()
    series_id = response.params["id"]
    if text.startswith("<"):
        if any(word in text.lower() for word in _BLOCKED):
            raise AccessDenied(PROVIDER, f"{series_id}: a page came instead of data, it says this address is blocked")
        raise MalformedResponse(PROVIDER, f"{series_id}: expected CSV, found an HTML page; try again later")
    header = text.partition("\n")[0].strip()
    if header not in (f"observation_date,{series_id}", f"DATE,{series_id}"):
        raise MalformedResponse(
            PROVIDER, f"{series_id}: expected the header 'observation_date,{series_id}', found {excerpt(header)!r}"
        )
    if not text.endswith("\n"):  # a value cut in half would still be a number
        last = text.rpartition("\n")[2]
        raise MalformedResponse(PROVIDER, f"{series_id}: the body stops within a line ({excerpt(last)!r}); try again")
