"""GDELT timelines into facts. The articles behind them are read in `gdelt_articles`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from foretune.errors import MalformedResponse
from foretune.origin import Origin
from foretune.sources.gdelt import lenient_json
from foretune.sources.response import RawResponse
from foretune.tables.schemas import Observations, Validated, rejected_frame, validate

PUBLICATION_LAG = timedelta(hours=1)  # GDELT is updated every quarter of an hour; articles of the last one trickle in
FULL_TONE = 10.0  # GDELT's tone runs from about -10 to +10, most of it near -2
_BUCKETS = {"15m": "15m", "hour": "1h", "day": "1d", "week": "7d", "month": "1mo", "year": "1y"}
_SUB_DAILY = ("15m", "hour")
_TIME = pl.Datetime("us", "UTC")
_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "date": pl.String,
    "value": pl.Float64,
    "length": pl.String,
    "start": _TIME,
    "limit": _TIME,
    "origin": pl.String,
    "raw": pl.String,
}


def read_tone(pages: Sequence[RawResponse], *, series: str = "news_sentiment_score") -> Validated:
    """`timelinetone` into `Observations`: the average tone, divided by 10 and clipped to [-1, 1].

    Tone is GDELT's measure of wording, about -10 to +10 with its mass near -2: a score of 0 here is
    not what is usual. A tone of exactly 0 is kept, although GDELT may mean by it that there was no
    article. Of buckets shorter than a day the mean makes the UTC day, each counting alike: how many
    articles are in one is not in this answer. A bucket that is not there stays away; it is never 0.

    A value counts as known one hour after its bucket's end, basis `published`. A bucket that was not
    over when the answer came, or that sticks out of the span asked for, is rejected.

    Raises:
        MalformedResponse: no timeline in a body that is not empty, or an unknown `date_resolution`.
    """
    daily, rejected = _buckets(pages, pl.col("value").mean())
    return _observations(daily.with_columns((pl.col("value") / FULL_TONE).clip(-1, 1)), rejected, series)


def read_volume(pages: Sequence[RawResponse], *, series: str = "news_volume") -> Validated:
    """`timelinevolraw` into `Observations`: how many articles there were in the bucket.

    Parts of a day are added up to the day; a bucket of a week or longer keeps its own count, on its
    first day, so compare counts of one resolution only. A negative or broken count is rejected.
    Clocks, gaps and errors as `read_tone`.
    """
    daily, rejected = _buckets(pages, pl.col("value").sum())
    count = pl.col("value")
    return _observations(
        daily.with_columns(pl.when((count >= 0) & (count == count.floor())).then(count)), rejected, series
    )


def _buckets(pages: Sequence[RawResponse], whole_day: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Finished buckets of a day or longer (`event_at`, `ends`, `value`, `origin`, `raw`), and the rejected ones."""
    rows = [row for page in pages for row in _page_rows(page)]
    table = (
        pl.DataFrame(rows, schema=_SCHEMA)
        # the answer to a wider question may lie beside one to a narrower: the wider one decides what is whole
        .group_by("date", "value", "length", maintain_order=True)
        .agg(pl.col("limit").max(), pl.col("start").min(), pl.col("origin", "raw").first())
        .with_columns(
            pl.col("date").str.to_datetime("%Y%m%dT%H%M%SZ", time_unit="us", time_zone="UTC", strict=False).alias("at")
        )
    )
    coarse, fine = table.filter(~pl.col("length").is_in(_SUB_DAILY)), table.filter(pl.col("length").is_in(_SUB_DAILY))
    unread = fine.filter(pl.col("at").is_null() | pl.col("value").is_null())
    days = (
        fine.join(unread.select("raw"), on="raw", how="anti")
        .with_columns(pl.col("at").dt.truncate("1d"))
        .group_by("at", maintain_order=True)
        .agg(
            whole_day,
            pl.col("limit").max(),
            pl.col("start").min(),
            pl.col("origin").first(),
            pl.concat_str(pl.col("at").first().dt.strftime("%Y%m%d"), pl.len(), separator=",").alias("raw"),
            pl.lit("day").alias("length"),
        )
    )
    columns = ["at", "value", "length", "limit", "start", "origin", "raw"]
    joined = pl.concat([coarse.select(columns), days.select(columns)])
    ends = [
        pl.when(pl.col("length") == name).then(pl.col("at").dt.offset_by(offset)) for name, offset in _BUCKETS.items()
    ]
    found = joined.with_columns(pl.coalesce(ends).alias("ends"), pl.col("at").alias("event_at"))
    cut = (pl.col("ends") > pl.col("limit")) | (pl.col("event_at") < pl.col("start"))
    unfinished = found.filter(cut)
    rejected = pl.concat(
        [
            rejected_frame("observations", unread["raw"].to_list(), ["no time or no value"] * len(unread)),
            rejected_frame("observations", unfinished["raw"].to_list(), ["unfinished bucket"] * len(unfinished)),
        ]
    )
    return found.filter(~cut | cut.is_null()).select("event_at", "ends", "value", "origin", "raw"), rejected


def _page_rows(page: RawResponse) -> list[dict[str, Any]]:
    body = lenient_json(page)
    if not body:
        return []  # nothing matches: no fact, and no zero either
    timeline, details = body.get("timeline"), body.get("query_details")
    if not isinstance(timeline, list) or not all(isinstance(each, dict) for each in timeline):
        raise MalformedResponse("gdelt", f"{page.path}: no list 'timeline' of objects in the body")
    points = [point for each in timeline[:1] for point in _list(page, each.get("data"))]
    length = details.get("date_resolution") if isinstance(details, dict) else None
    if points and length not in _BUCKETS:
        raise MalformedResponse(
            "gdelt", f"{page.path}: date_resolution {str(length)[:40]!r} is none of {', '.join(_BUCKETS)}"
        )
    start, limit = _span(page)
    return [
        {
            "date": str(point.get("date", "")),
            "value": _number(point.get("value")),
            "length": length,
            "limit": limit,
            "start": start,
            "origin": page.origin.value,
            "raw": f"{point.get('date', '')},{point.get('value', '')}",
        }
        for point in points
    ]


def _list(page: RawResponse, points: Any) -> list[dict[str, Any]]:
    if not isinstance(points, list) or not all(isinstance(point, dict) for point in points):
        raise MalformedResponse("gdelt", f"{page.path}: no list 'data' of objects in the timeline")
    return points


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _span(page: RawResponse) -> tuple[datetime | None, datetime | None]:
    """The start and end that were asked for; a live answer also ends where it was fetched."""
    start, end = _stamp(page.params.get("startdatetime")), _stamp(page.params.get("enddatetime"))
    limits = [end + timedelta(seconds=1)] if end else []
    if page.origin is Origin.LIVE:
        limits.append(page.fetched_at)
    return start, min(limits, default=None)


def _stamp(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _observations(table: pl.DataFrame, rejected: pl.DataFrame, series: str) -> Validated:
    found = validate(
        Observations,
        table.with_columns(
            pl.lit(series).alias("series"),
            (pl.col("ends") + PUBLICATION_LAG).alias("known_at"),
            pl.lit("published").alias("basis"),
            pl.lit("gdelt").alias("source"),
        ).sort("event_at", nulls_last=True),
    )
    return Validated(found.rows, pl.concat([found.rejected, rejected]))
