"""AlphaVantageSource: refusals that come with HTTP 200, told apart by key and text."""

from __future__ import annotations

import httpx2
import pytest
from pydantic import SecretStr

from foretune.errors import AccessDenied, MalformedResponse, RateLimited, RequestRefused
from foretune.sources.alphavantage import AlphaVantageSource

KEY = SecretStr("Q7ABCDEF")


def test_a_crypto_history_comes_newest_first_in_todays_field_names(http, sandbox):
    body = AlphaVantageSource(http, f"{sandbox.root}/alphavantage", KEY).crypto_daily("BTC").json()
    series = body["Time Series (Digital Currency Daily)"]
    assert len(series) == 1461
    assert next(iter(series)) == "2023-12-31"
    assert list(series["2023-12-31"]) == ["1. open", "2. high", "3. low", "4. close", "5. volume"]


def test_an_unknown_coin_is_refused(http, sandbox):
    with pytest.raises(RequestRefused, match="DIGITAL_CURRENCY_DAILY NOPE USD: Invalid API call"):
        AlphaVantageSource(http, f"{sandbox.root}/alphavantage", KEY).crypto_daily("NOPE")


@pytest.mark.parametrize("key", [None, SecretStr(""), SecretStr(" ")])
def test_without_a_key_nothing_is_sent(scripted, key):
    client, provider = scripted(httpx2.Response(200))
    with pytest.raises(AccessDenied, match="ALPHAVANTAGE_API_KEY"):
        AlphaVantageSource(client, "https://av.test", key).equity_daily("IBM")
    assert provider.requests == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"Error Message": "Invalid API call for FX_DAILY."}, RequestRefused),
        ({"Error Message": "the parameter apikey is invalid or missing"}, AccessDenied),
        ({"Information": "outputsize=full is a premium feature"}, AccessDenied),
        ({"Information": "the demo key is for demo purposes only"}, AccessDenied),
        ({"Note": "our standard rate limit is 25 requests per day, see premium plans"}, RateLimited),
        ({"Information": "something new"}, RequestRefused),
        ({}, MalformedResponse),
        ([], MalformedResponse),
        ({"Meta Data": {}}, MalformedResponse),
    ],
)
def test_each_refusal_has_its_error(scripted, body, error):
    client, provider = scripted(httpx2.Response(200, json=body))
    with pytest.raises(error):
        AlphaVantageSource(client, "https://av.test", KEY).fx_daily("EUR", "USD")
    assert len(provider.requests) == 1


def test_the_burst_cap_is_waited_out_the_daily_cap_is_not(scripted):
    burst = {"Information": "spread out requests more sparingly (1 request per second); 25 requests per day, premium"}
    daily = {"Information": "We have detected your API key as q7abcdef; the limit is 25 requests per day"}
    client, provider = scripted(httpx2.Response(200, json=burst), httpx2.Response(200, json=daily), min_interval_s={})

    with pytest.raises(RateLimited) as caught:
        AlphaVantageSource(client, "https://av.test", KEY).equity_daily("IBM")

    assert provider.sleeps == [1.5]
    assert caught.value.retry_after == 86_400
    assert "q7abcdef" not in str(caught.value).lower()  # the provider echoed it, we do not
    assert "***" in str(caught.value)


def test_splits_are_a_list_which_may_be_empty(scripted):
    client, provider = scripted(httpx2.Response(200, json={"symbol": "AAPL", "data": []}), min_interval_s={})
    AlphaVantageSource(client, "https://av.test", KEY).splits("AAPL")
    sent = provider.requests[0].url.params
    assert (sent["function"], sent["symbol"]) == ("SPLITS", "AAPL")


def test_splits_that_are_a_price_history_are_malformed(scripted):
    client, _ = scripted(httpx2.Response(200, json={"Time Series (Daily)": {}}))
    with pytest.raises(MalformedResponse, match="SPLITS AAPL: no 'data' in the body"):
        AlphaVantageSource(client, "https://av.test", KEY).splits("AAPL")
