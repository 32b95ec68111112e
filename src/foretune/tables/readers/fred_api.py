"""FRED's JSON observations with their vintages into facts: each value from the day it was published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from foretune.errors import MalformedResponse
from foretune.sources.response import RawResponse
from foretune.tables.release_calendar import RELEASE_RULES, ReleaseRule, with_known_at
from foretune.tables.schemas import Observations, Validated, rejected_frame, validate

_PERIOD_LENGTH = {"day": "1d", "week_ending": "1d", "month": "1mo", "quarter": "1q"}
_SPACING = ((360, "1y"), (85, "1q"), (28, "1mo"))  # the least number of days between two periods' starts
_TOO_EARLY = "its vintage began before its period ended, so its release day is unknown"


def read_fred_vintages(pages: Sequence[RawResponse], *, series: str, rule: ReleaseRule | None = None) -> Validated:
    """Pages of `series/observations` into `Observations` of `series`, one row per vintage, oldest first.

    A value counts as known at the end of the day on which its vintage began (`realtime_start` + 1
    day, 00:00 UTC; the hour is not given), basis `published`. A vintage that repeats the value
    before it says nothing new and leaves no row: FRED stamps a standing value again at the edge of
    every real-time window asked for.

    `.` is no value and leaves no row, also where a vintage withdrew one: the value withdrawn then
    goes on being the last one known.

    A vintage that began before its period ended cannot be a release: `realtime_start` is the edge of
    what was asked for, or of what FRED kept. Of those, the last one of a period gets the declared lag
    of `rule` (by default that of `RELEASE_RULES`; basis `assumed`) unless a real release came
    before that; without a rule, all of them are rejected.

    Raises:
        MalformedResponse: a page without a list of observations.
    """
    rule = rule or RELEASE_RULES.get(series)
    table = _table(pages)
    ends = pl.col("event_at").dt.offset_by(_PERIOD_LENGTH[rule.period] if rule else _spacing(table))
    early = pl.col("known_at") < ends
    doubtful = table.filter(early)
    released = table.filter(~early | early.is_null()).with_columns(pl.lit("published").alias("basis"))
    assumed = _assumed(doubtful, released, rule) if rule else doubtful.clear().with_columns(basis=pl.lit("assumed"))
    left = doubtful.join(assumed.select("raw"), on="raw", how="anti")
    found = validate(
        Observations,
        pl.concat([released, assumed.select(released.columns)])
        .with_columns(pl.lit(series).alias("series"), pl.lit("fred_api").alias("source"))
        .sort("event_at", "known_at", nulls_last=True),
    )
    unknown = rejected_frame("observations", left["raw"].to_list(), [_TOO_EARLY] * len(left))
    return Validated(found.rows, pl.concat([found.rejected, unknown]))


def _table(pages: Sequence[RawResponse]) -> pl.DataFrame:
    """`event_at`, `known_at`, `value`, `origin`, `raw`: a row per vintage with a value of its own."""
    sent: list[dict[str, str]] = []
    for page in pages:
        for row in _observations(page):
            texts = {name: str(row.get(name, "")) for name in ("date", "realtime_start", "value")}
            sent.append({**texts, "origin": page.origin.value, "raw": ",".join(texts.values())})
    schema = dict.fromkeys(("date", "realtime_start", "value", "origin", "raw"), pl.String)
    value = pl.col("value").str.strip_chars()
    standing = pl.col("value").eq_missing(pl.col("value").shift().over("event_at", order_by="known_at"))
    first = pl.col("known_at") == pl.col("known_at").min().over("event_at")
    return (
        pl.DataFrame(sent, schema=schema)
        .filter(~value.is_in([".", ""]) | value.is_null())
        .unique(["date", "realtime_start", "value"], maintain_order=True)
        .with_columns(
            _day("date").alias("event_at"),
            (_day("realtime_start") + timedelta(days=1)).alias("known_at"),
            value.cast(pl.Float64, strict=False).alias("value"),
        )
        .sort("event_at", "known_at", nulls_last=True, maintain_order=True)
        .filter(~standing | first | pl.any_horizontal(pl.col("event_at", "known_at", "value").is_null()))
        .select("event_at", "known_at", "value", "origin", "raw")
    )


def _observations(page: RawResponse) -> list[dict[str, Any]]:
    body = page.json()
    rows = body.get("observations") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MalformedResponse("fred_api", f"{page.path}: no list 'observations' of objects in the body")
    return rows


def _day(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC", strict=False)


def _spacing(table: pl.DataFrame) -> str:
    """How long a period of these observations is, told from the least distance between two of them."""
    least = table["event_at"].drop_nulls().unique().sort().diff().min()
    days = least.days if isinstance(least, timedelta) else 1
    return next((length for at_least, length in _SPACING if days >= at_least), "1d")


def _assumed(doubtful: pl.DataFrame, released: pl.DataFrame, rule: ReleaseRule) -> pl.DataFrame:
    """The last doubtful vintage of each period at the rule's lag, where no release came before that."""
    last = doubtful.group_by("event_at", maintain_order=True).last().drop("known_at")
    published = released.group_by("event_at").agg(pl.col("known_at").min().alias("_released"))
    dated = with_known_at(last, rule).join(published, on="event_at", how="left")
    return dated.filter(pl.col("_released").is_null() | (pl.col("_released") > pl.col("known_at"))).drop("_released")
