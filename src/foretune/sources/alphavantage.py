"""Alpha Vantage daily series and splits. Every refusal comes with HTTP 200 and is told apart by key and text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import SecretStr

from foretune.errors import AccessDenied, MalformedResponse, RateLimited, RequestRefused, SourceError
from foretune.sources.excerpt import excerpt
from foretune.sources.http import HttpClient
from foretune.sources.redaction import redact
from foretune.sources.response import RawResponse

PROVIDER: Final = "alphavantage"
DAY_S: Final = 86_400.0  # the daily cap: no hint when it is lifted, so a day, which no retry waits for
BURST_S: Final = 1.5  # the burst cap is one request a second


class AlphaVantageSource:
    """Daily histories below `base`, all with the same key."""

    def __init__(self, http: HttpClient, base: str, api_key: SecretStr | None) -> None:
        self._http = http
        self._base = base
        self._api_key = api_key

    def crypto_daily(self, symbol: str, market: str = "USD") -> RawResponse:
        """DIGITAL_CURRENCY_DAILY, priced in `market`; UTC days, today's row is partial.

        Raises:
            AccessDenied: no key, key refused, or a premium request.
            RateLimited: the burst cap on every try, or the daily cap (never waited for).
            RequestRefused: unknown symbol or market.
            MalformedResponse: neither a refusal nor a daily series.
        """
        return self._query({"function": "DIGITAL_CURRENCY_DAILY", "symbol": symbol, "market": market})

    def equity_daily(self, symbol: str, outputsize: str = "full") -> RawResponse:
        """TIME_SERIES_DAILY: raw prices, splits not adjusted. `full` needs a premium key, `compact`
        is the last 100 sessions. Raises as `crypto_daily`."""
        return self._query({"function": "TIME_SERIES_DAILY", "symbol": symbol, "outputsize": outputsize})

    def fx_daily(self, from_symbol: str, to_symbol: str, outputsize: str = "full") -> RawResponse:
        """FX_DAILY; there is no volume. Raises as `crypto_daily`."""
        pair = {"from_symbol": from_symbol, "to_symbol": to_symbol}
        return self._query({"function": "FX_DAILY", **pair, "outputsize": outputsize})

    def splits(self, symbol: str) -> RawResponse:
        """SPLITS: every split of a share, newest first; an empty list where it had none, and also for
        a symbol nobody knows. Raises as `crypto_daily`."""
        return self._query({"function": "SPLITS", "symbol": symbol}, rows="data")

    def _query(self, params: dict[str, str], rows: str = "Time Series") -> RawResponse:
        key = self._api_key or SecretStr("")
        if not key.get_secret_value().strip() and not self._http.replaying:
            raise AccessDenied(PROVIDER, f"{params['function']} needs a key; set ALPHAVANTAGE_API_KEY")

        def check(response: RawResponse, headers: Mapping[str, str]) -> None:
            error = _refusal(response, key, rows)
            if error is not None:
                raise error

        return self._http.get(PROVIDER, self._base, "/query", params, secrets={"apikey": key}, check=check)


def _refusal(response: RawResponse, key: SecretStr, rows: str) -> SourceError | None:
    """The error a body stands for, None where a key of it begins with `rows`. A key it echoes is masked."""
    asked = " ".join(response.params.values())
    body = response.json()
    if not isinstance(body, dict) or not body:
        found = "an empty object" if body == {} else repr(excerpt(redact(response.text(), [key])))
        return MalformedResponse(PROVIDER, f"{asked}: expected '{rows}', found {found}")
    for name in ("Error Message", "Information", "Note"):
        if name in body:
            said = redact(str(body[name]), [key])
            return _named_refusal(name, f"{asked}: {excerpt(said)}", said.lower())
    if not any(name.startswith(rows) for name in body):
        return MalformedResponse(PROVIDER, f"{asked}: no '{rows}' in the body, found {excerpt(str(list(body)))}")
    return None


def _named_refusal(name: str, found: str, said: str) -> SourceError:
    if name == "Error Message":
        if "apikey" in said:
            return AccessDenied(PROVIDER, f"{found}; set ALPHAVANTAGE_API_KEY")
        return RequestRefused(PROVIDER, found)
    # Order matters: the burst text also names the daily cap, and every text advertises premium plans.
    if "per second" in said and "sparingly" in said:
        return RateLimited(PROVIDER, found, BURST_S)
    if "premium feature" in said or "premium endpoint" in said:
        return AccessDenied(PROVIDER, f"{found}; outputsize 'compact' may be free")
    if "per day" in said:
        return RateLimited(PROVIDER, found, DAY_S)
    if "per minute" in said:
        return RateLimited(PROVIDER, found, 60.0)
    if "demo" in said or "api key" in said:
        return AccessDenied(PROVIDER, found)
    return RequestRefused(PROVIDER, found)
