"""Bybit v5 public market endpoints. Refusals come with HTTP 200 and a `retCode`, as there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, quote, unquote

from foretune.sandbox.market import Bar, Funding, Market, OpenInterest, Ticker, epoch_ms
from foretune.sandbox.wire.answer import Answer, whole
from foretune.sandbox.wire.bybit_instruments import contract, pair

Query = Mapping[str, str]
RecordT = TypeVar("RecordT", Bar, Funding, OpenInterest)

CATEGORIES: Final = ("spot", "linear", "inverse")
INTERVALS: Final = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")
OPEN_INTEREST_MS: Final = {
    "5min": 300_000,
    "15min": 900_000,
    "30min": 1_800_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "1d": 86_400_000,
}
_SINGLE_SIDE_SINCE: Final = epoch_ms(datetime(2026, 6, 11, tzinfo=UTC))
"""From here on open interest also comes with one side counted; older rows have no such field."""

_BOOK_LEVELS: Final = {"spot": 1, "linear": 25, "inverse": 25}  # levels sent when no limit is asked for


class _Refused(Exception):
    """The query cannot be answered; carries Bybit's wording."""


def answer(market: Market, path: str, query: Query) -> Answer:
    """Answer GET `path` (below the host, `/v5/market/…`) as Bybit does at `market.now`."""
    endpoint = _ENDPOINTS.get(path)
    if endpoint is None:
        return Answer.text("404 page not found", 404)
    try:
        return Answer.json(_envelope(market, endpoint(market, query)))
    except _Refused as refusal:
        return Answer.json(_refusal(market, path, f"params error: {refusal}"))


def kline(market: Market, query: Query) -> dict[str, Any]:
    """Candles opening in [`start`, `end`], newest first, the newest `limit` (1–1000, default 200).

    The sandbox has only the intervals its market has; others are refused like an unknown interval.
    """
    category = query.get("category", "linear")
    if category not in CATEGORIES:
        raise _Refused("category invalid")
    interval = query.get("interval", "")
    if interval not in INTERVALS:
        raise _Refused("interval invalid")
    symbol = query.get("symbol", "")
    if not any(symbol in market.listing.klines.get((category, each), {}) for each in INTERVALS):
        raise _Refused("symbol invalid")
    instruments = market.listing.klines.get((category, interval), {})
    if symbol not in instruments:
        raise _Refused(f"interval invalid, {interval} is not in this sandbox")
    bars = market.bars(instruments[symbol])
    rows = _newest(bars, _integer(query, "start"), _integer(query, "end"), _limit(query, 200, 1000))
    return {"category": category, "symbol": symbol, "list": [[str(bar.time_ms), *bar[1:]] for bar in rows]}


def tickers(market: Market, query: Query) -> dict[str, Any]:
    """The 24 h summary of `symbol`, or of every symbol of `category`."""
    category = query.get("category", "")
    if category not in CATEGORIES:
        raise _Refused("category invalid")
    symbols = market.listing.symbols(category)
    if "symbol" in query and query["symbol"] not in symbols:
        raise _Refused("symbol invalid")
    asked = [query["symbol"]] if "symbol" in query else sorted(symbols)
    row = _spot_ticker if category == "spot" else _contract_ticker
    return {"category": category, "list": [row(symbol, market.ticker(category, symbol)) for symbol in asked]}


def orderbook(market: Market, query: Query) -> dict[str, Any]:
    """The book of `symbol`: bids descending, asks ascending."""
    category = query.get("category", "")
    if category not in CATEGORIES:
        raise _Refused("category invalid")
    symbol = query.get("symbol", "")
    if symbol not in market.listing.symbols(category):
        raise _Refused("symbol invalid")
    limit = _limit(query, _BOOK_LEVELS[category], 1000)
    book = market.orderbook(symbol)
    now = epoch_ms(market.now)
    sequence = now // 1000
    return {
        "s": symbol,
        "a": [list(level) for level in book.asks[:limit]],
        "b": [list(level) for level in book.bids[:limit]],
        "ts": now,
        "u": sequence,
        "seq": sequence,
        "cts": now,
    }


