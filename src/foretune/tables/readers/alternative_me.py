"""alternative.me's Fear & Greed index into facts."""

from __future__ import annotations

from typing import Any

import polars as pl

from foretune.errors import MalformedResponse
from foretune.sources.response import RawResponse
from foretune.tables.schemas import Observations, Validated, validate


def read_fear_greed(response: RawResponse) -> Validated:
    """The index (0 to 100) into `Observations` of series `fear_greed_index`.

    The value for day D is published at about 00:00 UTC of D from data of D-1. It counts as known
    at 01:00 UTC, so a decision at exactly 00:00 uses the day before.
    """
    body = response.json()
    rows: Any = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MalformedResponse("alternative_me", "no list 'data' of objects in the body")
    frame = pl.DataFrame(
        {
            "at": [str(row.get("timestamp", "")) for row in rows],
            "text": [str(row.get("value", "")) for row in rows],
        },
        schema={"at": pl.String, "text": pl.String},
    )
    day = pl.from_epoch(pl.col("at").cast(pl.Int64, strict=False), "s").cast(pl.Datetime("us", "UTC"))
    value = pl.col("text").cast(pl.Float64, strict=False)
    return validate(
        Observations,
        frame.with_columns(
            pl.lit("fear_greed_index").alias("series"),
            day.alias("event_at"),
            (day + pl.duration(hours=1)).alias("known_at"),
            pl.when(value.is_between(0, 100)).then(value).alias("value"),  # outside 0-100: rejected as no value
            pl.lit("published").alias("basis"),
            pl.lit("alternative_me").alias("source"),
            pl.lit(response.origin.value).alias("origin"),
            pl.concat_str("at", "text", separator=",").alias("raw"),
        ).sort("event_at", nulls_last=True),
    )
