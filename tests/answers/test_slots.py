"""Rendering: what is filled, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.answers.context import MarketContext
from foretune.answers.slots import move_slot, render
from foretune.errors import AnswerError, UnknownSlot
from foretune.origin import Origin

CONTEXT = MarketContext(
    symbol="XRPUSDT",
    as_of=datetime(2024, 1, 2, tzinfo=UTC),
    origin=Origin.RECORDED,
    price=0.51234,
    change_24h_pct=-1.0,
    high_24h=0.6,
    low_24h=0.5,
    vs_sma_50_pct=0.0,
    vs_sma_200_pct=0.0,
    rsi_14=50.0,
    volatility_30d=0.8,
    volatility_90d=0.73,
)


def test_small_prices_keep_their_digits():
    assert render("{symbol} at {price}", CONTEXT) == "XRPUSDT at $0.51234"


@pytest.mark.parametrize(
    "answer", ["{last_price}", "{}", "{funding_rate}", "{as_of}", "{__class__}", "{z:0.7}", "{z:+0.75}"]
)
def test_a_slot_the_context_cannot_fill_is_refused(answer):
    with pytest.raises(UnknownSlot, match="no value in the context of XRPUSDT"):
        render(answer, CONTEXT)


@pytest.mark.parametrize("answer", ["{price", "price}", "{{price}}", "{pri\nce}"])
def test_a_stray_brace_is_refused(answer):
    with pytest.raises(AnswerError):
        render(answer, CONTEXT)


@pytest.mark.parametrize("moves", ["", "{z:+0.1} {z:+0.2}"])
def test_a_derived_slot_needs_exactly_one_move(moves):
    with pytest.raises(AnswerError, match="exactly one move"):
        render(moves + " {forecast_price}", CONTEXT)


@given(st.floats(-1e6, 1e6))
def test_every_move_can_be_said_and_read_back(z):
    text = render(move_slot(z) + " {forecast_price}", CONTEXT)
    said = float(text.split()[0])
    assert abs(said - min(9.9, max(-9.9, z))) <= 0.05 + 1e-9
