"""Bybit's public v5 market data: paging and refusals. No value is interpreted here.

Bybit answers most refusals with HTTP 200 and a `retCode` other than 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

from foretune.errors import AccessDenied, MalformedResponse, RateLimited, RequestRefused, SourceUnavailable
from foretune.sources.excerpt import excerpt
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse

PROVIDER: Final = "bybit"
KLINE_LIMIT: Final = 1000
FUNDING_LIMIT: Final = 200
OPEN_INTEREST_LIMIT: Final = 200
INSTRUMENTS_LIMIT: Final = 1000


class BybitSource:
    """Keyless market endpoints below `base`. Times are UTC; both ends of a range are included."""

    def __init__(self, http: HttpClient, base: str) -> None:
        self._http = http
        self._base = base

    def klines(self, symbol: str, category: str, interval: str, start: datetime, end: datetime) -> list[RawResponse]:
        """Every page of candles that open in [`start`, `end`], newest page first.

        `interval` is Bybit's: minutes as text, `D`, `W` or `M`. The newest candle may be unfinished.
        The first page is there even when it has no candle.

        Raises:
            RequestRefused: unknown symbol, category or interval, or `start` after `end`.
            SourceError: any other refusal.
        """
        params = {"category": category, "symbol": symbol, "interval": interval, "limit": str(KLINE_LIMIT)}

        def page(first: int, last: int) -> RawResponse:
            return self._get("/v5/market/kline", {**params, "start": str(first), "end": str(last)})

        return _pages(page, _kline_time, start, end)

    def funding_history(
        self, symbol: str, start: datetime, end: datetime, *, category: str = "linear"
    ) -> list[RawResponse]:
        """Every page of settled funding rates of a perpetual in [`start`, `end`], newest first."""
        params = {"category": category, "symbol": symbol, "limit": str(FUNDING_LIMIT)}

        def page(first: int, last: int) -> RawResponse:
            return self._get("/v5/market/funding/history", {**params, "startTime": str(first), "endTime": str(last)})

        return _pages(page, _funding_time, start, end)

    def open_interest(
        self, symbol: str, category: str, interval_time: str, start: datetime, end: datetime
    ) -> list[RawResponse]:
        """Every page of open interest stamped in [`start`, `end`], newest first.

        `interval_time` is Bybit's: `5min`, `15min`, `30min`, `1h`, `4h` or `1d`.

        Raises:
            RequestRefused: unknown symbol, category or interval, or `start` after `end`.
            MalformedResponse: rows outside the range, or a cursor that leads in a circle.
        """
        first, last = _range(start, end)
        span = {"startTime": str(first), "endTime": str(last), "limit": str(OPEN_INTEREST_LIMIT)}
        params = {"category": category, "symbol": symbol, "intervalTime": interval_time, **span}
        pages = self._cursor_pages("/v5/market/open-interest", params)
        for page in pages:
            _check_range(page, _times(page, _stamp), first, last)
        return pages

    def instruments_info(self, category: str, symbol: str | None = None) -> list[RawResponse]:
        """What can be traded in `category`, every page of it, or one `symbol` of it."""
        params = {"category": category, "limit": str(INSTRUMENTS_LIMIT)}
        return self._cursor_pages(
            "/v5/market/instruments-info", params if symbol is None else {**params, "symbol": symbol}
        )

    def ticker(self, symbol: str, category: str) -> RawResponse:
        """The 24 h summary of one symbol."""
        return self._get("/v5/market/tickers", {"category": category, "symbol": symbol})

    def orderbook(self, symbol: str, category: str, limit: int = 25) -> RawResponse:
        """`limit` price levels on each side, 1 to 1000."""
        return self._get("/v5/market/orderbook", {"category": category, "symbol": symbol, "limit": str(limit)})

    def server_time(self) -> RawResponse:
        """The exchange's clock."""
        return self._get("/v5/market/time", {})

    def _cursor_pages(self, path: str, params: Mapping[str, str]) -> list[RawResponse]:
        """Follow `nextPageCursor` until it is empty or a page is.

        The cursor comes URL-encoded; it is decoded here because the HTTP layer encodes it again.
        """
        pages = [self._get(path, params)]
        seen: set[str] = set()
        while _rows(pages[-1]) and (cursor := _cursor(pages[-1])):
            if cursor in seen:
                raise MalformedResponse(PROVIDER, f"{path}: the cursor {excerpt(cursor)!r} came twice; paging stopped")
            seen.add(cursor)
            page = self._get(path, {**params, "cursor": cursor})
            if _rows(page):
                pages.append(page)
            else:
                break
        return pages

    def _get(self, path: str, params: Mapping[str, str]) -> RawResponse:
        return self._http.get(PROVIDER, self._base, path, params, check=_check)


