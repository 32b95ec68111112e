"""The context of this minute: what the exchange says, nothing else, and an error where it says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foretune.assistant.live_market import live_market
from foretune.errors import DataError, MalformedResponse, RequestRefused, SourceUnavailable
from foretune.forecasting.random_walk import random_walk
from foretune.origin import Origin
from foretune.sources.bybit import BybitSource
from foretune.sources.http import HttpClient

TICKER = {
    "symbol": "BTCUSDT", "lastPrice": "60000.5", "price24hPcnt": "0.025", "highPrice24h": "61000.0",
    "lowPrice24h": "58500.0", "fundingRate": "0.0001",
}  # fmt: skip


def test_every_value_follows_from_what_the_exchange_sent(exchange):
    live = live_market(exchange(), "BTCUSDT")

    found = live.context
    assert found.as_of == datetime(2024, 3, 1, 13, tzinfo=UTC)  # the exchange's clock
    assert found.price == 60000.5
    assert found.change_24h_pct == pytest.approx(2.5)
    assert (found.low_24h, found.high_24h) == (58500.0, 61000.0)
    assert found.funding_rate == 0.0001
    # closes go round 50,000 to 50,600 in steps of 100. The candle of 1 March is unfinished, so the last 50 bars
    # are those 1 to 50 days back: seven whole weeks with mean 50,300, and the one 50 days back (50 mod 7 = 1).
    sma_50 = (49 * 50_300 + 50_100) / 50
    assert found.vs_sma_50_pct == pytest.approx((60000.5 / sma_50 - 1) * 100)


def test_an_unfinished_candle_is_not_part_of_the_history(exchange):
    history = live_market(exchange(), "BTCUSDT").history
    assert str(history.times[-1])[:10] == "2024-03-01"  # known at 00:00 UTC: the candle of 29 February
    assert history.prices[-1] == 50_100


def test_a_running_sandbox_gives_a_simulated_context(simulated):
    live = live_market(simulated, "ETHUSDT")
    assert live.context.origin is Origin.SIMULATED
    assert live.context.as_of == datetime(2024, 1, 1, 13, tzinfo=UTC)
    assert live.context.low_24h <= live.context.price <= live.context.high_24h
    assert random_walk(live.history, live.context.as_of).sigma > 0


def test_a_spot_market_has_no_funding_and_that_is_no_error(simulated):
    assert live_market(simulated, "BTCUSDT", "spot").context.funding_rate is None
    assert live_market(simulated, "BTCUSDT", "linear").context.funding_rate is not None


@pytest.mark.parametrize("name", ["lastPrice", "price24hPcnt", "highPrice24h", "lowPrice24h"])
@pytest.mark.parametrize("change", ["empty", "absent", "words"])
def test_a_value_that_is_not_sent_is_named_and_never_made_up(exchange, name, change):
    ticker = {**TICKER, name: "" if change == "empty" else "n/a"}
    if change == "absent":
        del ticker[name]
    with pytest.raises(DataError, match=f"BTCUSDT: the exchange sent no number for '{name}'"):
        live_market(exchange(ticker=ticker), "BTCUSDT")


def test_a_stale_newest_bar_is_not_taken_for_today(exchange):
    with pytest.raises(DataError, match="newest daily bar closed at 2024-02-21, the clock says 2024-03-01"):
        live_market(exchange(newest=datetime(2024, 2, 20, tzinfo=UTC)), "BTCUSDT")


def test_a_new_listing_says_which_indicators_it_is_too_young_for(exchange):
    with pytest.raises(DataError, match=r"BTCUSDT: 100 daily bars are too few for sma_200$"):
        live_market(exchange(days=101), "BTCUSDT")  # 100 of them finished
    with pytest.raises(DataError, match=r"20 daily bars are too few for .*sma_50, sma_200.*volatility_30d"):
        live_market(exchange(days=21), "BTCUSDT")


@pytest.mark.parametrize("days", [0, 1])
def test_no_finished_bar_at_all(exchange, days):
    with pytest.raises(DataError, match="BTCUSDT: the exchange has no finished daily bars"):
        live_market(exchange(days=days), "BTCUSDT")


@pytest.mark.parametrize("tickers", [[], [TICKER, TICKER], ["BTCUSDT"]])
def test_anything_but_one_ticker_is_malformed(exchange, tickers):
    with pytest.raises(MalformedResponse, match="expected one ticker"):
        live_market(exchange(tickers=tickers), "BTCUSDT")


@pytest.mark.parametrize("time", ["1709298000000", 1.5, {}])
def test_a_ticker_without_a_clock_is_malformed(exchange, time):
    with pytest.raises(MalformedResponse, match="without the server's 'time'"):
        live_market(exchange(time=time), "BTCUSDT")


@pytest.mark.parametrize("symbol", ["NOPEUSDT", "btcusdt"])
def test_an_unknown_symbol_is_refused_by_name(simulated, symbol):
    with pytest.raises(RequestRefused, match=symbol):
        live_market(simulated, symbol)


def test_an_exchange_that_is_not_there_is_unavailable():
    with (
        HttpClient(attempts=1) as http,
        pytest.raises(SourceUnavailable, match="bybit"),
    ):
        live_market(BybitSource(http, "http://127.0.0.1:9"), "BTCUSDT")


def test_the_bars_end_where_the_context_begins(simulated):
    """No close of the history was unknown at the time of the context."""
    live = live_market(simulated, "SOLUSDT")
    newest = datetime.fromisoformat(str(live.history.times[-1])[:19]).replace(tzinfo=UTC)
    assert timedelta(0) <= live.context.as_of - newest < timedelta(days=1)
