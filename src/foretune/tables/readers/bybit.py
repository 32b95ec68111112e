"""Bybit v5 klines, funding and open interest into facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from foretune.errors import MalformedResponse
from foretune.sources.response import RawResponse
from foretune.tables.schemas import Bars, Observations, Validated, rejected_frame, validate

_KLINE = ("start", "open", "high", "low", "close", "volume", "volume_quote")


def read_klines(
    pages: Sequence[RawResponse],
    *,
    symbol: str,
    asset_class: str,
    category: str = "spot",
) -> Validated:
    """Daily klines into `Bars` named `symbol`, oldest first.

    A candle whose end lies after the server's own clock is unfinished and rejected. An inverse
    market counts its volume in USD and its turnover in coins, the others the other way round; here
    `volume` is coins and `volume_quote` money for all three.

    Raises:
        MalformedResponse: a page lacks `result.list` or `time`, or a row has not seven columns.
    """
    frames = []
    for page in pages:
        body = page.json()
        rows = _rows(page, body)
        for row in rows:
            if not isinstance(row, list) or len(row) != len(_KLINE) or not all(isinstance(cell, str) for cell in row):
                raise MalformedResponse("bybit", f"a kline has seven text columns, found {str(row)[:80]!r}")
        server_time = body.get("time")
        if not isinstance(server_time, int):
            raise MalformedResponse("bybit", f"kline page without the server's 'time', found {server_time!r}")
        frames.append(
            pl.DataFrame(rows, schema=dict.fromkeys(_KLINE, pl.String), orient="row").with_columns(
                pl.concat_str(_KLINE, separator=",", ignore_nulls=True).alias("raw"),
                pl.lit(server_time).alias("server_ms"),
                pl.lit(page.origin.value).alias("origin"),
            )
        )
    empty = pl.DataFrame(
        schema={**dict.fromkeys(_KLINE, pl.String), "raw": pl.String, "server_ms": pl.Int64, "origin": pl.String}
    )
    coins, money = ("volume_quote", "volume") if category == "inverse" else ("volume", "volume_quote")
    # pages overlap at their edges when a candle closes between two requests: identical rows are one fact
    sent = pl.concat([empty, *frames], how="vertical_relaxed").unique(_KLINE, keep="first", maintain_order=True)
    table = sent.with_columns(
        pl.lit(symbol).alias("symbol"),
        pl.lit(asset_class).alias("asset_class"),
        pl.from_epoch(pl.col("start").cast(pl.Int64, strict=False), "ms")
        .cast(pl.Datetime("us", "UTC"))
        .alias("event_at"),
        pl.col("open", "high", "low", "close").cast(pl.Float64, strict=False),
        pl.col(coins).cast(pl.Float64, strict=False).alias("volume"),
        pl.col(money).cast(pl.Float64, strict=False).alias("volume_quote"),
        pl.lit("bybit").alias("source"),
    ).with_columns((pl.col("event_at") + pl.duration(days=1)).alias("known_at"))
    finished = pl.col("known_at").dt.epoch("ms") <= pl.col("server_ms")
    running = table.filter(~finished)
    found = validate(Bars, table.filter(finished | finished.is_null()).sort("event_at"))
    unfinished = rejected_frame("bars", running["raw"].to_list(), ["unfinished candle"] * len(running))
    return Validated(found.rows, pl.concat([found.rejected, unfinished]))


def read_funding(pages: Sequence[RawResponse]) -> Validated:
    """Funding history into `Observations` of series `funding_rate` (fraction per interval).

    A rate is known at its settlement.
    """
    rows: list[dict[str, Any]] = []
    for page in pages:
        for row in _rows(page, page.json()):
            if not isinstance(row, dict):
                raise MalformedResponse("bybit", f"a funding row is an object, found {str(row)[:80]!r}")
            rows.append(
                {
                    "at": str(row.get("fundingRateTimestamp", "")),
                    "rate": str(row.get("fundingRate", "")),
                    "origin": page.origin.value,
                }
            )
    frame = pl.DataFrame(rows, schema={"at": pl.String, "rate": pl.String, "origin": pl.String})
    at = pl.from_epoch(pl.col("at").cast(pl.Int64, strict=False), "ms").cast(pl.Datetime("us", "UTC"))
    return validate(
        Observations,
        frame.unique(["at", "rate"], maintain_order=True)
        .with_columns(
            pl.lit("funding_rate").alias("series"),
            at.alias("event_at"),
            at.alias("known_at"),
            pl.col("rate").cast(pl.Float64, strict=False).alias("value"),
            pl.lit("published").alias("basis"),
            pl.lit("bybit").alias("source"),
            pl.concat_str("at", "rate", separator=",").alias("raw"),
        )
        .sort("event_at"),
    )


def read_open_interest(pages: Sequence[RawResponse]) -> Validated:
    """Open interest into `Observations` of series `open_interest`, known at its stamp, oldest first.

    The number is Bybit's `openInterest`: both sides of every contract, in coins of a linear market
    and in USD of an inverse one. `singleOpenInterest`, half of it, is not in older rows and not read.
    """
    rows: list[dict[str, Any]] = []
    for page in pages:
        for row in _rows(page, page.json()):
            if not isinstance(row, dict):
                raise MalformedResponse("bybit", f"an open interest row is an object, found {str(row)[:80]!r}")
            at, text = str(row.get("timestamp", "")), str(row.get("openInterest", ""))
            rows.append({"at": at, "text": text, "origin": page.origin.value})
    frame = pl.DataFrame(rows, schema={"at": pl.String, "text": pl.String, "origin": pl.String})
    at_ms = pl.from_epoch(pl.col("at").cast(pl.Int64, strict=False), "ms").cast(pl.Datetime("us", "UTC"))
    value = pl.col("text").cast(pl.Float64, strict=False)
    return validate(
        Observations,
        frame.unique(["at", "text"], maintain_order=True)
        .with_columns(
            pl.lit("open_interest").alias("series"),
            at_ms.alias("event_at"),
            at_ms.alias("known_at"),
            pl.when(value >= 0).then(value).alias("value"),
            pl.lit("published").alias("basis"),
            pl.lit("bybit").alias("source"),
            pl.concat_str("at", "text", separator=",").alias("raw"),
        )
        .sort("event_at", nulls_last=True),
    )


def _rows(page: RawResponse, body: Any) -> list[Any]:
    result = body.get("result") if isinstance(body, dict) else None
    rows = result.get("list") if isinstance(result, dict) else None
    if not isinstance(rows, list):
        raise MalformedResponse("bybit", f"{page.path}: no result.list in the body")
    return rows