def funding_history(market: Market, query: Query) -> dict[str, Any]:
    """Settled rates, newest first; `startTime` without `endTime` is refused."""
    category = query.get("category", "")
    if category not in ("linear", "inverse"):
        raise _Refused("category invalid")
    symbol = query.get("symbol", "")
    if category != "linear" or symbol not in market.listing.funding:
        raise _Refused("symbol invalid")
    start, end = _integer(query, "startTime"), _integer(query, "endTime")
    if start is not None and end is None:
        raise _Refused("endTime invalid")
    rows = _newest(market.funding(symbol), start, end, _limit(query, 200, 200))
    return {
        "category": category,
        "list": [{"symbol": symbol, "fundingRate": row.rate, "fundingRateTimestamp": str(row.time_ms)} for row in rows],
    }


def open_interest(market: Market, query: Query) -> dict[str, Any]:
    """Open contracts on whole `intervalTime`s, newest first, `limit` (1-200, default 50) a page.

    `nextPageCursor` is URL-encoded; it is understood as it is and decoded once.
    """
    category = query.get("category", "")
    if category not in ("linear", "inverse"):
        raise _Refused("category invalid")
    symbol = query.get("symbol", "")
    if category != "linear" or symbol not in market.listing.open_interest:
        raise _Refused("symbol invalid")
    width = OPEN_INTEREST_MS.get(query.get("intervalTime", ""))
    if width is None:
        raise _Refused("intervalTime invalid")
    rows = [row for row in market.open_interest(symbol) if row.time_ms % width == 0]
    end, before = _integer(query, "endTime"), _cursor_ms(query)
    if before is not None:
        end = before - 1 if end is None else min(end, before - 1)
    start, limit = _integer(query, "startTime"), _limit(query, 50, 200)
    page = _newest(rows, start, end, limit)
    more = len(page) == limit and bool(_newest(rows, start, page[-1].time_ms - 1, 1))
    return {
        "symbol": symbol,
        "category": category,
        "list": [_interest(row) for row in page],
        "nextPageCursor": quote(f"lasttime={page[-1].time_ms // 1000}", safe="") if more else "",
    }


def instruments(market: Market, query: Query) -> dict[str, Any]:
    """What can be asked for, in one page; what a market does not know about it is empty."""
    category = query.get("category", "")
    if category not in CATEGORIES:
        raise _Refused("category invalid")
    symbols = market.listing.symbols(category)
    if "symbol" in query and query["symbol"] not in symbols:
        raise _Refused("symbol invalid")
    _limit(query, 500, 1000)
    asked = [query["symbol"]] if "symbol" in query else sorted(symbols)
    if category == "spot":
        return {"category": category, "list": [pair(symbol) for symbol in asked]}
    rows = [contract(symbol, _funding_minutes(market, symbol)) for symbol in asked]
    return {"category": category, "list": rows, "nextPageCursor": ""}


def server_time(market: Market, query: Query) -> dict[str, Any]:
    """The market's clock, in seconds and nanoseconds."""
    now = epoch_ms(market.now)
    return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}


_ENDPOINTS: Final[Mapping[str, Callable[[Market, Query], dict[str, Any]]]] = {
    "/v5/market/kline": kline,
    "/v5/market/tickers": tickers,
    "/v5/market/orderbook": orderbook,
    "/v5/market/funding/history": funding_history,
    "/v5/market/open-interest": open_interest,
    "/v5/market/instruments-info": instruments,
    "/v5/market/time": server_time,
}


def _envelope(market: Market, result: dict[str, Any]) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": epoch_ms(market.now)}


