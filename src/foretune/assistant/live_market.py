"""The context of this minute, from Bybit's public endpoints. Says what is missing, invents nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from foretune.answers.context import MarketContext
from foretune.errors import DataError, MalformedResponse
from foretune.features.kernel import technical_features
from foretune.features.technical import TECHNICAL_NAMES
from foretune.forecasting.history import PriceHistory
from foretune.origin import Origin
from foretune.sources.bybit import BybitSource
from foretune.sources.response import RawResponse
from foretune.tables.readers.bybit import read_klines

HISTORY = timedelta(days=400)
"""Enough finished daily bars for the 200-day average, with room for recursive warm-up."""


@dataclass(frozen=True, slots=True)
class LiveMarket:
    """The context an answer may speak from, and the daily closes its baselines need."""

    context: MarketContext
    history: PriceHistory


def live_market(source: BybitSource, symbol: str, category: str = "linear") -> LiveMarket:
    """What is known about `symbol` now: ticker, and indicators of its finished daily bars.

    `as_of` is the exchange's own clock. An empty funding rate is the exchange's way to say that
    there is none (spot, dated futures), and answers then say so; any other value that it does not
    send is an error, not a default.

    Raises:
        SourceError: the exchange refused or did not answer.
        DataError: a value the context needs is missing; the message names it.
    """
    ticker = source.ticker(symbol, category)
    sent = _only_row(ticker, symbol)
    as_of = _server_time(ticker)
    pages = source.klines(symbol, category, "D", as_of - HISTORY, as_of)
    bars = read_klines(pages, symbol=symbol, asset_class="crypto", category=category).rows
    if bars.is_empty():
        raise DataError(f"{symbol}: the exchange has no finished daily bars; is it newly listed?")
    newest = bars["known_at"][-1]
    if as_of - newest > timedelta(days=2):
        raise DataError(f"{symbol}: the newest daily bar closed at {newest:%Y-%m-%d}, the clock says {as_of:%Y-%m-%d}")
    last = technical_features(bars.to_arrow()).slice(len(bars) - 1, 1).to_pylist()[0]
    missing = [name for name in TECHNICAL_NAMES if last[name] is None]
    if missing:
        raise DataError(f"{symbol}: {len(bars)} daily bars are too few for {', '.join(missing)}")
    price = _number(sent, "lastPrice", symbol, above=0)
    context = MarketContext(
        symbol=symbol,
        as_of=as_of,
        origin=Origin.combine([ticker.origin, *(page.origin for page in pages)]),
        price=price,
        change_24h_pct=_number(sent, "price24hPcnt", symbol) * 100,
        high_24h=_number(sent, "highPrice24h", symbol, above=0),
        low_24h=_number(sent, "lowPrice24h", symbol, above=0),
        vs_sma_50_pct=(price / last["sma_50"] - 1) * 100,
        vs_sma_200_pct=(price / last["sma_200"] - 1) * 100,
        rsi_14=last["rsi_14"],
        volatility_30d=last["volatility_30d"],
        volatility_90d=last["volatility_90d"],
        funding_rate=_number(sent, "fundingRate", symbol) if sent.get("fundingRate") else None,
    )
    closes = bars.select(pl.col("known_at").dt.replace_time_zone(None), "close")
    return LiveMarket(context, PriceHistory(symbol, closes["known_at"].to_numpy(), closes["close"].to_numpy()))


def _only_row(ticker: RawResponse, symbol: str) -> dict[str, Any]:
    body = ticker.json()
    rows = body.get("result", {}).get("list") if isinstance(body, dict) else None
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise MalformedResponse("bybit", f"expected one ticker, found {str(rows)[:80]}")
    if rows[0].get("symbol") != symbol:
        raise MalformedResponse("bybit", f"asked for the ticker of {symbol}, got that of {rows[0].get('symbol')!r}")
    return rows[0]


def _server_time(ticker: RawResponse) -> datetime:
    millis = ticker.json().get("time")
    if not isinstance(millis, int):
        raise MalformedResponse("bybit", f"ticker without the server's 'time', found {millis!r}")
    return datetime.fromtimestamp(millis / 1000, UTC)


def _number(row: dict[str, Any], name: str, symbol: str, above: float = -math.inf) -> float:
    text = row.get(name)
    try:
        value = float(str(text))
    except ValueError as exc:
        raise DataError(f"{symbol}: the exchange sent no number for '{name}' (found {text!r})") from exc
    if not math.isfinite(value) or value <= above:
        raise DataError(f"{symbol}: the exchange sent {text!r} for '{name}', which cannot be true")
    return value
