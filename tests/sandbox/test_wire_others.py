"""FRED, alternative.me, Alpha Vantage and files on the wire."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sandbox.wire import alphavantage, alternative_me, files, fred


def test_fred_writes_a_missing_value_as_a_dot_and_includes_both_ends(simulated):
    query = {"id": "SP500", "cosd": "2023-07-03", "coed": "2023-07-05"}
    lines = fred.answer(simulated, "/graph/fredgraph.csv", query).body.decode().splitlines()
    assert lines[0] == "observation_date,SP500"
    assert [line.split(",")[0] for line in lines[1:]] == ["2023-07-03", "2023-07-04", "2023-07-05"]
    assert lines[2] == "2023-07-04,."


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/graph/fredgraph.csv", {"id": "NOPE"}, 404),
        ("/graph/fredgraph.csv", {}, 404),
        ("/graph/fredgraph.csv", {"id": "SP500", "cosd": "03/07/2023"}, 400),
        ("/series", {}, 404),
    ],
)
def test_fred_refuses_with_a_web_page(simulated, path, query, status):
    answer = fred.answer(simulated, path, query)
    assert (answer.status, answer.media_type) == (status, "text/html")


def test_fear_and_greed_is_one_reading_by_default_all_for_zero(simulated):
    one = json.loads(alternative_me.answer(simulated, "/fng/", {}).body)["data"]
    every = json.loads(alternative_me.answer(simulated, "/fng", {"limit": "0"}).body)["data"]
    assert len(one) == 1
    assert len(every) == 1462
    assert one[0] == every[0]
    assert one[0]["time_until_update"] == "86400"  # the reading of this very midnight
    assert "time_until_update" not in every[1]
    assert int(every[0]["timestamp"]) - int(every[1]["timestamp"]) == 86_400


@pytest.mark.parametrize("query", [{"limit": "many"}, {"date_format": "us"}, {"format": "csv"}])
def test_fear_and_greed_refuses_inside_its_metadata(simulated, query):
    answer = alternative_me.answer(simulated, "/fng/", query)
    assert answer.status == 200
    assert json.loads(answer.body)["metadata"]["error"]


def test_a_market_without_sentiment_says_so():
    body = json.loads(alternative_me.answer(ArchHistoryMarket(), "/fng/", {}).body)
    assert body["metadata"]["error"] == "no readings in this market"


def av(market, /, **query):
    answer = alphavantage.answer(market, "/query", query)
    assert answer.status == 200
    return json.loads(answer.body)


def test_equity_is_the_last_100_sessions_unless_full_is_asked_for():
    market = ArchHistoryMarket()
    compact = av(market, function="TIME_SERIES_DAILY", symbol="SPX", apikey="k")["Time Series (Daily)"]
    full = av(market, function="TIME_SERIES_DAILY", symbol="SPX", apikey="k", outputsize="full")["Time Series (Daily)"]
    assert (len(compact), len(full)) == (100, 5031)
    assert next(iter(full)) == "2018-12-31"
    assert full["1999-01-04"]["4. close"] == "1228.099976"


def test_full_equity_history_is_premium_for_the_free_key():
    query = {"function": "TIME_SERIES_DAILY", "symbol": "SPX", "outputsize": "full"}
    assert "premium feature" in av(ArchHistoryMarket(), apikey="free", **query)["Information"]


@pytest.mark.parametrize("key", [{}, {"apikey": ""}])
def test_a_missing_key_is_refused(simulated, key):
    body = av(simulated, function="DIGITAL_CURRENCY_DAILY", symbol="BTC", market="USD", **key)
    assert "apikey is invalid or missing" in body["Error Message"]


@pytest.mark.parametrize(
    "query",
    [
        {"function": "DIGITAL_CURRENCY_DAILY", "symbol": "BTC", "market": "EUR"},
        {"function": "DIGITAL_CURRENCY_DAILY", "symbol": "BTCUSDT", "market": "USD"},
        {"function": "FX_DAILY", "from_symbol": "USD", "to_symbol": "EUR"},
        {"function": "FX_DAILY", "from_symbol": "EUR"},
        {"function": "SPLITS", "symbol": "BTC"},
        {"function": "NOTHING"},
        {},
    ],
)
def test_what_is_not_served_is_an_invalid_call(simulated, query):
    assert av(simulated, apikey="k", **query)["Error Message"].startswith("Invalid API call.")


def test_the_running_day_is_not_in_a_body_without_a_clock():
    market = SimulatedMarket(3, date(2023, 1, 1), datetime(2023, 2, 1, 12, tzinfo=UTC))
    body = av(market, function="DIGITAL_CURRENCY_DAILY", symbol="BTC", market="USD", apikey="k")
    assert next(iter(body["Time Series (Digital Currency Daily)"])) == "2023-01-31"


def test_files_are_served_by_name_only(simulated):
    assert files.answer(simulated, "/dxy.csv", {}).body.startswith(b"date,value\n")
    for path in ("/dxy", "/nothing.csv", "/../catalog.csv", "/"):
        assert files.answer(simulated, path, {}).status == 404


def test_a_currency_pair_has_no_volume_and_no_running_day(small):
    body = av(small, function="FX_DAILY", from_symbol="EUR", to_symbol="USD", outputsize="full", apikey="k")
    series = body["Time Series FX (Daily)"]
    assert next(iter(series)) == "2024-03-11"  # the 12th goes on until midnight
    assert series["2024-03-02"] == {"1. open": "1.080", "2. high": "1.10", "3. low": "1.07", "4. close": "1.001"}
    assert body["Meta Data"]["2. From Symbol"] == "EUR"
    compact = av(small, function="FX_DAILY", from_symbol="EUR", to_symbol="USD", apikey="k")
    assert compact["Meta Data"]["4. Output Size"] == "Compact"


def test_splits_are_newest_first(small):
    assert av(small, function="SPLITS", symbol="SHARE", apikey="k") == {
        "symbol": "SHARE",
        "data": [
            {"effective_date": "2014-06-09", "split_factor": "7"},
            {"effective_date": "2005-02-28", "split_factor": "2"},
        ],
    }
