"""Rows of Bybit's instruments-info. Empty is what a market of recorded or made prices does not know.

Ticks, lots and leverage are the exchange's rules, not prices: they are never guessed from prices.
"""

from __future__ import annotations

from typing import Any, Final

_QUOTES: Final = ("USDT", "USDC", "USD")


def contract(symbol: str, funding_minutes: int | None) -> dict[str, Any]:
    """A perpetual; `funding_minutes` between two settlements, null where none are recorded."""
    base, quote = _coins(symbol)
    return {
        "symbol": symbol,
        "symbolId": None,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": base,
        "quoteCoin": quote,
        "launchTime": "",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": "",
        "leverageFilter": _empty("minLeverage", "maxLeverage", "leverageStep"),
        "priceFilter": _empty("minPrice", "maxPrice", "tickSize"),
        "lotSizeFilter": _empty(
            "maxOrderQty", "minOrderQty", "qtyStep", "postOnlyMaxOrderQty", "maxMktOrderQty", "minNotionalValue"
        ),
        "unifiedMarginTrade": None,
        "fundingInterval": funding_minutes,
        "settleCoin": quote,
        "copyTrading": "",
        "upperFundingRate": "",
        "lowerFundingRate": "",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": _empty("priceLimitRatioX", "priceLimitRatioY"),
        "symbolType": "",
    }


def pair(symbol: str) -> dict[str, Any]:
    """A spot pair."""
    base, quote = _coins(symbol)
    return {
        "symbolId": None,
        "symbol": symbol,
        "baseCoin": base,
        "quoteCoin": quote,
        "innovation": "",
        "status": "Trading",
        "marginTrading": "",
        "stTag": "",
        "lotSizeFilter": _empty(
            "basePrecision",
            "quotePrecision",
            "minOrderQty",
            "maxOrderQty",
            "minOrderAmt",
            "maxOrderAmt",
            "maxLimitOrderQty",
            "maxMarketOrderQty",
            "postOnlyMaxLimitOrderSize",
        ),
        "priceFilter": _empty("tickSize"),
        "riskParameters": _empty("priceLimitRatioX", "priceLimitRatioY"),
        "symbolType": "",
    }


def _coins(symbol: str) -> tuple[str, str]:
    """Base and quote coin.

    >>> _coins("BTCUSDT")
    ('BTC', 'USDT')
    """
    quote = next((each for each in _QUOTES if symbol.endswith(each)), "")
    return symbol.removesuffix(quote), quote


def _empty(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")
