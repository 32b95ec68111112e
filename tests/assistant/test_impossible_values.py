"""Values no context can hold are named, and a refusal always says why."""

from __future__ import annotations

import pytest

from foretune.answers.analyst import market_analysis
from foretune.assistant.ask import answer, task_of
from foretune.assistant.live_market import live_market
from foretune.errors import ForetuneError

TICKER = {
    "symbol": "BTCUSDT", "lastPrice": "60000.5", "price24hPcnt": "0.025", "highPrice24h": "61000.0",
    "lowPrice24h": "58500.0", "fundingRate": "0.0001",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lastPrice", "NaN"),
        ("lastPrice", "0"),
        ("lastPrice", "-1"),
        ("highPrice24h", "inf"),
        ("lowPrice24h", "0"),
        ("fundingRate", "NaN"),
    ],
)
def test_a_number_that_cannot_be_true_is_named(exchange, name, value):
    with pytest.raises(ForetuneError, match=name):
        live_market(exchange(ticker={**TICKER, name: value}), "BTCUSDT")


def test_another_symbols_ticker_is_not_taken(exchange):
    with pytest.raises(ForetuneError, match="ETHUSDT"):
        live_market(exchange(), "ETHUSDT")


def test_a_refusal_of_text_that_never_stops_says_so(context, script):
    found = answer("How does it look?", context, script([market_analysis(context)], stopped=False))
    assert found.problems


@pytest.mark.parametrize(
    "question",
    [
        "Where will it be in three months?",
        "Where will BTC be in ninety days?",
        "forecasts?",
        "What about 3 months out?",
    ],
)
def test_plain_questions_about_the_future(question):
    assert str(task_of(question)) == "forecast_90d"
