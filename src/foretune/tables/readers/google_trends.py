"""Google Trends' downloads (multiTimeline.csv) into facts. Google has no interface for programs that keeps."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import polars as pl

from foretune.errors import MalformedResponse
from foretune.sources.response import RawResponse
from foretune.tables.readers.tabular import closest
from foretune.tables.schemas import Observations, Validated, rejected_frame, validate

PUBLICATION_LAG_DAYS = 3
_PERIODS = {"1mo": (28, 31), "1w": (7, 7), "1d": (1, 1)}
_HEAD_LINES = 12  # a download has two or three lines before its header; more than this is another file


def read_trends_csv(response: RawResponse, term: str, *, series: str = "google_trends_score") -> Validated:
    """The download for `term` into `Observations` of `series`, from 0 to 100, oldest first.

    Takes the file as the browser saves it, in any language (head lines, then `Month,bitcoin:
    (Worldwide)`), and a plain `month,interest` table. Days, weeks or months are told from the
    distance between the dates. A value counts as known three days after its period's end, basis
    `assumed`. The last period is still running when a file is downloaded and is rejected.

    Google scales a download so that its highest value is 100: an early value shrinks because of a
    later peak. Each value is therefore scaled again, to the highest one up to then. What remains of
    the later peak is coarseness: the numbers came rounded to whole ones of *its* scale. `<1` says
    between 0 and 1 and is read as 0.5, which is as exact as any of the rounded numbers.

    Raises:
        MalformedResponse: no table of dates, no column for `term`, or dates at no regular distance.
    """
    header, rows = _table(response)
    column = _column(response, header, term)
    text = pl.col("text").str.strip_chars()
    value = pl.when(text == "<1").then(0.5).otherwise(text.cast(pl.Float64, strict=False))
    frame = pl.DataFrame(
        {
            "day": [row[0].strip() for row in rows],
            "text": [row[column] if len(row) > column else "" for row in rows],
            "raw": [",".join(row) for row in rows],
        },
        schema=dict.fromkeys(("day", "text", "raw"), pl.String),
    ).with_columns(_day().alias("event_at"), pl.when(value.is_between(0, 100)).then(value).alias("value"))
    running = frame["event_at"].max()
    finished = frame.filter((pl.col("event_at") != running) | pl.col("event_at").is_null())
    last = frame.filter(pl.col("event_at") == running)
    length = _period(response, frame["event_at"])
    peak = pl.col("value").cum_max()
    found = validate(
        Observations,
        finished.sort("event_at", nulls_last=True)
        .with_columns(pl.when(peak > 0).then(pl.col("value") / peak * 100).otherwise(pl.col("value")).alias("value"))
        .with_columns(
            pl.lit(series).alias("series"),
            (pl.col("event_at").dt.offset_by(length) + timedelta(days=PUBLICATION_LAG_DAYS)).alias("known_at"),
            pl.lit("assumed").alias("basis"),
            pl.lit(response.provider).alias("source"),
            pl.lit(response.origin.value).alias("origin"),
        ),
    )
    unfinished = rejected_frame("observations", last["raw"].to_list(), ["unfinished period"] * len(last))
    return Validated(found.rows, pl.concat([found.rejected, unfinished]))


def _table(response: RawResponse) -> tuple[list[str], list[list[str]]]:
    """The header and the rows below it: the header is the first line that a line of data follows."""
    try:
        lines = [line for line in csv.reader(io.StringIO(response.text().removeprefix("\ufeff"))) if any(line)]
    except csv.Error as exc:
        raise MalformedResponse(response.provider, f"{response.path}: not a CSV table ({exc})") from exc
    for at in range(min(len(lines) - 1, _HEAD_LINES)):
        if len(lines[at]) > 1 and len(lines[at + 1]) > 1 and _is_day(lines[at + 1][0]):
            return lines[at], lines[at + 1 :]
    raise MalformedResponse(
        response.provider, f"{response.path}: no line of dates and values below a header such as 'Month,bitcoin'"
    )


def _column(response: RawResponse, header: list[str], term: str) -> int:
    """Where the values of `term` stand; a table of two columns has them in the second."""
    names = [name.partition(":")[0].strip().casefold() for name in header[1:]]
    if term.strip().casefold() in names:
        return names.index(term.strip().casefold()) + 1
    if len(names) == 1 and ":" not in header[1]:
        return 1
    raise MalformedResponse(
        response.provider, f"{response.path}: no column for the term '{term}'{closest(term.casefold(), names)}"
    )


def _day() -> pl.Expr:
    """A day, or the first one of a month."""
    text = pl.col("day")
    full = pl.when(text.str.len_chars() == 7).then(text + "-01").otherwise(text)
    return full.str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC", strict=False)


def _is_day(text: str) -> bool:
    return pl.select(pl.lit(text.strip()).alias("day")).select(_day()).item() is not None


def _period(response: RawResponse, days: pl.Series) -> str:
    gaps = days.drop_nulls().unique().sort().diff().drop_nulls().dt.total_days()
    shortest, longest = gaps.min(), gaps.max()
    if not isinstance(shortest, int) or not isinstance(longest, int):
        return "1mo"  # one date or none: it is the running one, so that no length is used
    for length, (least, most) in _PERIODS.items():
        if least <= shortest and longest <= most:
            return length
    raise MalformedResponse(
        response.provider,
        f"{response.path}: dates {shortest} to {longest} days apart; a download has every day, week or month",
    )