def _refusal(market: Market, path: str, said: str) -> dict[str, Any]:
    if path == "/v5/market/orderbook":  # this endpoint refuses in a shape of its own, without `time`
        return {"result": None, "retCode": 10001, "retExtInfo": None, "retMsg": said}
    empty = {"category": "", "list": [], "nextPageCursor": ""}
    return {"retCode": 10001, "retMsg": said, "result": empty, "retExtInfo": {}, "time": epoch_ms(market.now)}


def _newest(rows: Sequence[RecordT], start: int | None, end: int | None, limit: int) -> list[RecordT]:
    """The newest `limit` of the ascending `rows` in [`start`, `end`], newest first."""
    low = 0 if start is None else bisect_left(rows, start, key=_time)
    high = len(rows) if end is None else bisect_right(rows, end, key=_time)
    return list(rows[max(low, high - limit) : max(low, high)])[::-1]


def _time(row: Bar | Funding | OpenInterest) -> int:
    return row.time_ms


def _interest(row: OpenInterest) -> dict[str, str]:
    sides = {"openInterest": row.value}
    if row.time_ms >= _SINGLE_SIDE_SINCE:
        sides["singleOpenInterest"] = f"{Decimal(row.value) / 2:f}"
    return {**sides, "timestamp": str(row.time_ms)}


def _cursor_ms(query: Query) -> int | None:
    """The time that a page's cursor points at."""
    if not query.get("cursor"):
        return None
    seconds = whole(parse_qs(unquote(query["cursor"])).get("lasttime", [""])[0])
    if seconds is None:
        raise _Refused("cursor invalid")
    return seconds * 1000


def _funding_minutes(market: Market, symbol: str) -> int | None:
    rows = market.funding(symbol)[-2:] if symbol in market.listing.funding else ()
    return (rows[1].time_ms - rows[0].time_ms) // 60_000 if len(rows) == 2 else None


def _integer(query: Query, name: str) -> int | None:
    value = query.get(name, "")
    if not value:
        return None
    number = whole(value)
    if number is None:
        raise _Refused(f"{name} invalid")
    return number


def _limit(query: Query, default: int, most: int) -> int:
    limit = _integer(query, "limit")
    if limit is None:
        return default
    if not 1 <= limit <= most:
        raise _Refused("limit invalid")
    return limit


def _spot_ticker(symbol: str, ticker: Ticker) -> dict[str, str]:
    return {
        "symbol": symbol,
        "bid1Price": ticker.bid,
        "bid1Size": ticker.bid_size,
        "ask1Price": ticker.ask,
        "ask1Size": ticker.ask_size,
        "lastPrice": ticker.last,
        "prevPrice24h": ticker.previous_24h,
        "price24hPcnt": ticker.change_24h,
        "highPrice24h": ticker.high_24h,
        "lowPrice24h": ticker.low_24h,
        "turnover24h": ticker.turnover_24h,
        "volume24h": ticker.volume_24h,
        "usdIndexPrice": ticker.index,
    }


def _contract_ticker(symbol: str, ticker: Ticker) -> dict[str, str]:
    return {
        "symbol": symbol,
        "lastPrice": ticker.last,
        "indexPrice": ticker.index,
        "markPrice": ticker.mark,
        "prevPrice24h": ticker.previous_24h,
        "price24hPcnt": ticker.change_24h,
        "highPrice24h": ticker.high_24h,
        "lowPrice24h": ticker.low_24h,
        "prevPrice1h": "",
        "openInterest": ticker.open_interest,
        "openInterestValue": ticker.open_interest_value,
        "turnover24h": ticker.turnover_24h,
        "volume24h": ticker.volume_24h,
        "fundingRate": ticker.funding_rate,
        "nextFundingTime": ticker.next_funding_ms,
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "ask1Size": ticker.ask_size,
        "bid1Price": ticker.bid,
        "ask1Price": ticker.ask,
        "bid1Size": ticker.bid_size,
        "basis": "",
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
        "fundingIntervalHour": "8" if ticker.funding_rate else "",
        "basisRateYear": "",
        "fundingCap": "",
    }
