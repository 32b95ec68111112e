"""CoinGeckoSource: keyless or with a key in a header, and three shapes of one refusal."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx2
import pytest
from pydantic import SecretStr

from foretune.errors import AccessDenied, ConfigError, MalformedResponse, RateLimited, RequestRefused
from foretune.sources.coingecko import CoinGeckoSource

CHART = httpx2.Response(200, json={"prices": [], "market_caps": [], "total_volumes": []})
START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
KEY = SecretStr("CG-abcdefghijklmnopqrst")


def source(scripted, *answers, key=None, **options):
    client, provider = scripted(*answers, **{"attempts": 1, **options})
    return CoinGeckoSource(client, "https://gecko.test", key), provider


def test_days_are_asked_for_daily_and_in_usd(scripted):
    gecko, provider = source(scripted, CHART)
    page = gecko.market_chart("bitcoin", 365)
    assert page.path == "/api/v3/coins/bitcoin/market_chart"
    assert dict(provider.requests[0].url.params) == {"vs_currency": "usd", "days": "365", "interval": "daily"}
    assert "x-cg-demo-api-key" not in provider.requests[0].headers


def test_a_range_is_asked_for_in_seconds(scripted):
    gecko, provider = source(scripted, CHART)
    gecko.market_chart_range("bitcoin", START, END)
    params = provider.requests[0].url.params
    assert (params["from"], params["to"]) == ("1704067200", "1709251200")


def test_a_key_travels_as_a_header_and_stands_in_no_parameter(scripted):
    gecko, provider = source(scripted, CHART, key=KEY)
    page = gecko.market_chart("bitcoin", 30)
    assert provider.requests[0].headers["x-cg-demo-api-key"] == KEY.get_secret_value()
    assert KEY.get_secret_value() not in f"{page.params}{provider.requests[0].url}"


def test_a_key_that_a_refusal_echoes_is_masked(scripted):
    gecko, _ = source(scripted, httpx2.Response(401, content=f"bad key {KEY.get_secret_value()}".encode()), key=KEY)
    with pytest.raises(AccessDenied) as caught:
        gecko.market_chart("bitcoin", 30)
    assert KEY.get_secret_value() not in str(caught.value)


def test_a_key_that_cannot_be_one_is_refused(scripted):
    with pytest.raises(ConfigError, match="COINGECKO_API_KEY"):
        source(scripted, CHART, key=SecretStr("clé\n1"))


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (404, {"error": "coin not found"}, RequestRefused, "coin not found; coins go by slug"),
        (400, {"error": "Missing parameter vs_currency"}, RequestRefused, "Missing parameter"),
        (401, {"error": {"status": {"error_code": 10012, "error_message": "Too far."}}}, AccessDenied, "365 days"),
        (400, {"status": {"error_code": 10010, "error_message": "Wrong root."}}, AccessDenied, "demo keys"),
        (429, {"status": {"error_code": 429, "error_message": "Slow down."}}, RateLimited, "Slow down"),
        (200, {"error": "coin not found"}, RequestRefused, "coin not found"),
        (200, {"status": {"error_code": 429, "error_message": "Slow down."}}, RateLimited, "Slow down"),
        (200, {"prices": []}, MalformedResponse, "market_caps"),
        (200, [], MalformedResponse, "expected an object"),
    ],
)
def test_a_refusal_is_its_typed_error_whatever_its_shape(scripted, status, body, error, said):
    gecko, _ = source(scripted, httpx2.Response(status, json=body))
    with pytest.raises(error, match=said) as caught:
        gecko.market_chart("bitcoin", 366)
    assert type(caught.value) is error


@pytest.mark.parametrize(("hint", "waited"), [({}, 15.0), ({"Retry-After": "0"}, 15.0), ({"Retry-After": "40"}, 40.0)])
def test_a_rate_limit_is_waited_for_even_if_the_hint_is_absent_or_zero(scripted, hint, waited):
    limited = httpx2.Response(429, headers=hint, json={"status": {"error_code": 429, "error_message": "x"}})
    gecko, provider = source(scripted, limited, CHART, attempts=2)
    gecko.market_chart("bitcoin", 30)
    assert provider.sleeps[0] == waited


def test_prices_now_name_the_coins_that_were_left_out(scripted):
    gecko, provider = source(scripted, httpx2.Response(200, json={"bitcoin": {"usd": 76975}}))
    assert gecko.simple_price(["bitcoin"]).json() == {"bitcoin": {"usd": 76975}}
    with pytest.raises(RequestRefused, match="no price of btc; coins go by slug"):
        gecko.simple_price(["bitcoin", "btc"])
    assert provider.requests[0].url.params["include_market_cap"] == "true"


@pytest.mark.parametrize("coin", ["", "BTC/USD", "../ping", "b?x"])
def test_a_coin_is_a_plain_word(scripted, coin):
    gecko, provider = source(scripted, CHART)
    with pytest.raises(RequestRefused, match="not a coin's slug"):
        gecko.market_chart(coin, 1)
    assert provider.requests == []


@pytest.mark.parametrize(("start", "end"), [(END, START), (START.replace(tzinfo=None), END)])
def test_a_range_that_cannot_be_asked_for_is_refused_here(scripted, start, end):
    gecko, _ = source(scripted, CHART)
    with pytest.raises(RequestRefused):
        gecko.market_chart_range("bitcoin", start, end)
