"""Our bodies have the keys of bodies the providers really sent."""

from __future__ import annotations

import json

import pytest

from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.wire import alphavantage, alternative_me, bybit, coingecko, fred, fred_api, gdelt, trouble

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


def keys(value):
    """Keys alone, the first element standing for a list: a market without a value sends another type."""
    if isinstance(value, dict):
        return {key: keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [keys(value[0])] if value else []
    return None


@pytest.mark.parametrize(
    ("file", "category"),
    [
        ("docs_rest_instruments_linear_BTCUSDT_perp.json", "linear"),
        ("docs_rest_instruments_spot_BTCUSDT.json", "spot"),
    ],
)
def test_bybit_instruments(simulated, sent, file, category):
    found = ours(simulated, "/v5/market/instruments-info", {"category": category, "symbol": "BTCUSDT"})
    assert keys(found) == keys(sent(f"bybit/{file}"))


def test_bybit_open_interest(simulated, sent):
    found = shape(ours(simulated, "/v5/market/open-interest", {**BTC, "intervalTime": "1d"}))
    recorded = shape(sent("bybit/docs_rest_open_interest.json"))
    assert recorded["result"]["list"][0].pop("singleOpenInterest") == "str"  # newer than the market's rows
    assert found == recorded


@pytest.mark.parametrize(
    ("file", "path", "query"),
    [
        ("oas_market_chart.json", "/coins/bitcoin/market_chart", {"vs_currency": "usd", "days": "365"}),
        (
            "oas_market_chart_range.json",
            "/coins/bitcoin/market_chart/range",
            {"vs_currency": "usd", "from": "1690000000", "to": "1704000000"},
        ),
        (
            "err_http401_range_over_365d_10012.json",
            "/coins/bitcoin/market_chart",
            {"vs_currency": "usd", "days": "366"},
        ),
    ],
)
def test_coingecko(simulated, sent, file, path, query):
    body = json.loads(coingecko.answer(simulated, f"/api/v3{path}", query).body)
    assert shape(body) == shape(sent(f"coingecko/{file}"))


def test_coingecko_current_price(simulated, sent):
    more = {f"include_{name}": "true" for name in ("market_cap", "24hr_vol", "24hr_change", "last_updated_at")}
    query = {"ids": "bitcoin", "vs_currencies": "usd", **more}
    body = json.loads(coingecko.answer(simulated, "/api/v3/simple/price", query).body)
    assert keys(body) == keys(sent("coingecko/oas_simple_price.json"))


@pytest.mark.parametrize(
    ("file", "path", "query"),
    [
        ("err_http400_missing_vs_currency.json", "/simple/price", {"ids": "bitcoin"}),
        ("err_http404_coin_not_found.json", "/coins/no/market_chart", {}),
        ("oas_ping.json", "/ping", {}),
    ],
)
def test_coingecko_words(simulated, sent, file, path, query):
    assert json.loads(coingecko.answer(simulated, f"/api/v3{path}", query).body) == sent(f"coingecko/{file}")


FRED = {"series_id": "GDPC1", "api_key": "a" * 32, "file_type": "json"}


@pytest.mark.parametrize(
    ("file", "path", "query"),
    [
        ("observations_output_type1_real_2023-11-11_partial.json", "observations", FRED),
        ("observations_limit1_desc_2017-07-28.json", "observations", {**FRED, "sort_order": "desc", "limit": "1"}),
        ("series_vintagedates_shape.json", "vintagedates", FRED),
        ("err_http400_series_missing.json", "observations", {**FRED, "series_id": "GOLDAMGBD228NLBM"}),
    ],
)
def test_fred_api(simulated, sent, file, path, query):
    body = json.loads(fred_api.answer(simulated, f"/fred/series/{path}", query).body)
    recorded = sent(f"fred/{file}")
    assert shape(body) == shape(recorded)
    assert body.get("error_message") == recorded.get("error_message")


NEWS = {"query": "bitcoin", "format": "json", "timespan": "3months"}


@pytest.mark.parametrize(
    ("file", "mode"),
    [
        ("timelinetone_live_2026-09-01.json", "timelinetone"),
        ("timelinevol_live_2026-09-01.json", "timelinevol"),
        ("timelinevolraw_shape.json", "timelinevolraw"),
        ("artlist_shape_vgi.json", "artlist"),
    ],
)
def test_gdelt(simulated, sent, file, mode):
    body = json.loads(gdelt.answer(simulated, "/api/v2/doc/doc", {**NEWS, "mode": mode}).body)
    recorded = sent(f"gdelt/{file}")
    assert shape(body) == shape(recorded)
    if mode != "artlist":
        assert body["timeline"][0]["series"] == recorded["timeline"][0]["series"]


@pytest.mark.parametrize(
    ("file", "query"),
    [
        ("err_http200_text_or_without_parens.txt", {"query": "bitcoin OR btc"}),
        ("err_http200_text_keyword_too_short.txt", {"query": "ai stocks"}),
        ("err_http200_text_query_length.txt", {"query": ""}),
        ("err_http200_text_timespan_too_short.txt", {"timespan": "5min"}),
    ],
)
def test_gdelt_refusals_have_the_recorded_words(simulated, wire_root, file, query):
    answer = gdelt.answer(simulated, "/api/v2/doc/doc", {**NEWS, "mode": "timelinetone", **query})
    assert (answer.status, answer.media_type) == (200, "text/html")
    assert answer.body.decode().strip() == (wire_root / "gdelt" / file).read_text().strip()


@pytest.mark.parametrize(
    ("provider", "file"),
    [
        ("bybit", "bybit/err_rate_limit_10006.json"),
        ("alphavantage", "alphavantage/err_http200_information_burst_1rps.json"),
        ("coingecko", "coingecko/err_http429_rate_limit.json"),
        ("fred_api", "fred/err_http429_rate_limit.json"),
    ],
)
def test_asked_too_often(sent, provider, file):
    recorded = sent(file)
    said = json.loads(trouble.rate_limited(provider, recorded.get("time", 0), 1).body)
    assert said == recorded


def test_gdelt_asked_too_often_and_bybits_ban(wire_root):
    said = trouble.rate_limited("gdelt", 0, 1).body.decode().strip()
    assert said == (wire_root / "gdelt/err_http429_text_rate_limit.txt").read_text().strip()
    assert trouble.BANNED.body.decode() == (wire_root / "bybit/err_http403_ip_rate.txt").read_text().strip()


def test_a_search_interest_file_has_the_lines_of_a_download(recorded, wire_root):
    downloaded = (wire_root / "google_trends/multiTimeline_fr_monthly_2020_2025.csv").read_text().splitlines()
    lines = recorded.file("google_trends.bitcoin").decode().splitlines()
    assert [line == "" for line in lines[:3]] == [line == "" for line in downloaded[:3]]
    assert lines[2].split(",")[1].split(":")[0] == downloaded[2].split(",")[1].split(":")[0] == "bitcoin"
    assert len(lines[3].split(",")[0]) == len(downloaded[3].split(",")[0])  # 2020-01
