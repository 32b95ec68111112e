"""GDELT DOC 2.0: timelines and article lists of a search. No value is interpreted here.

GDELT answers a query it does not like with HTTP 200 and one line of text.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from foretune.errors import MalformedResponse, RateLimited, RequestRefused, SourceError
from foretune.sources.excerpt import excerpt
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse, parse_json

PROVIDER: Final = "gdelt"
ARTICLE_LIMIT: Final = 250
BACKOFF_S: Final = 15.0  # without a hint: refusals were seen at 15 s and more between requests
SPLIT_DAYS: Final = 364  # whole weeks, so that a window's edge cuts no week
SHORTEST_WINDOW: Final = timedelta(minutes=15)  # GDELT's own clock ticks in quarters of an hour
COARSE: Final = ("week", "month", "year")
_STAMP: Final = "%Y%m%d%H%M%S"
_ESCAPE: Final = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')
_TOKEN: Final = re.compile(r'"[^"]*"|[()]|[^\s()"]+|"')

_log = logging.getLogger(__name__)


class GdeltSource:
    """Searches below `base`. Dates are UTC days and both are included.

    Every method raises:
        RequestRefused: a query that GDELT does not take; unbalanced or missing parentheses are
            found before anything is asked.
        RateLimited: asked more than once in about 5 seconds, on every try.
        MalformedResponse: neither the documented JSON nor a line of text.
    """

    def __init__(self, http: HttpClient, base: str) -> None:
        self._http = http
        self._base = base

    def timelinetone(self, query: str, start: date, end: date) -> list[RawResponse]:
        """The average tone of the articles found, per bucket of `query_details.date_resolution`."""
        return self._timeline("timelinetone", query, start, end)

    def timelinevol(self, query: str, start: date, end: date) -> list[RawResponse]:
        """The articles found as a percentage of all that GDELT monitors."""
        return self._timeline("timelinevol", query, start, end)

    def timelinevolraw(self, query: str, start: date, end: date) -> list[RawResponse]:
        """The number of articles found, with that of all monitored ones beside it (`norm`)."""
        return self._timeline("timelinevolraw", query, start, end)

    def artlist(self, query: str, start: datetime, end: datetime) -> list[RawResponse]:
        """Articles seen in [`start`, `end`], newest first; meant for the last three months.

        An answer holds 250 at most and there is no paging, so a full window is halved until it is
        not full. One that is full at 15 minutes stays cut off, which is logged.
        """
        _check_query(query)
        if start > end:
            raise RequestRefused(PROVIDER, f"the range is empty: {start.isoformat()} is after {end.isoformat()}")
        return self._articles(query, start, end)

    def _timeline(self, mode: str, query: str, start: date, end: date) -> list[RawResponse]:
        """One answer; windows of 364 days where those come in finer buckets than the whole span."""
        _check_query(query)
        if start > end:
            raise RequestRefused(PROVIDER, f"the range is empty: {start.isoformat()} is after {end.isoformat()}")
        whole = self._window(mode, query, _midnight(start), _last_second(end))
        if _resolution(whole) not in COARSE or (end - start).days < SPLIT_DAYS:
            return [whole]
        starts = [start + timedelta(days=at) for at in range(0, (end - start).days + 1, SPLIT_DAYS)]
        ends = [*(each - timedelta(days=1) for each in starts[1:]), end]
        first = self._window(mode, query, _midnight(starts[0]), _last_second(ends[0]))
        if _resolution(first) in (*COARSE, None):
            return [whole]
        rest = zip(starts[1:], ends[1:], strict=True)
        return [first, *(self._window(mode, query, _midnight(a), _last_second(b)) for a, b in rest)]

    def _articles(self, query: str, start: datetime, end: datetime) -> list[RawResponse]:
        page = self._window("artlist", query, start, end, {"maxrecords": str(ARTICLE_LIMIT), "sort": "datedesc"})
        if len(lenient_json(page).get("articles", [])) < ARTICLE_LIMIT:
            return [page]
        if end - start < SHORTEST_WINDOW:
            _log.warning(
                "gdelt: more than %d articles from %s to %s, the others are cut off", ARTICLE_LIMIT, start, end
            )
            return [page]
        middle = (start + (end - start) / 2).replace(microsecond=0)
        return [*self._articles(query, middle, end), *self._articles(query, start, middle - timedelta(seconds=1))]

    def _window(
        self, mode: str, query: str, start: datetime, end: datetime, more: Mapping[str, str] | None = None
    ) -> RawResponse:
        params = {"query": query, "mode": mode, "format": "json", **(more or {})}
        span = {"startdatetime": _utc(start).strftime(_STAMP), "enddatetime": _utc(end).strftime(_STAMP)}
        return self._http.get(
            PROVIDER, self._base, "/api/v2/doc/doc", {**params, **span}, check=_check, refusal=_refusal
        )


def lenient_json(response: RawResponse) -> dict[str, Any]:
    """The body as an object; a backslash that escapes nothing, which titles bring along, is taken as itself.

    Raises:
        MalformedResponse: not JSON even so, or not an object.
    """
    text = _ESCAPE.sub(lambda found: found[0] if len(found[0]) > 1 else r"\\", response.text())
    body = parse_json(response, text, control_characters=True)
    if not isinstance(body, dict):
        raise MalformedResponse(PROVIDER, f"{response.path}: expected an object, found {excerpt(text, 60)!r}")
    return body


def _check(response: RawResponse, headers: Mapping[str, str]) -> None:
    text = response.text().lstrip("\ufeff \t\r\n")
    if not text.startswith(("{", "[", "<")) and text:
        raise _spoken_refusal(f"'{response.params['query']}'", text, None)
    body = lenient_json(response)
    rows = body.get("articles" if response.params["mode"] == "artlist" else "timeline", [])
    if not isinstance(rows, list) or (body and not {"articles", "timeline", "query_details"} & set(body)):
        raise MalformedResponse(PROVIDER, f"{response.params['mode']}: unknown shape {excerpt(text)!r}")


def _refusal(status: int, said: str, retry_after: float | None) -> SourceError | None:
    return _spoken_refusal("HTTP 429", said, retry_after) if status == 429 else None


def _spoken_refusal(asked: str, said: str, retry_after: float | None) -> SourceError:
    found = f"{asked}: {excerpt(said)}"
    if "limit requests" in said.lower() or asked == "HTTP 429":
        return RateLimited(PROVIDER, found, retry_after or BACKOFF_S)
    if "too short" in said:
        return RequestRefused(PROVIDER, f"{found} Use longer words or a longer span")
    return RequestRefused(PROVIDER, found)


def _check_query(query: str) -> None:
    """What GDELT is known to refuse, said before a request is spent on it."""
    depth = 0
    for word in _TOKEN.findall(query):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth < 0 or word == '"':
            raise RequestRefused(PROVIDER, f"the query {query!r} has a parenthesis or quote without its partner")
        if word == "OR" and depth == 0:
            raise RequestRefused(
                PROVIDER, f"the query {query!r} has OR outside parentheses, which GDELT refuses; write ({query})"
            )
        if word.startswith('"') and len(word.strip('"').split()) < 2:
            raise RequestRefused(
                PROVIDER,
                f"the query {query!r} quotes {word}, and GDELT refuses quotes around one word; leave them out",
            )
    if depth or not query.strip():
        raise RequestRefused(PROVIDER, f"the query {query!r} is empty or has a parenthesis without its partner")


def _resolution(page: RawResponse) -> str | None:
    details = lenient_json(page).get("query_details")
    found = details.get("date_resolution") if isinstance(details, dict) else None
    return found if isinstance(found, str) else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _last_second(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), UTC)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise RequestRefused(PROVIDER, f"{at.isoformat()} has no time zone; times are UTC")
    return at.astimezone(UTC)