def _check(response: RawResponse, headers: Mapping[str, str]) -> None:
    """Turn a `retCode` other than 0 into the error it stands for."""
    envelope = response.json()
    if not isinstance(envelope, dict) or "retCode" not in envelope:
        raise MalformedResponse(PROVIDER, f"{response.path}: no retCode in {excerpt(response.text())!r}")
    code, said = envelope["retCode"], excerpt(str(envelope.get("retMsg", "")))
    if code == 0:
        return
    asked = ", ".join(response.params[key] for key in ("category", "symbol", "interval") if key in response.params)
    found = (
        f"{response.path} ({asked}): retCode {code}, {said}" if asked else f"{response.path}: retCode {code}, {said}"
    )
    match code:
        case 10006:
            raise RateLimited(PROVIDER, found, _until(headers.get("X-Bapi-Limit-Reset-Timestamp")))
        case 10000 | 10016:
            raise SourceUnavailable(PROVIDER, found)
        case 10009:
            raise AccessDenied(PROVIDER, f"{found}; the provider does not serve this address")
        case _:
            raise RequestRefused(PROVIDER, f"{found}; symbols are upper case, check the category")


def _until(reset_ms: str | None) -> float | None:
    if reset_ms is None or not reset_ms.strip().isdecimal():
        return None
    return max(0.0, int(reset_ms) / 1000 - datetime.now(UTC).timestamp())


def _pages(
    page: Callable[[int, int], RawResponse], time_of: Callable[[Any], Any], start: datetime, end: datetime
) -> list[RawResponse]:
    """Walk backwards from `end` until nothing older is left.

    There is no cursor: the next page ends one millisecond before the oldest row of this one. A
    short page is not taken as the last one, because a server may cap pages below the limit asked.
    """
    first, last = _range(start, end)
    pages: list[RawResponse] = []
    while first <= last:
        response = page(first, last)
        times = _times(response, time_of)
        if times or not pages:
            pages.append(response)
        if not times:
            break
        _check_range(response, times, first, last)  # one row from before it would end the paging years too early
        last = min(times) - 1
    return pages


def _rows(response: RawResponse) -> list[Any]:
    result = response.json().get("result")
    rows = result.get("list") if isinstance(result, dict) else None
    if not isinstance(rows, list):
        raise MalformedResponse(PROVIDER, f"{response.path}: no result.list in the body")
    return rows


def _cursor(response: RawResponse) -> str:
    return unquote(str(response.json()["result"].get("nextPageCursor") or ""))


def _times(response: RawResponse, time_of: Callable[[Any], Any]) -> list[int]:
    try:
        return [int(time_of(row)) for row in _rows(response)]
    except (KeyError, IndexError, TypeError, ValueError):
        raise MalformedResponse(PROVIDER, f"{response.path}: a row without its time in milliseconds") from None


def _check_range(response: RawResponse, times: list[int], first: int, last: int) -> None:
    if times and not first <= min(times) <= max(times) <= last:
        asked = f"{response.path} {response.params.get('symbol', '')}".strip()
        raise MalformedResponse(
            PROVIDER,
            f"{asked}: rows lie outside the range asked for, from {min(times)} to {max(times)} where {first} to "
            f"{last} was asked; paging stopped",
        )


def _kline_time(row: Any) -> Any:
    return row[0]


def _funding_time(row: Any) -> Any:
    return row["fundingRateTimestamp"]


def _stamp(row: Any) -> Any:
    return row["timestamp"]


def _range(start: datetime, end: datetime) -> tuple[int, int]:
    first, last = _ms(start), _ms(end)
    if first > last:
        raise RequestRefused(PROVIDER, f"the range is empty: start {start.isoformat()} is after end {end.isoformat()}")
    return first, last


def _ms(at: datetime) -> int:
    if at.tzinfo is None:
        raise RequestRefused(PROVIDER, f"{at.isoformat()} has no time zone; times are UTC")
    return int(at.timestamp() * 1000)
