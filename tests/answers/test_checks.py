"""Every check on an answer: what it accepts, what it refuses, and why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.answers.analyst import forecast_90d, market_analysis
from foretune.answers.checks import assess, assess_generated, parse_move
from foretune.answers.context import MarketContext
from foretune.answers.slots import render
from foretune.answers.tasks import Task
from foretune.origin import Origin


def context(**changes: object) -> MarketContext:
    values: dict[str, object] = {
        "symbol": "BTCUSDT",
        "as_of": datetime(2024, 1, 2, tzinfo=UTC),
        "origin": Origin.SIMULATED,
        "price": 67234.5,
        "change_24h_pct": 2.34,
        "high_24h": 67800.0,
        "low_24h": 65100.0,
        "vs_sma_50_pct": 3.2,
        "vs_sma_200_pct": -1.0,
        "rsi_14": 72.0,
        "volatility_30d": 0.523,
        "volatility_90d": 0.6,
        "funding_rate": 0.000103,
    }
    return MarketContext.model_validate(values | changes)


def judged(answer: str, task: Task = Task.MARKET_ANALYSIS, **changes: object):
    return assess(task, answer, context(**changes))


GOOD = render(market_analysis(context()), context())


def test_the_analysts_answer_passes_every_check():
    verdict = judged(GOOD)
    assert verdict.good
    assert verdict.problems == ()
    assert verdict.claims == 9  # price, change, two averages, RSI, volatility, two levels, funding


def test_an_empty_answer_passes_no_check():
    verdict = judged("")
    assert verdict.failed == {"format_ok", "numbers_right", "labels_right", "risk_warning"}
    assert verdict.claims == 0


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("$67,234.50", "$67,234.60"),  # another price
        ("$67,234.50", "67,234.50"),  # the unit is part of the number
        ("$67,234.50", "$6,7234.50"),
        ("$67,234.50", "$67,234.50 million"),
        ("$67,234.50", "$67,234.50K"),
        ("$67,234.50", "$６7,234.50"),  # a full-width digit
        ("+2.34%", "-2.34%"),
        ("+2.34%", "−2.34%"),  # a minus sign that is not ASCII
        ("+2.34%", "minus 2.34%"),
        ("+2.34%", "(2.34%)"),
        ("+2.34%", "+2.34"),
        ("+2.34%", "+2.3%"),  # coarser than the data
        ("72.0", "7.2"),
        ("52.3%", "0.523"),
        ("52.3% a year", "52.3% a month"),
        ("+0.0103%", "-0%"),
        ("support $65,100.00, resistance $67,800.00", "support $67,800.00, resistance $65,100.00"),
        ("support $65,100.00, resistance $67,800.00", "resistance $65,100.00, support $67,800.00"),
        ("50-day and -1.00% against the 200-day", "200-day and -1.00% against the 50-day"),
        ("Price: $67,234.50", "Price: ETHUSDT at $67,234.50"),
    ],
)
def test_a_number_that_is_not_the_contexts_in_its_place_is_wrong(said, instead):
    assert said in GOOD
    assert not judged(GOOD.replace(said, instead)).numbers_right


@pytest.mark.parametrize(
    "extra",
    [" Next stop $75,000.", " It will double in 90 days.", "\nTarget: ７５", " Up fifty percent, target ½ higher."],
)
def test_a_number_in_no_line_that_data_settle_is_wrong(extra):
    verdict = judged(GOOD + extra)
    assert not verdict.numbers_right
    assert any("outside" in problem for problem in verdict.problems)


def test_a_label_hedged_into_its_opposite_is_no_label():
    hedged = GOOD.replace("Momentum: overbought, ", "Momentum: overbought, no, clearly oversold, ")
    verdict = judged(hedged)
    assert not verdict.labels_right
    assert not verdict.format_ok


@pytest.mark.parametrize("label", ["Trend", "Momentum", "Volatility", "Funding"])
def test_a_label_against_the_data_is_wrong_and_nothing_else_is(label):
    wrong = {"Trend": "down", "Momentum": "oversold", "Volatility": "low", "Funding": "shorts pay longs"}[label]
    lines = [
        f"{label}: {wrong},{line.partition(',')[2]}" if line.startswith(f"{label}: ") else line
        for line in GOOD.split("\n")
    ]
    verdict = judged("\n".join(lines))
    assert not verdict.labels_right
    assert verdict.format_ok
    assert verdict.numbers_right


@pytest.mark.parametrize(
    "broken",
    [
        "Sure! Here is my analysis.\n" + GOOD,
        GOOD.replace("Trend: ", "Trend is "),
        GOOD.replace("Momentum: overbought", "Momentum: strong"),
        GOOD + "\nRisk: and one more line.",
        "\n".join(GOOD.split("\n")[:3]),
        GOOD.replace("Market analysis: BTCUSDT", "Market analysis: ETHUSDT"),
    ],
)
def test_another_shape_breaks_the_format(broken):
    assert not judged(broken).format_ok


def test_missing_funding_must_be_said_and_nothing_put_in_its_place():
    spot = context(funding_rate=None)
    answer = render(market_analysis(spot), spot)
    assert "Funding: not available." in answer
    assert assess(Task.MARKET_ANALYSIS, answer, spot).good
    invented = answer.replace("not available.", "flat, +0.0000%.")
    verdict = assess(Task.MARKET_ANALYSIS, invented, spot)
    assert not verdict.numbers_right
    assert not verdict.format_ok


def test_a_forecasts_return_and_price_must_follow_from_its_move():
    # one year's volatility 60 % is 0.6 * sqrt(90/365) = 29.79 % over the horizon; half of it is
    # a log return of 0.14897: e^0.14897 - 1 = 16.06 %, and 67234.5 * 1.16064 = 78,034.86
    answer = render(forecast_90d(context(), 0.5), context())
    assert "Return: +16.06%" in answer
    assert "Price in 90 days: $78,034" in answer
    assert judged(answer, Task.FORECAST_90D).good
    assert not judged(answer.replace("+16.06%", "+17.06%"), Task.FORECAST_90D).numbers_right
    assert not judged(answer.replace("Move: +0.5", "Move: +0.6"), Task.FORECAST_90D).numbers_right


@pytest.mark.parametrize("text", ["Move: 0.5 standard deviations.", "Move: +0.55 standard deviations.", "up", ""])
def test_only_an_exact_move_line_is_a_forecast(text):
    assert parse_move(text) is None


def test_what_cannot_be_rendered_is_judged_as_it_stands():
    text, verdict = assess_generated(Task.MARKET_ANALYSIS, GOOD.replace("72.0", "{rsi_15}"), context())
    assert "{rsi_15}" in text
    assert not verdict.format_ok
    assert not verdict.numbers_right
    assert any("rsi_15" in problem for problem in verdict.problems)


@given(
    price=st.floats(1e-8, 1e9),
    change=st.floats(-99, 1e4),
    rsi=st.floats(0, 100),
    volatility=st.floats(0, 20),
    averages=st.tuples(st.floats(-99, 1e4), st.floats(-99, 1e4)),
    funding=st.none() | st.floats(-0.05, 0.05),
    move=st.floats(-20, 20),
)
def test_whatever_the_market_the_analyst_is_right(price, change, rsi, volatility, averages, funding, move):
    market = context(
        price=price,
        high_24h=price * 1.01,
        low_24h=price * 0.99,
        change_24h_pct=change,
        rsi_14=rsi,
        volatility_30d=volatility,
        volatility_90d=min(volatility, 2.0),
        vs_sma_50_pct=averages[0],
        vs_sma_200_pct=averages[1],
        funding_rate=funding,
    )
    for task, answer in (
        (Task.MARKET_ANALYSIS, market_analysis(market)),
        (Task.FORECAST_90D, forecast_90d(market, move)),
    ):
        text, verdict = assess_generated(task, answer, market)
        assert verdict.good, (text, verdict.problems)
