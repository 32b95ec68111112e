"""Bybit on the wire: parameters honoured, order, defaults, and refusals with HTTP 200."""

from __future__ import annotations

import json
import urllib.parse
from datetime import UTC, datetime

import pytest

from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.market import DAY_MS, epoch_ms
from foretune.sandbox.wire import bybit

FIRST = epoch_ms(datetime(2020, 1, 1, tzinfo=UTC))
LAST = epoch_ms(datetime(2023, 12, 31, tzinfo=UTC))


@pytest.fixture
def ask(simulated):
    def get(path, **query):
        return json.loads(bybit.answer(simulated, f"/v5/market/{path}", query).body)

    return get


def starts(body):
    return [int(row[0]) for row in body["result"]["list"]]


def test_candles_are_seven_texts_newest_first(ask, simulated):
    body = ask("kline", category="spot", symbol="BTCUSDT", interval="D", limit="2")
    newest = simulated.bars("BTCUSDT")[-1]
    assert body["result"]["list"][0] == [str(newest.time_ms), *newest[1:]]
    assert starts(body) == [LAST, LAST - DAY_MS]
    assert {type(cell) for row in body["result"]["list"] for cell in row} == {str}


def test_the_default_is_200_linear_candles(ask):
    body = ask("kline", symbol="BTCUSDT", interval="D")
    assert body["result"]["category"] == "linear"
    assert len(body["result"]["list"]) == 200


def test_start_and_end_are_both_included(ask):
    body = ask("kline", symbol="BTCUSDT", interval="D", start=str(FIRST), end=str(FIRST + DAY_MS))
    assert starts(body) == [FIRST + DAY_MS, FIRST]


def test_a_range_longer_than_the_limit_gives_its_newest_part(ask):
    body = ask("kline", symbol="BTCUSDT", interval="D", start=str(FIRST), end=str(FIRST + 9 * DAY_MS), limit="3")
    assert starts(body) == [FIRST + 9 * DAY_MS, FIRST + 8 * DAY_MS, FIRST + 7 * DAY_MS]


@pytest.mark.parametrize(("start", "end"), [(LAST + 1, LAST + DAY_MS), (0, FIRST - 1), (LAST, FIRST)])
def test_a_range_without_candles_is_an_empty_list(ask, start, end):
    body = ask("kline", symbol="BTCUSDT", interval="D", start=str(start), end=str(end))
    assert body["retCode"] == 0
    assert body["result"]["list"] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"symbol": "btcusdt", "interval": "D"}, "symbol invalid"),
        ({"interval": "D"}, "symbol invalid"),
        ({"symbol": "BTCUSDT", "interval": "2h"}, "interval invalid"),
        ({"symbol": "BTCUSDT"}, "interval invalid"),
        ({"symbol": "BTCUSDT", "interval": "60"}, "interval invalid, 60 is not in this sandbox"),
        ({"symbol": "BTCUSDT", "interval": "D", "category": "option"}, "category invalid"),
        ({"symbol": "BTCUSDT", "interval": "D", "category": "inverse"}, "symbol invalid"),
        ({"symbol": "BTCUSDT", "interval": "D", "limit": "1001"}, "limit invalid"),
        ({"symbol": "BTCUSDT", "interval": "D", "limit": "0"}, "limit invalid"),
        ({"symbol": "BTCUSDT", "interval": "D", "limit": "-1"}, "limit invalid"),
        ({"symbol": "BTCUSDT", "interval": "D", "start": "yesterday"}, "start invalid"),
    ],
)
def test_a_bad_kline_request_is_10001_with_http_200(simulated, query, said):
    answer = bybit.answer(simulated, "/v5/market/kline", query)
    body = json.loads(answer.body)
    assert answer.status == 200
    assert (body["retCode"], body["retMsg"]) == (10001, f"params error: {said}")


def test_an_unknown_path_is_a_404_text(simulated):
    answer = bybit.answer(simulated, "/v5/market/nothing", {})
    assert (answer.status, answer.body) == (404, b"404 page not found")


def test_a_category_without_a_symbol_gives_every_ticker(ask):
    rows = ask("tickers", category="spot")["result"]["list"]
    assert [row["symbol"] for row in rows] == ["ADAUSDT", "BTCUSDT", "ETHUSDT", "LTCUSDT", "SOLUSDT", "XRPUSDT"]


@pytest.mark.parametrize(("category", "levels"), [("spot", 1), ("linear", 25)])
def test_the_default_depth_depends_on_the_category(ask, category, levels):
    book = ask("orderbook", category=category, symbol="BTCUSDT")["result"]
    assert len(book["a"]) == len(book["b"]) == levels


