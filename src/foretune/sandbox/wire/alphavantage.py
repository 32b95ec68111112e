"""Alpha Vantage's daily series in today's field names. Every refusal is HTTP 200, as there.

Finished days only: the provider's bodies carry no clock by which a client could tell that the
newest day is still running. Splits are those in effect, newest first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from foretune.sandbox.market import DAY_MS, Bar, Market, epoch_ms
from foretune.sandbox.wire.answer import Answer

FREE_KEY: Final = "free"
"""A key of the free tier: full equity history is refused. Any other key may have everything."""

COMPACT_ROWS: Final = 100
_SITE: Final = "https://www.alphavantage.co"
_MISSING_KEY: Final = (
    f"the parameter apikey is invalid or missing. Please claim your free API key on ({_SITE}/support/#api-key). "
    "It should take less than 20 seconds."
)
_PREMIUM: Final = (
    "Thank you for using Alpha Vantage! The outputsize=full parameter value is a premium feature for the "
    f"TIME_SERIES_DAILY endpoint. You may subscribe to any of the premium plans at {_SITE}/premium/ "
    "to instantly unlock all premium features"
)


def answer(market: Market, path: str, query: Mapping[str, str]) -> Answer:
    """Answer GET `/query`; any non-empty `apikey` is accepted, as at the provider."""
    if path != "/query":
        return Answer.text("Not Found", 404)
    if not query.get("apikey", "").strip():
        return Answer.json({"Error Message": _MISSING_KEY})
    function, symbol = query.get("function", ""), query.get("symbol", "")
    if function == "DIGITAL_CURRENCY_DAILY" and symbol in market.listing.crypto and query.get("market") == "USD":
        return Answer.json(_crypto(symbol, _finished(market, market.listing.crypto[symbol])))
    if function == "TIME_SERIES_DAILY" and symbol in market.listing.equity:
        size = query.get("outputsize", "compact")
        if size == "full" and query["apikey"] == FREE_KEY:
            return Answer.json({"Information": _PREMIUM})
        if size in ("compact", "full"):
            bars = _finished(market, market.listing.equity[symbol])
            return Answer.json(_equity(symbol, bars if size == "full" else bars[-COMPACT_ROWS:], size))
    pair = f"{query.get('from_symbol', '')}/{query.get('to_symbol', '')}"
    if function == "FX_DAILY" and pair in market.listing.fx:
        size = query.get("outputsize", "compact")
        if size in ("compact", "full"):
            bars = _finished(market, market.listing.fx[pair])
            return Answer.json(_fx(pair, bars if size == "full" else bars[-COMPACT_ROWS:], size))
    if function == "SPLITS" and symbol in market.listing.splits:
        rows = [{"effective_date": row.day, "split_factor": row.factor} for row in reversed(market.splits(symbol))]
        return Answer.json({"symbol": symbol, "data": rows})
    named = function or "the function asked for"
    said = f"Invalid API call. Please retry or visit the documentation ({_SITE}/documentation/) for {named}."
    return Answer.json({"Error Message": said})


def _finished(market: Market, instrument: str) -> list[Bar]:
    now = epoch_ms(market.now)
    return [bar for bar in market.bars(instrument) if bar.time_ms + DAY_MS <= now]


def _crypto(symbol: str, bars: Sequence[Bar]) -> dict[str, Any]:
    return {
        "Meta Data": {
            "1. Information": "Daily Prices and Volumes for Digital Currency",
            "2. Digital Currency Code": symbol,
            "3. Digital Currency Name": symbol,
            "4. Market Code": "USD",
            "5. Market Name": "United States Dollar",
            "6. Last Refreshed": f"{_day(bars[-1])} 00:00:00" if bars else "",
            "7. Time Zone": "UTC",
        },
        "Time Series (Digital Currency Daily)": _rows(bars),
    }


def _equity(symbol: str, bars: Sequence[Bar], size: str) -> dict[str, Any]:
    return {
        "Meta Data": {
            "1. Information": "Daily Prices (open, high, low, close) and Volumes",
            "2. Symbol": symbol,
            "3. Last Refreshed": _day(bars[-1]) if bars else "",
            "4. Output Size": "Full size" if size == "full" else "Compact",
            "5. Time Zone": "US/Eastern",
        },
        "Time Series (Daily)": _rows(bars),
    }


def _fx(pair: str, bars: Sequence[Bar], size: str) -> dict[str, Any]:
    bought, _, paid = pair.partition("/")
    return {
        "Meta Data": {
            "1. Information": "Forex Daily Prices (open, high, low, close)",
            "2. From Symbol": bought,
            "3. To Symbol": paid,
            "4. Output Size": "Full size" if size == "full" else "Compact",
            "5. Last Refreshed": f"{_day(bars[-1])} 00:00:00" if bars else "",
            "6. Time Zone": "UTC",
        },
        "Time Series FX (Daily)": {
            day: {name: value for name, value in cells.items() if name != "5. volume"}
            for day, cells in _rows(bars).items()
        },
    }


def _rows(bars: Sequence[Bar]) -> dict[str, dict[str, str]]:
    """Newest first, prices and base volume as the market has them."""
    names = ("1. open", "2. high", "3. low", "4. close", "5. volume")
    return {_day(bar): dict(zip(names, bar[1:6], strict=True)) for bar in reversed(bars)}


def _day(bar: Bar) -> str:
    return datetime.fromtimestamp(bar.time_ms / 1000, UTC).date().isoformat()
