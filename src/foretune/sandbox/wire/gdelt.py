"""GDELT DOC 2.0: timelines and article lists of a topic. Refusals are HTTP 200 and one line of text.

A market knows topics of one word. A query finds the market's first topic that fits it: outside
parentheses every word must be that topic, inside `( … OR … )` one of them. `sourcelang:` and
`sourcecountry:` are accepted and narrow nothing; anything else a market cannot tell finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from foretune.sandbox.market import Market, NewsBucket
from foretune.sandbox.wire.answer import Answer, number, whole

MOST_ARTICLES: Final = 250
_DEFAULT_ARTICLES: Final = 75
_DEFAULT_SPAN: Final = timedelta(days=90)
_SHORTEST_SPAN: Final = timedelta(minutes=15)
_LONGEST_QUERY: Final = 1_000
_SHORTEST_WORD: Final = 3
_STAMP: Final = "%Y%m%d%H%M%S"
_SPAN: Final = re.compile(r"(\d{1,6})\s*(min|h|d|w|m)[a-z]*", re.IGNORECASE)
_UNITS: Final = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(days=7),
    "m": timedelta(days=30),
}
_TOKEN: Final = re.compile(r'"[^"]*"|[()]|[^\s()"]+')
_FILTERS: Final = ("sourcelang:", "sourcecountry:")

Query = Mapping[str, str]


class _Refused(Exception):
    """GDELT's one line."""


def answer(market: Market, path: str, query: Query) -> Answer:
    """Answer GET `/api/v2/doc/doc` as GDELT does at `market.now`."""
    if path != "/api/v2/doc/doc":
        return Answer.text("404 page not found", 404)
    try:
        groups = _groups(query.get("query", ""))
        if query.get("format") != "json":
            raise _Refused("This sandbox answers format=json only.")
        mode = query.get("mode", "").lower()
        window = _window(market, query)
        if mode == "artlist":
            return _articles(market, _topic(groups, market.listing.articles), window, query)
        if mode not in _TIMELINES:
            raise _Refused("This sandbox knows the modes artlist, timelinetone, timelinevol and timelinevolraw.")
        return _timeline(market, _topic(groups, market.listing.news), window, query, mode)
    except _Refused as refusal:
        return Answer.text(f"{refusal}\n", media_type="text/html")


def _timeline(market: Market, topic: str | None, window: tuple[int, int], query: Query, mode: str) -> Answer:
    """Buckets that open inside the window; one without a value is left out, as there."""
    if query.get("timelinesmooth", "0") != "0":
        raise _Refused("This sandbox does not smooth: a smoothed value looks ahead.")
    if topic is None:
        return Answer.json({})
    series, cells = _TIMELINES[mode]
    first, last = window
    rows = []
    for bucket in market.news(topic):
        found = cells(bucket) if first <= bucket.time_s <= last else ""
        if found:
            rows.append(f'{{"date":"{_stamp(bucket.time_s)}",{found}}}')
    if not rows:
        return Answer.json({})
    details = {"title": query["query"], "date_resolution": market.listing.news[topic]}
    head = Answer.json({"query_details": details}).body.decode()[:-1]
    body = f'{head},"timeline":[{{"series":"{series}","data":[{",".join(rows)}]}}]}}'
    return Answer(body.encode(), "application/json")


def _tone(bucket: NewsBucket) -> str:
    return f'"value":{number(bucket.tone)}' if bucket.tone else ""


def _count(bucket: NewsBucket) -> str:
    """The articles; without `norm` where nobody recorded how many were monitored."""
    norm = f',"norm":{number(bucket.norm)}' if bucket.norm else ""
    return f'"value":{number(bucket.articles)}{norm}' if bucket.articles else ""


def _share(bucket: NewsBucket) -> str:
    """The articles as a percentage of all that were monitored."""
    if not bucket.articles or not bucket.norm or not Decimal(bucket.norm):
        return ""
    return f'"value":{Decimal(bucket.articles) / Decimal(bucket.norm) * 100:.4f}'


_TIMELINES: Final[Mapping[str, tuple[str, Callable[[NewsBucket], str]]]] = {
    "timelinetone": ("Average Tone", _tone),
    "timelinevol": ("Volume Intensity", _share),
    "timelinevolraw": ("Article Count", _count),
}


def _articles(market: Market, topic: str | None, window: tuple[int, int], query: Query) -> Answer:
    """At most `maxrecords` articles, newest first; there is no second page."""
    limit = whole(query.get("maxrecords", str(_DEFAULT_ARTICLES)))
    if limit is None:
        raise _Refused("Invalid maxrecords.")
    order = query.get("sort", "datedesc").lower()
    if order not in ("datedesc", "dateasc"):
        raise _Refused("This sandbox sorts by datedesc and dateasc only.")
    first, last = window
    found = [] if topic is None else [row for row in market.articles(topic) if first <= row.seen_s <= last]
    if order == "datedesc":
        found.reverse()
    rows: list[dict[str, Any]] = [
        {
            "url": row.url,
            "url_mobile": "",
            "title": row.title,
            "seendate": _stamp(row.seen_s),
            "socialimage": "",
            "domain": row.domain,
            "language": row.language,
            "sourcecountry": row.country,
        }
        for row in found[: min(limit, MOST_ARTICLES)]
    ]
    return Answer.json({"articles": rows} if rows else {})


def _groups(text: str) -> list[set[str]]:
    """The query as alternatives that must all be met, in lower case."""
    if not text.strip() or len(text) > _LONGEST_QUERY:
        raise _Refused("Your query was too short or too long.")
    groups: list[set[str]] = []
    inside: set[str] | None = None
    for token in _TOKEN.findall(text):
        if token == "(":  # noqa: S105 - a parenthesis
            inside = set()
        elif token == ")":  # noqa: S105 - a parenthesis
            groups += [] if inside is None else [inside]
            inside = None
        elif token == "OR":  # noqa: S105 - an operator
            if inside is None:
                raise _Refused("Queries containing OR'd terms must be surrounded by ().")
        else:
            word = _word(token)
            if inside is not None:
                inside.add(word)
            elif not word.startswith(_FILTERS):
                groups.append({word})
    return groups


def _word(token: str) -> str:
    word = token.strip('"').lower()
    if len(word) < _SHORTEST_WORD:
        raise _Refused("One or more of your keywords were too short")
    if token.startswith('"') and len(word.split()) < 2:
        raise _Refused("The specified phrase is too short.")
    return word


def _topic(groups: Sequence[set[str]], topics: Mapping[str, str] | Sequence[str]) -> str | None:
    """The first topic that every group allows."""
    return next((topic for topic in topics if groups and all(topic in group for group in groups)), None)


def _window(market: Market, query: Query) -> tuple[int, int]:
    """First and last second asked for; without any it is the last three months."""
    now = market.now
    first, last = now - _DEFAULT_SPAN, now
    if "timespan" in query:
        found = _SPAN.fullmatch(query["timespan"].strip())
        span = int(found[1]) * _UNITS[found[2].lower()] if found else timedelta(0)
        if span < _SHORTEST_SPAN:
            raise _Refused("Timespan is too short.")
        first = now - min(span, timedelta(days=36_500))
    if "startdatetime" in query:
        first = _moment(query["startdatetime"])
    if "enddatetime" in query:
        last = _moment(query["enddatetime"])
    return int(first.timestamp()), int(last.timestamp())


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise _Refused("Invalid date: write YYYYMMDDHHMMSS.") from None


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
