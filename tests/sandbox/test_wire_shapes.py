"""Our bodies have the keys of bodies the providers really sent."""

from __future__ import annotations

import json

import pytest

from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.wire import alphavantage, alternative_me, bybit, fred

pytestmark = pytest.mark.realdata

BTC = {"category": "linear", "symbol": "BTCUSDT"}


def shape(value):
    """Keys and types, the first element standing for a list."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@pytest.fixture
def sent(wire_root):
    return lambda file: json.loads((wire_root / file).read_text())


def ours(market, path, query):
    return json.loads(bybit.answer(market, path, query).body)


@pytest.mark.parametrize(
    ("file", "path", "query"),
    [
        ("docs_rest_kline_inverse.json", "/v5/market/kline", {**BTC, "interval": "D"}),
        ("docs_rest_tickers_spot_BTCUSDT.json", "/v5/market/tickers", {"category": "spot", "symbol": "BTCUSDT"}),
        ("docs_rest_tickers_inverse_BTCUSD.json", "/v5/market/tickers", BTC),
        ("docs_rest_orderbook_spot.json", "/v5/market/orderbook", BTC),
        ("docs_rest_server_time.json", "/v5/market/time", {}),
        ("err_bad_symbol_10001_orderbook.json", "/v5/market/orderbook", {"category": "linear", "symbol": "NOPE"}),
        ("err_bad_symbol_10001_instruments_linear.json", "/v5/market/kline", {"symbol": "NOPE", "interval": "D"}),
    ],
)
def test_bybit(simulated, sent, file, path, query):
    assert shape(ours(simulated, path, query)) == shape(sent(f"bybit/{file}"))


def test_bybit_funding(simulated, sent):
    found = shape(ours(simulated, "/v5/market/funding/history", BTC))
    assert found.pop("retExtInfo") == {}  # cut off in the recorded body
    assert found == shape(sent("bybit/nautilus_http_get_funding_history.json"))


def test_alternative_me(simulated, sent):
    body = json.loads(alternative_me.answer(simulated, "/fng/", {}).body)
    assert shape(body) == shape(sent("alternative_me/fng_limit1_2021-12-20.json"))
    assert body["name"] == sent("alternative_me/fng_limit1_2021-12-20.json")["name"]


def test_fred(simulated, wire_root):
    recorded = (wire_root / "fred/fredgraph_csv_new_header.csv").read_text().splitlines()
    found = fred.answer(simulated, "/graph/fredgraph.csv", {"id": "DGS10"}).body.decode().splitlines()
    assert found[0] == recorded[0] == "observation_date,DGS10"


def test_alphavantage_crypto(simulated, sent):
    query = {"function": "DIGITAL_CURRENCY_DAILY", "symbol": "BTC", "market": "USD", "apikey": "k"}
    found = json.loads(alphavantage.answer(simulated, "/query", query).body)
    today = sent("alphavantage/digital_currency_daily_CURRENT_format_BTC_EUR_2026-06.json")
    legacy = sent("alphavantage/digital_currency_daily_LEGACY_format_ETH_CNY_2023-09.json")
    series = "Time Series (Digital Currency Daily)"
    assert found.keys() == today.keys()
    assert found[series]["2023-12-31"].keys() == today[series]["2026-06-10"].keys()
    assert found["Meta Data"].keys() == legacy["Meta Data"].keys()  # today's recorded meta data is cut to two keys


@pytest.mark.parametrize(
    ("file", "query"),
    [
        ("err_http200_missing_key.json", {"function": "TIME_SERIES_DAILY", "symbol": "SPX"}),
        ("err_http200_invalid_call_crypto.json", {"function": "DIGITAL_CURRENCY_DAILY", "symbol": "X", "apikey": "k"}),
        (
            "err_http200_premium_outputsize_full.json",
            {"function": "TIME_SERIES_DAILY", "symbol": "SPX", "outputsize": "full", "apikey": "free"},
        ),
    ],
)
def test_alphavantage_refusals_have_the_recorded_words(sent, file, query):
    assert json.loads(alphavantage.answer(ArchHistoryMarket(), "/query", query).body) == sent(f"alphavantage/{file}")
