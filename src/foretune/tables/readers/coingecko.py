"""CoinGecko's charts into daily observations, each on the day that it is the close of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import polars as pl

from foretune.errors import MalformedResponse
from foretune.sources.response import RawResponse
from foretune.tables.schemas import Observations, Validated, rejected_frame, validate

Field = Literal["price", "market_cap", "volume_quote"]
PUBLICATION_LAG = timedelta(minutes=10)
_LISTS: dict[Field, str] = {"price": "prices", "market_cap": "market_caps", "volume_quote": "total_volumes"}
STAMPED_AT_MIDNIGHT_SINCE = datetime(2018, 1, 30, tzinfo=UTC)
"""Until this day a point stamped D held the close of D itself, afterwards that of D-1 (measured against another
venue's closes: 0.3 % apart on the own day and 2.1 % on the day before in 2015, the other way round from here on)."""
_LARGEST_MS = 4_102_444_800_000  # the year 2100: a stamp beyond it is none


def read_market_chart(pages: Sequence[RawResponse], *, field: Field, series: str | None = None) -> Validated:
    """One list of `market_chart` bodies into `Observations` of `series` (by default the field's name), in USD.

    The three lists may differ in length, so each is read by its own time stamps. A point stamped
    D 00:00 UTC is the close of D-1: `event_at` is D-1, `known_at` 00:10 of D, basis `close`. Before
    30 January 2018 it is the close of D, known a day later; the point of the change itself repeats the
    day before and is rejected. A point at another hour, above all the last one, which is the moment of
    asking, is no close and is rejected. So is a price or market value of 0 or null: CoinGecko writes
    that where it does not know. `volume_quote` is that of the 24 hours before the stamp.

    Raises:
        MalformedResponse: a body without the list, or a point that is not a pair.
    """
    rows = [row for page in pages for row in _points(page, _LISTS[field])]
    schema = {"ms": pl.Int64, "value": pl.Float64, "origin": pl.String, "raw": pl.String}
    stamp = pl.from_epoch(pl.col("ms"), "ms").cast(pl.Datetime("us", "UTC"))
    closed = pl.when(stamp < STAMPED_AT_MIDNIGHT_SINCE).then(stamp + timedelta(days=1)).otherwise(stamp)
    table = (
        pl.DataFrame(rows, schema=schema)
        .unique(["ms", "value"], maintain_order=True)
        .with_columns(
            pl.lit(series or field).alias("series"),
            (closed - timedelta(days=1)).alias("event_at"),
            (closed + PUBLICATION_LAG).alias("known_at"),
            pl.lit("close").alias("basis"),
            pl.lit("coingecko").alias("source"),
        )
        .sort("event_at", nulls_last=True)
    )
    positive = pl.col("value") >= 0 if field == "volume_quote" else pl.col("value") > 0
    intraday = pl.col("ms") % 86_400_000 != 0
    reason = (
        pl.when(stamp == STAMPED_AT_MIDNIGHT_SINCE)
        .then(pl.lit("the day on which the provider changed what a stamp means"))
        .when(intraday)
        .then(pl.lit("not at midnight, so not a day's close"))
        .when(~positive | pl.col("value").is_null())
        .then(pl.lit(f"{field} unknown (0 or null)"))
    )
    judged = table.with_columns(reason.alias("reason"))
    turned = judged.filter(pl.col("reason").is_not_null())
    found = validate(Observations, judged.filter(pl.col("reason").is_null()))
    away = rejected_frame("observations", turned["raw"].to_list(), turned["reason"].to_list())
    return Validated(found.rows, pl.concat([found.rejected, away]))


def _points(page: RawResponse, name: str) -> list[dict[str, Any]]:
    body = page.json()
    points = body.get(name) if isinstance(body, dict) else None
    if not isinstance(points, list):
        raise MalformedResponse("coingecko", f"{page.path}: no list '{name}' in the body")
    rows = []
    for point in points:
        if not isinstance(point, list) or len(point) != 2:
            raise MalformedResponse("coingecko", f"{page.path}: a point is [time, value], found {str(point)[:60]!r}")
        at, value = point
        rows.append(
            {
                "ms": int(at) if _is_number(at) and 0 <= at <= _LARGEST_MS else None,
                "value": float(value) if _is_number(value) and abs(value) < 1e300 else None,
                "origin": page.origin.value,
                "raw": f"{str(at)[:40]},{str(value)[:40]}",
            }
        )
    return rows


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
