"""CoinGecko v3: daily charts and current prices of coins, in USD.

A market has daily points, so a span whose points the provider would send by the hour is refused
unless `interval=daily` is asked for. A key arrives as `x_cg_demo_api_key` or `x_cg_pro_api_key`,
whether it was sent as a parameter or as a header.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from foretune.sandbox.market import DAY_MS, ChartPoint, Market, epoch_ms
from foretune.sandbox.wire.answer import Answer, number, whole

KEYS: Final = ("x_cg_demo_api_key", "x_cg_pro_api_key")
KEYLESS_DAYS: Final = 365
HOURLY_DAYS: Final = 90
"""Up to so many days the provider sends hours or minutes unless asked for days."""

_ROOT: Final = "/api/v3"
_TOO_FAR: Final = (
    "Your request exceeds the allowed time range. Public API users are limited to querying historical data "
    "within the past 365 days."
)

Query = Mapping[str, str]


class _Refused(Exception):
    """An answer in place of data."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def answer(market: Market, path: str, query: Query) -> Answer:
    """Answer GET `path` (`/api/v3/…`) as CoinGecko does at `market.now`."""
    parts = path.removeprefix(_ROOT).strip("/").split("/") if path.startswith(f"{_ROOT}/") else []
    try:
        match parts:
            case ["simple", "price"]:
                return _prices(market, query)
            case ["coins", coin, "market_chart"]:
                return _chart(_since(market, coin, query))
            case ["coins", coin, "market_chart", "range"]:
                return _chart(_between(market, coin, query))
            case ["ping"]:
                return Answer.json({"gecko_says": "(V3) To the Moon!"})
    except _Refused as refusal:
        return refusal.answer
    return _said(404, f"this sandbox has {_ROOT}/simple/price, /coins/{{id}}/market_chart and its /range")


def _since(market: Market, coin: str, query: Query) -> list[ChartPoint]:
    """The points of the last `days` days."""
    points, now = _points(market, coin, query), epoch_ms(market.now)
    asked = query.get("days", "")
    if asked == "max":
        _allow_past(market, query, KEYLESS_DAYS + 1)
        return _with_now(points, now)
    days = whole(asked)
    if not days:
        raise _Refused(_said(400, "Invalid value for parameter days" if asked else "Missing parameter days"))
    _allow_past(market, query, days)
    _only_daily(query, days)
    return _with_now(points[bisect_left(points, now - days * DAY_MS, key=_time) :], now)


def _between(market: Market, coin: str, query: Query) -> list[ChartPoint]:
    """The points stamped in [`from`, `to`], both in seconds."""
    points, now = _points(market, coin, query), epoch_ms(market.now)
    first, last = _seconds(query, "from") * 1000, _seconds(query, "to") * 1000
    _allow_past(market, query, -(-(now - first) // DAY_MS))
    _only_daily(query, (last - first) // DAY_MS)
    if last >= now:
        points = _with_now(points, now)
    return list(points[bisect_left(points, first, key=_time) : bisect_right(points, last, key=_time)])


def _points(market: Market, coin: str, query: Query) -> Sequence[ChartPoint]:
    if coin not in market.listing.coins:
        raise _Refused(_said(404, "coin not found"))
    if not query.get("vs_currency"):
        raise _Refused(_said(400, "Missing parameter vs_currency"))
    if query["vs_currency"].lower() != "usd":
        raise _Refused(_said(400, "invalid vs_currency"))
    return market.chart(coin)


def _with_now(points: Sequence[ChartPoint], now: int) -> list[ChartPoint]:
    """Adds the provider's last point, which is no day's close: the last known values, stamped now.

    At midnight there is none beside the day's own point.
    """
    if not points or now % DAY_MS == 0 or points[-1].time_ms >= now:
        return list(points)
    return [*points, points[-1]._replace(time_ms=now)]


def _chart(points: Sequence[ChartPoint]) -> Answer:
    """Three lists of [ms, number]; a point without a price is in none, other numbers may be null."""
    priced = [point for point in points if point.price]
    stamps = [point.time_ms for point in priced]
    lists = (
        _pairs("prices", stamps, [point.price for point in priced]),
        _pairs("market_caps", stamps, [point.market_cap for point in priced]),
        _pairs("total_volumes", stamps, [point.volume for point in priced]),
    )
    return Answer(f"{{{','.join(lists)}}}".encode(), "application/json")


def _pairs(name: str, stamps: Sequence[int], values: Sequence[str]) -> str:
    rows = ",".join(f"[{stamp},{number(value)}]" for stamp, value in zip(stamps, values, strict=True))
    return f'"{name}":[{rows}]'


def _prices(market: Market, query: Query) -> Answer:
    """The newest point of each coin of `ids`; an unknown coin is left out, as there."""
    if not query.get("vs_currencies"):
        raise _Refused(_said(400, "Missing parameter vs_currencies"))
    coins = [coin for coin in query.get("ids", "").split(",") if coin in market.listing.coins]
    if "usd" not in query["vs_currencies"].lower().split(","):
        coins = []
    rows = []
    for coin in dict.fromkeys(coins):
        priced = [point for point in market.chart(coin) if point.price]
        if priced:
            rows.append(f'"{coin}":{{{_price(priced, query)}}}')
    return Answer(f"{{{','.join(rows)}}}".encode(), "application/json")


def _price(points: Sequence[ChartPoint], query: Query) -> str:
    last = points[-1]
    cells = {"usd": number(last.price)}
    if query.get("include_market_cap") == "true":
        cells["usd_market_cap"] = number(last.market_cap)
    if query.get("include_24hr_vol") == "true":
        cells["usd_24h_vol"] = number(last.volume)
    if query.get("include_24hr_change") == "true":
        cells["usd_24h_change"] = _change(points)
    if query.get("include_last_updated_at") == "true":
        cells["last_updated_at"] = str(last.time_ms // 1000)
    return ",".join(f'"{name}":{value}' for name, value in cells.items())


def _change(points: Sequence[ChartPoint]) -> str:
    """Percent since the day before, null where that day has no point."""
    last = points[-1]
    before = next((point for point in points[-3:-1] if point.time_ms == last.time_ms - DAY_MS), None)
    if before is None or not Decimal(before.price):
        return "null"
    return f"{(Decimal(last.price) / Decimal(before.price) - 1) * 100:.6f}"


def _allow_past(market: Market, query: Query, days: int) -> None:
    if days <= KEYLESS_DAYS or any(query.get(key, "").strip() for key in KEYS):
        return
    now = market.now.isoformat(timespec="milliseconds")
    status = {"timestamp": now, "error_code": 10012, "error_message": _TOO_FAR}
    raise _Refused(Answer.json({"error": {"status": status}}, 401))


def _only_daily(query: Query, days: int) -> None:
    if query.get("interval", "daily" if days > HOURLY_DAYS else "") != "daily":
        said = f"this sandbox has daily points; up to {HOURLY_DAYS} days ask with interval=daily"
        raise _Refused(_said(400, said))


def _seconds(query: Query, name: str) -> int:
    text = query.get(name, "")
    if not text:
        raise _Refused(_said(400, f"Missing parameter {name}"))
    seconds = whole(text)
    if seconds is None:
        raise _Refused(_said(400, f"Invalid value for parameter {name}"))
    return seconds


def _said(status: int, said: str) -> Answer:
    return Answer.json({"error": said}, status)


def _time(point: ChartPoint) -> int:
    return point.time_ms
