"""Alpha Vantage daily series (crypto, equity, FX) into bars, and its splits."""

from __future__ import annotations

from datetime import date

import polars as pl

from foretune.errors import MalformedResponse
from foretune.sources.response import RawResponse
from foretune.tables.schemas import Bars, Splits, Validated, rejected_frame, validate

_SERIES_KEYS = ("Time Series (Digital Currency Daily)", "Time Series (Daily)", "Time Series FX (Daily)")
_FIELDS = ("open", "high", "low", "close", "volume")


def read_daily(
    response: RawResponse, *, symbol: str, asset_class: str, between: tuple[date, date] | None = None
) -> Validated:
    """A daily body into `Bars` named `symbol`, oldest first.

    Accepts today's field names (`4. close`) and the former crypto ones (`4a. close (USD)`, the
    asked-for market first). A missing price is rejected, never zero; FX has no volume, which is
    null. A day counts as known at 24:00 UTC, after every session it may stand for. A row of the
    fetch day or later is unfinished.

    The provider sends the whole history; with `between` (first and last day) rows of other days are
    not looked at: they were not asked for, so they are no rejected ones either.

    Raises:
        MalformedResponse: no daily series in the body.
    """
    body = response.json()
    series = next((body[key] for key in _SERIES_KEYS if isinstance(body, dict) and key in body), None)
    if not isinstance(series, dict):
        keys = list(body)[:4] if isinstance(body, dict) else type(body).__name__
        raise MalformedResponse("alphavantage", f"no daily series in the body, found {keys}")
    rows = []
    for day, cells in series.items():
        if not isinstance(cells, dict):
            raise MalformedResponse("alphavantage", f"{day}: expected an object of prices, found {cells!r}")
        rows.append({"day": day, **{name: _cell(cells, name) for name in _FIELDS}, "raw": f"{day},{cells}"})
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("day", *_FIELDS, "raw"), pl.String))
    table = frame.with_columns(
        pl.lit(symbol).alias("symbol"),
        pl.lit(asset_class).alias("asset_class"),
        pl.col("day").str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC", strict=False).alias("event_at"),
        pl.col(_FIELDS).cast(pl.Float64, strict=False),
        pl.lit(None, dtype=pl.Float64).alias("volume_quote"),
        pl.lit("alphavantage").alias("source"),
        pl.lit(response.origin.value).alias("origin"),
    ).with_columns((pl.col("event_at") + pl.duration(days=1)).alias("known_at"))
    if between is not None:  # a row whose day cannot be read stays, to be rejected
        table = table.filter(pl.col("event_at").dt.date().is_between(*between).fill_null(value=True))
    finished = pl.col("known_at") <= pl.lit(response.fetched_at)
    running = table.filter(~finished)
    found = validate(Bars, table.filter(finished | finished.is_null()).sort("event_at", nulls_last=True))
    unfinished = rejected_frame("bars", running["raw"].to_list(), ["unfinished candle"] * len(running))
    return Validated(found.rows, pl.concat([found.rejected, unfinished]))


def read_splits(response: RawResponse, *, symbol: str) -> Validated:
    """A SPLITS body into `Splits` of `symbol`, oldest first; `4.0000` means four shares for one.

    Raises:
        MalformedResponse: no list `data` of objects in the body.
    """
    body = response.json()
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MalformedResponse("alphavantage", f"{response.path}: no list 'data' of objects in the body")
    frame = pl.DataFrame(
        {
            "day": [str(row.get("effective_date", "")) for row in rows],
            "factor": [str(row.get("split_factor", "")) for row in rows],
        },
        schema={"day": pl.String, "factor": pl.String},
    )
    return validate(
        Splits,
        frame.with_columns(
            pl.lit(symbol).alias("symbol"),
            pl.col("day").str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC", strict=False).alias("event_at"),
            pl.col("factor").cast(pl.Float64, strict=False).alias("ratio"),
            pl.lit("alphavantage").alias("source"),
            pl.lit(response.origin.value).alias("origin"),
            pl.concat_str("day", "factor", separator=",").alias("raw"),
        ).sort("event_at", nulls_last=True),
    )


def _cell(cells: dict[str, object], name: str) -> str | None:
    """`4. close`, or the former `4a. close (USD)`; None if neither is there."""
    for key, value in cells.items():
        label = key.partition(". ")[2]
        if label == name or label.startswith(f"{name} ("):
            return str(value)
    return None
