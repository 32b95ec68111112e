"""BybitSource against a running sandbox: every row of a range exactly once, none outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.errors import AccessDenied, MalformedResponse, RateLimited, RequestRefused, SourceUnavailable
from foretune.origin import Origin
from foretune.sources.bybit import BybitSource

START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def source(http, sandbox):
    return BybitSource(http, f"{sandbox.root}/bybit")


def opened(pages):
    return [int(row[0]) for page in pages for row in page.json()["result"]["list"]]


def settled(pages):
    return [int(row["fundingRateTimestamp"]) for page in pages for row in page.json()["result"]["list"]]


def ms(at):
    return int(at.timestamp() * 1000)


def test_four_years_come_in_two_pages_newest_first(source):
    pages = source.klines("BTCUSDT", "linear", "D", START, END)

    assert [len(page.json()["result"]["list"]) for page in pages] == [1000, 461]
    assert opened(pages) == [ms(END - DAY * back) for back in range(1, 1462)]  # 1,461 days, the last on 31 December
    assert {page.origin for page in pages} == {Origin.SIMULATED}


times = st.datetimes(datetime(2019, 11, 1), datetime(2024, 2, 1), timezones=st.just(UTC))


@settings(max_examples=20, deadline=None)
@given(first=times, second=times)
def test_any_range_has_every_candle_that_opens_in_it_once(source, first, second):
    start, end = min(first, second), max(first, second)

    found = opened(source.klines("ETHUSDT", "spot", "D", start, end))

    days = (START + DAY * offset for offset in range(1461))
    assert sorted(found) == [ms(day) for day in days if ms(start) <= ms(day) <= ms(end)]


@settings(max_examples=8, deadline=None)
@given(first=times, second=times)
def test_any_range_has_every_funding_settlement_once(source, first, second):
    start, end = min(first, second), max(first, second)

    found = settled(source.funding_history("BTCUSDT", start, end))

    every = (START + timedelta(hours=8) * step for step in range(1461 * 3 + 1))  # up to and with the sandbox's now
    assert sorted(found) == [ms(at) for at in every if ms(start) <= ms(at) <= ms(end)]


def test_a_range_without_a_candle_is_one_empty_page(source):
    pages = source.klines("BTCUSDT", "linear", "D", datetime(2010, 1, 1, tzinfo=UTC), datetime(2011, 1, 1, tzinfo=UTC))
    assert len(pages) == 1
    assert opened(pages) == []


def test_ticker_order_book_and_clock_agree(source):
    ticker = source.ticker("SOLUSDT", "linear").json()["result"]["list"][0]
    book = source.orderbook("SOLUSDT", "linear", 3).json()["result"]
    clock = source.server_time().json()["result"]

    assert [book["b"][0][0], book["a"][0][0]] == [ticker["bid1Price"], ticker["ask1Price"]]
    assert len(book["b"]) == len(book["a"]) == 3
    assert clock["timeSecond"] == str(ms(END) // 1000)


@pytest.mark.parametrize(
    ("symbol", "category", "interval", "said"),
    [
        ("btcusdt", "linear", "D", "symbol invalid"),
        ("NOPEUSDT", "linear", "D", "symbol invalid"),
        ("BTCUSDT", "linear", "d", "interval invalid"),
        ("BTCUSDT", "futures", "D", "category invalid"),
    ],
)
def test_a_request_the_exchange_refuses_names_the_reason(source, symbol, category, interval, said):
    with pytest.raises(RequestRefused, match=rf"{symbol}.*retCode 10001.*{said}"):
        source.klines(symbol, category, interval, START, END)


@pytest.mark.parametrize(("start", "end"), [(END, START), (START.replace(tzinfo=None), END)])
def test_a_range_that_cannot_be_asked_for_is_refused_here(source, start, end):
    with pytest.raises(RequestRefused):
        source.klines("BTCUSDT", "linear", "D", start, end)


def reply(code, headers=None):
    body = {"retCode": code, "retMsg": "said the exchange", "result": {}, "time": 1}
    return httpx2.Response(200, json=body, headers=headers or {})


@pytest.mark.parametrize(
    ("code", "error", "tries"),
    [
        (10001, RequestRefused, 1),
        (10017, RequestRefused, 1),
        (10029, RequestRefused, 1),
        (10009, AccessDenied, 1),
        (10006, RateLimited, 2),
        (10000, SourceUnavailable, 2),
        (10016, SourceUnavailable, 2),
    ],
)
def test_a_ret_code_is_an_error_although_the_status_is_200(scripted, code, error, tries):
    client, provider = scripted(reply(code), attempts=2)

    with pytest.raises(error, match=f"retCode {code}, said the exchange"):
        BybitSource(client, "https://exchange.test").server_time()

    assert len(provider.requests) == tries


def test_a_rate_limit_waits_until_the_exchange_resets_it(scripted):
    reset = int((datetime.now(UTC) + timedelta(seconds=3)).timestamp() * 1000)
    client, provider = scripted(reply(10006, {"X-Bapi-Limit-Reset-Timestamp": str(reset)}), reply(0))

    BybitSource(client, "https://exchange.test").server_time()

    assert 2.0 < provider.sleeps[0] <= 3.0


@pytest.mark.parametrize(
    "result", [{}, {"list": None}, {"list": [[]]}, {"list": [["noon"]]}, {"list": [{"start": "1"}]}, None]
)
def test_a_page_that_cannot_be_paged_is_malformed(scripted, result):
    client, _ = scripted(httpx2.Response(200, json={"retCode": 0, "retMsg": "OK", "result": result, "time": 1}))
    with pytest.raises(MalformedResponse):
        BybitSource(client, "https://exchange.test").klines("BTCUSDT", "linear", "D", START, END)


def test_a_server_that_ignores_the_end_is_not_asked_for_ever(scripted):
    same = {"retCode": 0, "retMsg": "OK", "result": {"list": [[str(ms(END))]]}, "time": 1}
    client, provider = scripted(httpx2.Response(200, json=same))
    with pytest.raises(MalformedResponse, match="outside the range asked for"):
        BybitSource(client, "https://exchange.test").klines("BTCUSDT", "linear", "D", START, END)
    assert len(provider.requests) == 2


@pytest.mark.parametrize("stamp", ["-1", "0", str(10**30)])
@pytest.mark.parametrize("method", ["klines", "funding_history"])
def test_one_row_with_an_impossible_time_does_not_end_the_paging(scripted, method, stamp):
    """Paging goes on before the oldest row: with a time of -1 it would be over, and years would be missing."""
    at = [str(ms(END)), stamp, str(ms(END - DAY))]
    rows = [[each] for each in at] if method == "klines" else [{"fundingRateTimestamp": each} for each in at]
    client, _ = scripted(httpx2.Response(200, json={"retCode": 0, "retMsg": "OK", "result": {"list": rows}}))
    source = BybitSource(client, "https://exchange.test")
    with pytest.raises(MalformedResponse, match="BTCUSDT: rows lie outside the range asked for"):
        source.klines("BTCUSDT", "linear", "D", START, END) if method == "klines" else source.funding_history(
            "BTCUSDT", START, END
        )


def test_no_ret_code_is_malformed(scripted):
    client, _ = scripted(httpx2.Response(200, json={"code": 0}))
    with pytest.raises(MalformedResponse, match="no retCode"):
        BybitSource(client, "https://exchange.test").server_time()


def open_interest(cursor, *stamps):
    rows = [{"openInterest": "10", "timestamp": str(stamp)} for stamp in stamps]
    body = {"retCode": 0, "retMsg": "OK", "result": {"list": rows, "nextPageCursor": cursor}, "time": 1}
    return httpx2.Response(200, json=body)


def asked_for_open_interest(scripted, *pages):
    client, provider = scripted(*pages)
    bybit = BybitSource(client, "https://exchange.test")
    return bybit.open_interest("BTCUSDT", "linear", "1d", START, START + DAY * 2), provider


def test_open_interest_follows_the_cursor_which_comes_encoded(scripted):
    pages, provider = asked_for_open_interest(
        scripted, open_interest("lastid%3D7%26x", ms(START + DAY * 2)), open_interest("", ms(START + DAY), ms(START))
    )
    assert [len(page.json()["result"]["list"]) for page in pages] == [1, 2]
    first, second = (dict(request.url.params) for request in provider.requests)
    assert second == {**first, "cursor": "lastid=7&x"}  # decoded once, so encoded once on the wire
    assert (first["startTime"], first["endTime"]) == (str(ms(START)), str(ms(START + DAY * 2)))


def test_an_empty_page_ends_the_open_interest_although_it_has_a_cursor(scripted):
    pages, provider = asked_for_open_interest(scripted, open_interest("a", ms(START)), open_interest("b"))
    assert (len(pages), len(provider.requests)) == (1, 2)


def test_a_cursor_that_leads_in_a_circle_is_malformed(scripted):
    with pytest.raises(MalformedResponse, match="came twice"):
        asked_for_open_interest(scripted, open_interest("a", ms(START)))


def test_open_interest_outside_the_range_is_malformed(scripted):
    with pytest.raises(MalformedResponse, match="outside the range"):
        asked_for_open_interest(scripted, open_interest("", ms(START - DAY)))


def test_instruments_come_by_cursor_or_one_by_name(scripted):
    client, provider = scripted(open_interest("a", 1), open_interest("", 2))
    bybit = BybitSource(client, "https://exchange.test")
    assert len(bybit.instruments_info("linear")) == 2
    bybit.instruments_info("linear", "BTCUSDT")
    assert [request.url.params.get("symbol") for request in provider.requests] == [None, None, "BTCUSDT"]
