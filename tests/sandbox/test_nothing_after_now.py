"""Whatever is asked of whichever market: no answer holds what was not known at `now`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretune.origin import Origin
from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.market import Market
from foretune.sandbox.recorded import RecordedMarket
from foretune.sandbox.server import PROVIDERS
from foretune.sandbox.simulated import SimulatedMarket

NONE = timedelta(0)
DAY = timedelta(days=1)
WIDTH = {"day": DAY, "week": 7 * DAY, "1": timedelta(minutes=1), "D": DAY}
FRED_KEY = "0" * 32
LAST_DAY = "9999-12-31"


def known_times(market: Market) -> Iterator[tuple[str, datetime]]:
    """(what was asked for, when the newest value of the answer was known at the earliest)."""
    for provider in (bybit, fred, alphavantage, coingecko, gdelt, files):
        for what, newest, width in provider(market):
            if newest:  # the texts of one answer sort like their times
                yield what, parsed(max(newest)) + width
    readings = get(market, "alternative_me", "/fng/", limit="0")["data"]
    for row in readings[:1]:
        yield "fng", parsed(row["timestamp"])


def bybit(market):
    # an exchange shows the running candle; a recording has finished ones
    running = market.origin is Origin.SIMULATED
    for (category, interval), symbols in market.listing.klines.items():
        for symbol in symbols:
            query = {"category": category, "interval": interval, "limit": "1000", "symbol": symbol}
            rows = get(market, "bybit", "/v5/market/kline", **query)["result"]["list"]
            yield f"kline {symbol}", [row[0] for row in rows], NONE if running else WIDTH[interval]
    for symbol in market.listing.funding:
        body = get(market, "bybit", "/v5/market/funding/history", category="linear", symbol=symbol)
        yield f"funding {symbol}", [row["fundingRateTimestamp"] for row in body["result"]["list"]], NONE
    for symbol in market.listing.open_interest:
        query = {"category": "linear", "symbol": symbol, "intervalTime": "1d"}
        rows = get(market, "bybit", "/v5/market/open-interest", **query)["result"]["list"]
        yield f"open_interest {symbol}", [row["timestamp"] for row in rows], NONE


def fred(market):
    for series in market.listing.fred:
        lines = get(market, "fred", "/graph/fredgraph.csv", id=series).splitlines()[1:]
        yield f"fred {series}", [line[:10] for line in lines], DAY
        query = {"series_id": series, "api_key": FRED_KEY, "file_type": "json"}
        rows = get(market, "fred_api", "/fred/series/observations", **query)["observations"]
        yield f"fred_api {series}", [row["date"] for row in rows], DAY
        if series not in market.listing.vintages:
            continue
        query |= {"realtime_start": "1776-07-04", "realtime_end": LAST_DAY}
        rows = get(market, "fred_api", "/fred/series/observations", **query)["observations"]
        yield f"vintages {series}", [row["realtime_start"] for row in rows], DAY
        # the end of a period is the eve of another publication
        ends = [row["realtime_end"] for row in rows if row["realtime_end"] != LAST_DAY]
        yield f"vintages {series}", ends, 2 * DAY
        yield (
            f"vintage_dates {series}",
            get(market, "fred_api", "/fred/series/vintagedates", **query)["vintage_dates"],
            DAY,
        )


def alphavantage(market):
    def series(function, query):
        body = get(market, "alphavantage", "/query", function=function, apikey="k", outputsize="full", **query)
        return function, list(next(value for key, value in body.items() if key.startswith("Time Series"))), DAY

    for code in market.listing.crypto:
        yield series("DIGITAL_CURRENCY_DAILY", {"symbol": code, "market": "USD"})
    for code in market.listing.equity:
        yield series("TIME_SERIES_DAILY", {"symbol": code})
    for pair in market.listing.fx:
        bought, paid = pair.split("/")
        yield series("FX_DAILY", {"from_symbol": bought, "to_symbol": paid})
    for code in market.listing.splits:
        rows = get(market, "alphavantage", "/query", function="SPLITS", symbol=code, apikey="k")["data"]
        yield "SPLITS", [row["effective_date"] for row in rows], NONE


def coingecko(market):
    for coin in market.listing.coins:
        query = {"vs_currency": "usd", "days": "max", "interval": "daily", "x_cg_demo_api_key": "k"}
        for points in get(market, "coingecko", f"/api/v3/coins/{coin}/market_chart", **query).values():
            yield f"chart {coin}", [str(stamp) for stamp, _ in points], NONE
        query = {"vs_currencies": "usd", "ids": coin, "include_last_updated_at": "true"}
        prices = get(market, "coingecko", "/api/v3/simple/price", **query).values()
        yield f"price {coin}", [str(row["last_updated_at"]) for row in prices], NONE


def gdelt(market):
    def ask(topic, mode):
        span = {"startdatetime": "20100101000000", "enddatetime": "20991231235959"}
        query = {"query": topic, "mode": mode, "format": "json", "maxrecords": "250"}
        return get(market, "gdelt", "/api/v2/doc/doc", **query, **span)

    for topic, width in market.listing.news.items():
        for mode in ("timelinetone", "timelinevol", "timelinevolraw"):
            rows = (ask(topic, mode) or {"timeline": [{"data": []}]})["timeline"][0]["data"]
            yield f"{mode} {topic}", [row["date"] for row in rows], WIDTH[width]
    for topic in market.listing.articles:
        yield f"artlist {topic}", [row["seendate"] for row in ask(topic, "artlist").get("articles", [])], NONE


def files(market):
    for name in market.listing.files:
        lines = get(market, "files", f"/{name}.csv").splitlines()
        if name.startswith("google_trends."):
            # a simulated download ends with the running month, as a real one does
            yield f"files {name}", [f"{line[:7]}-01" for line in lines[3:]], DAY
        elif not name.endswith(".releases"):  # a schedule is public in advance
            yield f"files {name}", [line[:10] for line in lines[1:]], DAY


def get(asked, provider, path, **query):
    answer = PROVIDERS[provider](asked, path, query)
    assert answer.status == 200, answer.body
    return json.loads(answer.body) if answer.media_type == "application/json" else answer.body.decode()


def parsed(text: str) -> datetime:
    """Milliseconds, seconds, `2024-03-10` or `20240310T000000Z`."""
    if text.isdecimal():
        return datetime.fromtimestamp(int(text) / (1000 if len(text) > 11 else 1), UTC)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def early(market) -> list[tuple[str, datetime]]:
    return [(what, at) for what, at in known_times(market) if at > market.now]


@given(hours=st.integers(0, 24 * 90), minutes=st.integers(0, 59))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_recording_at_any_hour(catalog, hours, minutes):
    now = datetime(2024, 3, 12, tzinfo=UTC) - timedelta(hours=hours, minutes=minutes)
    assert early(RecordedMarket(catalog, now)) == []


def test_the_check_sees_what_it_should(catalog):
    market = RecordedMarket(catalog)
    seen = {what.split()[0] for what, _ in known_times(market)}
    alphavantage = {"DIGITAL_CURRENCY_DAILY", "TIME_SERIES_DAILY", "FX_DAILY", "SPLITS"}
    others = {"kline", "funding", "fred", "fred_api", "vintages", "vintage_dates", "chart", "price", "files", "fng"}
    assert seen == {*alphavantage, *others, "timelinetone", "timelinevolraw"}  # nobody counted all articles
    market.now -= 4 * DAY  # the files were read before: their rows are now from the future
    assert early(market)


@pytest.mark.parametrize(
    "end",
    [datetime(2021, 2, 1, tzinfo=UTC), datetime(2021, 3, 5, 13, 7, tzinfo=UTC), datetime(2022, 1, 30, 23, tzinfo=UTC)],
)
def test_a_simulation_at_several_moments(end):
    assert early(SimulatedMarket(seed=3, start=date(2020, 6, 1), end=end)) == []


@pytest.mark.parametrize("now", [datetime(2008, 10, 15, 12, tzinfo=UTC), datetime(2018, 12, 31, 23, 59, tzinfo=UTC)])
def test_the_history_inside_arch(now):
    assert early(ArchHistoryMarket(now)) == []


@pytest.mark.realdata
@pytest.mark.parametrize(
    "now",
    [datetime(2014, 6, 8, 12, tzinfo=UTC), datetime(2020, 8, 31, tzinfo=UTC), datetime(2023, 5, 3, 7, tzinfo=UTC)],
)
def test_the_recorded_history_at_several_moments(data_root: Path, now):
    assert early(RecordedMarket(data_root / "catalog.yaml", now)) == []