def test_funding_needs_an_end_where_it_has_a_start(ask):
    refused = ask("funding/history", category="linear", symbol="BTCUSDT", startTime=str(FIRST))
    assert refused["retCode"] == 10001
    only_end = ask("funding/history", category="linear", symbol="BTCUSDT", endTime=str(FIRST), limit="5")
    assert [row["fundingRateTimestamp"] for row in only_end["result"]["list"]] == [str(FIRST)]


def test_funding_is_newest_first_up_to_200(ask):
    rows = ask("funding/history", category="linear", symbol="BTCUSDT")["result"]["list"]
    assert len(rows) == 200
    assert int(rows[0]["fundingRateTimestamp"]) - int(rows[1]["fundingRateTimestamp"]) == 8 * 3_600_000
    assert ask("funding/history", category="linear", symbol="BTCUSDT", limit="201")["retCode"] == 10001


def test_the_clock_is_the_markets(ask):
    body = ask("time")
    assert body["time"] == LAST + DAY_MS
    assert body["result"] == {"timeSecond": "1704067200", "timeNano": "1704067200000000000"}


def test_a_market_without_coins_refuses_every_symbol():
    body = json.loads(bybit.answer(ArchHistoryMarket(), "/v5/market/tickers", {"category": "spot", "symbol": "X"}).body)
    assert body["retCode"] == 10001


def interest(market, **query):
    asked = {"category": "linear", "symbol": "BTCUSDT", "intervalTime": "1h", **query}
    return json.loads(bybit.answer(market, "/v5/market/open-interest", asked).body)


def test_open_interest_is_paged_by_its_cursor_newest_first(small):
    found, pages, query = [], 0, {}
    while True:
        result = interest(small, limit="40", **query)["result"]
        found += result["list"]
        pages += 1
        if not result["nextPageCursor"]:
            break
        query = {"cursor": result["nextPageCursor"]}
    assert (pages, len(found)) == (3, 85)  # 40 + 40 + 5
    assert found == interest(small, limit="200")["result"]["list"]
    # half-sided open interest exists since June 2026 only
    assert found[0] == {"openInterest": "1084.50", "timestamp": "1710244800000"}


def test_a_cursor_may_come_decoded_and_with_a_start(small):
    first = interest(small, limit="3")["result"]
    decoded = urllib.parse.unquote(first["nextPageCursor"])
    start = str(int(first["list"][-1]["timestamp"]) - 2 * 3_600_000)
    assert len(interest(small, limit="200", cursor=decoded, startTime=start)["result"]["list"]) == 2


def test_open_interest_comes_on_whole_intervals(small):
    # midnights of 9 to 12 March
    stamps = [int(row["timestamp"]) for row in interest(small, intervalTime="1d")["result"]["list"]]
    assert [stamp % 86_400_000 for stamp in stamps] == [0] * 4
    assert len(interest(small)["result"]["list"]) == 50  # the default page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"category": "spot"}, "category invalid"),
        ({"category": "inverse"}, "symbol invalid"),
        ({"symbol": "ETHUSDT"}, "symbol invalid"),
        ({"intervalTime": "2h"}, "intervalTime invalid"),
        ({"limit": "201"}, "limit invalid"),
        ({"cursor": "next"}, "cursor invalid"),
    ],
)
def test_open_interest_refuses(small, query, said):
    body = interest(small, **query)
    assert (body["retCode"], body["retMsg"]) == (10001, f"params error: {said}")


def test_an_instrument_says_what_is_known_and_leaves_the_rules_of_the_exchange_empty(small):
    def ask(category, **query):
        query["category"] = category
        return json.loads(bybit.answer(small, "/v5/market/instruments-info", query).body)

    contract = ask("linear")["result"]["list"][0]
    assert (contract["baseCoin"], contract["quoteCoin"], contract["settleCoin"]) == ("BTC", "USDT", "USDT")
    assert contract["fundingInterval"] == 240  # the last two settlements are four hours apart
    assert (contract["priceFilter"]["tickSize"], contract["lotSizeFilter"]["qtyStep"]) == ("", "")
    assert ask("spot", symbol="BTCUSDT")["result"]["list"][0]["priceFilter"] == {"tickSize": ""}
    assert ask("spot", symbol="btcusdt")["retMsg"] == "params error: symbol invalid"
    assert ask("option")["retMsg"] == "params error: category invalid"
