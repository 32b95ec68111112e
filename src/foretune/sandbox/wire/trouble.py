"""Each provider's own words for being asked too often, and for trouble of its own.

Nothing here decides when; that is the fault plan's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foretune.sandbox.wire.answer import Answer

HTML_PAGE: Final = Answer.text(
    "<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head>"
    "<body><h1>Checking your browser</h1></body></html>\n",
    media_type="text/html",
)
"""What a proxy in front of a provider says, with status 200."""

BANNED: Final = Answer.text("403, access too frequent", 403)
"""Bybit's answer to an address that went on after its limit: it lasts ten minutes there."""

_BURST: Final = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly "
    "(1 request per second). You may subscribe to any of the premium plans at "
    "https://www.alphavantage.co/premium/ to lift the free key rate limit (25 requests per day), raise the "
    "per-second burst limit, and instantly unlock all premium endpoints"
)
_COINGECKO: Final = (
    "You've exceeded the Rate Limit. Please visit https://www.coingecko.com/en/api/pricing to subscribe to our "
    "API plans for higher rate limits."
)
_GDELT: Final = (
    "Please limit requests to one every 5 seconds or contact kalev.leetaru5@gmail.com for larger queries. "
    "All high-traffic users should switch to our ngrams dataset: "
    "https://blog.gdeltproject.org/using-the-new-web-ngrams-dataset-to-find-relevant-coverage/.\n"
)


def rate_limited(provider: str, clock_ms: int, wait_s: int) -> Answer:
    """Asked too often: try again after `wait_s`. `clock_ms` is the time on the wall, not the market's.

    Bybit and Alpha Vantage say it with status 200, Bybit with the moment of its reset in a header.
    """
    retry = {"Retry-After": str(wait_s)}
    match provider:
        case "bybit":
            limits = {
                "X-Bapi-Limit": "50",
                "X-Bapi-Limit-Status": "0",
                "X-Bapi-Limit-Reset-Timestamp": str(clock_ms + wait_s * 1000),
            }
            return _json(_bybit(10006, "Too many visits!", clock_ms), 200, limits)
        case "alphavantage":
            return _json({"Information": _BURST}, 200, {})
        case "coingecko":
            return _json({"status": {"error_code": 429, "error_message": _COINGECKO}}, 429, retry)
        case "fred_api":
            return _json({"error_code": 429, "error_message": "Too Many Requests.  Exceeded Rate Limit"}, 429, retry)
        case "gdelt":
            return Answer(_GDELT.encode(), "text/plain", 429, retry)
        case _:
            return Answer(b"Too Many Requests\n", "text/plain", 429, retry)


def server_error(provider: str, clock_ms: int) -> Answer:
    """The provider's own trouble; Bybit reports it with status 200."""
    match provider:
        case "bybit":
            return _json(_bybit(10016, "Server error", clock_ms), 200, {})
        case "fred_api":
            return _json({"error_code": 500, "error_message": "Internal Server Error"}, 500, {})
        case _:
            page = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>\n"
            return Answer.text(page, 502, "text/html")


def _bybit(code: int, said: str, clock_ms: int) -> dict[str, Any]:
    return {"retCode": code, "retMsg": said, "result": {}, "retExtInfo": {}, "time": clock_ms}


def _json(content: Any, status: int, headers: Mapping[str, str]) -> Answer:
    plain = Answer.json(content, status)
    return Answer(plain.body, plain.media_type, status, headers)
