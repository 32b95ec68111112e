"""CoinGecko v3: price, market value and volume of coins. No value is interpreted here.

Attribution is asked for by the provider. Coins go by slug (`bitcoin`), not by symbol.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import SecretStr

from foretune.errors import AccessDenied, ConfigError, MalformedResponse, RateLimited, RequestRefused, SourceError
from foretune.sources.excerpt import excerpt
from foretune.sources.http import Check, HttpClient
from foretune.sources.response import RawResponse

PROVIDER: Final = "coingecko"
KEYLESS_DAYS: Final = 365
BACKOFF_S: Final = 15.0  # limits count per minute, and the hint is often absent or 0
_CHART: Final = ("prices", "market_caps", "total_volumes")


class CoinGeckoSource:
    """Coins below `base`, keyless or with a demo key, which travels as a header.

    Every method raises:
        AccessDenied: history beyond 365 days, or a key of another kind than this address takes.
        RequestRefused: unknown coin or parameter.
        RateLimited: too many requests on every try; there are 5 to 15 a minute without a key.
        MalformedResponse: not the documented JSON.
    """

    def __init__(self, http: HttpClient, base: str, api_key: SecretStr | None = None) -> None:
        text = "" if api_key is None else api_key.get_secret_value().strip()
        if not text.isascii() or not text.isprintable():
            raise ConfigError("COINGECKO_API_KEY has characters that no key has; copy it again")
        self._http = http
        self._base = base
        self._headers = {"x-cg-demo-api-key": SecretStr(text)} if text else {}

    def market_chart(self, coin: str, days: int) -> RawResponse:
        """Daily points of the last `days` days (365 at most without a paid key), oldest first, in USD.

        A point stamped D 00:00 UTC is the close of D-1. The last point is the moment of asking.
        """
        return self._chart(coin, "market_chart", {"days": str(days)})

    def market_chart_range(self, coin: str, start: datetime, end: datetime) -> RawResponse:
        """Daily points stamped in [`start`, `end`], as `market_chart`."""
        for at in (start, end):
            if at.tzinfo is None:
                raise RequestRefused(PROVIDER, f"{at.isoformat()} has no time zone; times are UTC")
        if start > end:
            raise RequestRefused(PROVIDER, f"the range is empty: {start.isoformat()} is after {end.isoformat()}")
        span = {"from": str(int(start.timestamp())), "to": str(int(end.timestamp()))}
        return self._chart(coin, "market_chart/range", span)

    def simple_price(self, coins: Sequence[str]) -> RawResponse:
        """Price, market value, 24 h volume and change of `coins` now, in USD.

        CoinGecko leaves out what it does not know; here that is a RequestRefused.
        """
        more = {f"include_{name}": "true" for name in ("market_cap", "24hr_vol", "24hr_change", "last_updated_at")}
        params = {"ids": ",".join(coins), "vs_currencies": "usd", **more}

        def check(response: RawResponse, headers: Mapping[str, str]) -> None:
            body = _object(response)
            unknown = [coin for coin in coins if coin not in body]
            if unknown:
                raise RequestRefused(PROVIDER, f"no price of {', '.join(unknown)}; coins go by slug, such as bitcoin")

        return self._get("/api/v3/simple/price", params, check)

    def _chart(self, coin: str, what: str, params: Mapping[str, str]) -> RawResponse:
        def check(response: RawResponse, headers: Mapping[str, str]) -> None:
            body = _object(response)
            if not all(isinstance(body.get(name), list) for name in _CHART):
                found = excerpt(", ".join(body))
                raise MalformedResponse(PROVIDER, f"{coin}: expected the lists {', '.join(_CHART)}, found {found}")

        return self._get(
            f"/api/v3/coins/{_slug(coin)}/{what}", {"vs_currency": "usd", **params, "interval": "daily"}, check
        )

    def _get(self, path: str, params: Mapping[str, str], check: Check) -> RawResponse:
        def refusal(status: int, said: str, retry_after: float | None) -> SourceError | None:
            return _refusal(path, status, said, retry_after)

        return self._http.get(
            PROVIDER, self._base, path, params, secret_headers=self._headers, check=check, refusal=refusal
        )


def _slug(coin: str) -> str:
    if not coin or not all(each.isalnum() or each in "-_." for each in coin) or not coin.isascii():
        raise RequestRefused(PROVIDER, f"{coin!r} is not a coin's slug; write bitcoin, not BTC/USD")
    return coin


def _object(response: RawResponse) -> dict[str, Any]:
    """The body; a refusal that came with status 200 is raised."""
    body = response.json()
    if not isinstance(body, dict):
        raise MalformedResponse(PROVIDER, f"{response.path}: expected an object, found {excerpt(response.text())!r}")
    code, said = _error(body)
    if said:
        raise _refusal(response.path, code or 200, response.text(), None) or RequestRefused(
            PROVIDER, f"{response.path}: {excerpt(said)}"
        )
    return body


def _error(body: Any) -> tuple[int | None, str]:
    """Code and words of the three shapes of a refusal: `error`, `status`, and `status` inside `error`."""
    if not isinstance(body, dict):
        return None, ""
    error = body.get("error")
    if isinstance(error, str):
        return None, error
    status = error.get("status") if isinstance(error, dict) else body.get("status")
    if not isinstance(status, dict):
        return None, ""
    code = status.get("error_code")
    return code if isinstance(code, int) else None, str(status.get("error_message", ""))


def _refusal(path: str, status: int, text: str, retry_after: float | None) -> SourceError | None:
    try:
        code, said = _error(json.loads(text))
    except (ValueError, RecursionError):
        code, said = None, ""
    found = f"{path}: {excerpt(said or text)}"
    if status == 429 or code == 429:
        return RateLimited(PROVIDER, found, retry_after or BACKOFF_S)
    if code == 10012:
        return AccessDenied(PROVIDER, f"{found} Ask for the last {KEYLESS_DAYS} days, or use another source before")
    if code in (10010, 10011):
        return AccessDenied(PROVIDER, f"{found}; only demo keys work with this address")
    if status == 404:
        return RequestRefused(PROVIDER, f"{found}; coins go by slug (bitcoin), not by symbol (BTC)")
    return None
