"""Series of dated values (FRED's graph CSV, CSV files, release calendars) into facts."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from foretune.errors import MalformedResponse
from foretune.sources.response import RawResponse
from foretune.tables.readers.finished import refuse_other_steps, validate_finished
from foretune.tables.release_calendar import ReleaseRule, with_known_at
from foretune.tables.schemas import Observations, Validated, validate

_MISSING = ("", ".")  # FRED writes a holiday as either


def read_fred_graph(
    response: RawResponse, *, series: str, rule: ReleaseRule, releases: Mapping[date, date] | None = None
) -> Validated:
    """FRED's keyless graph CSV: latest vintage, so only its timing is point in time.

    Missing values (`.` or empty) are no facts and leave no row; anything else that is not a
    number is rejected with its text.
    """
    frame = _two_columns(response, second=series)
    facts = frame.filter(~pl.col("text").str.strip_chars().is_in(_MISSING))
    return validate(Observations, _named(with_known_at(facts, rule, releases), response, series))


def read_daily_file(response: RawResponse, *, series: str) -> Validated:
    """A `date,value` file of daily closes; a close is known at the end of its day (24:00 UTC).

    One whose day was not over at the fetch is rejected.

    Raises:
        ConfigError: the dates are weeks or months apart: what is known when is then not the file's to say.
        MalformedResponse: not a CSV table of two columns.
    """
    frame = _two_columns(response, second=None).filter(~pl.col("text").str.strip_chars().is_in(_MISSING))
    refuse_other_steps(
        frame["event_at"],
        timedelta(days=1),
        where=f"{response.path} ({series})",
        mend="read it as source 'table', which says with known_after_days when a value is known",
    )
    struck = frame.with_columns(
        (pl.col("event_at") + timedelta(days=1)).alias("known_at"), pl.lit("close").alias("basis")
    )
    return validate_finished(Observations, _named(struck, response, series), response.fetched_at)


def read_release_dates(response: RawResponse) -> dict[date, date]:
    """A `release_date,reference_month` file into {first day of the month: release date}.

    Raises:
        MalformedResponse: wrong header, a row that is not two dates, or a month listed twice.
    """
    try:
        frame = pl.read_csv(io.BytesIO(response.body), infer_schema=False)
        rows = frame.select("release_date", "reference_month").rows()
        dates = {date.fromisoformat(f"{month}-01"): date.fromisoformat(released) for released, month in rows}
    except (pl.exceptions.PolarsError, ValueError, TypeError) as exc:
        raise MalformedResponse(
            response.provider, f"{response.path}: expected rows 'release_date,reference_month' ({exc})"
        ) from exc
    if len(dates) != len(rows):
        months = [month for _, month in rows]
        twice = min(month for month in months if months.count(month) > 1)
        raise MalformedResponse(response.provider, f"{response.path}: month {twice} has two release dates; keep one")
    return dates


def _two_columns(response: RawResponse, *, second: str | None) -> pl.DataFrame:
    """`event_at`, `text` and `raw` of a two-column CSV; the header must name `second` if given."""
    try:
        frame = pl.read_csv(io.BytesIO(response.body), infer_schema=False).with_columns(pl.all().fill_null(""))
    except pl.exceptions.PolarsError as exc:
        raise MalformedResponse(response.provider, f"{response.path}: not a CSV table ({exc})") from exc
    if frame.width != 2 or (second is not None and frame.columns[1] != second):
        wanted = f"'observation_date,{second}'" if second else "a date and a value column"
        raise MalformedResponse(response.provider, f"{response.path}: expected {wanted}, found {frame.columns[:4]}")
    day, value = frame.columns
    return frame.select(
        pl.col(day).str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC", strict=False).alias("event_at"),
        pl.col(value).alias("text"),
        pl.concat_str(day, value, separator=",").alias("raw"),
    )


def _named(frame: pl.DataFrame, response: RawResponse, series: str) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(series).alias("series"),
        pl.col("text").cast(pl.Float64, strict=False).alias("value"),
        pl.lit(response.provider).alias("source"),
        pl.lit(response.origin.value).alias("origin"),
    ).sort("event_at", nulls_last=True)
