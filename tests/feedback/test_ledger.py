"""The ledger keeps every answer given, and settles a forecast 90 days later with prices of its own market."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from foretune.errors import DataError
from foretune.feedback.ledger import LedgerEntry, append, read, settle

ASKED = datetime(2024, 1, 1, 13, 30, tzinfo=UTC)
DUE = ASKED + timedelta(days=90)


def entry(**changes):
    values = {
        "symbol": "BTCUSDT", "as_of": ASKED, "origin": "recorded", "model": "runs/demo/dpo", "question": "And then?",
        "answer": "90-day forecast: BTCUSDT\n…", "price": 50_000.0, "median": 0.02, "low": -0.3, "high": 0.3,
    }  # fmt: skip
    return LedgerEntry(**{**values, **changes})


def bars(*rows, symbol="BTCUSDT", origin="recorded"):
    """Bars by (known_at, close)."""
    frame = pl.DataFrame(rows, schema={"known_at": pl.Datetime("us", "UTC"), "close": pl.Float64}, orient="row")
    return frame.with_columns(pl.lit(symbol).alias("symbol"), pl.lit(origin).alias("origin"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs" / "answers.jsonl"


def test_what_was_appended_is_read_back_in_order(path):
    entries = [entry(), entry(symbol="ETHUSDT", median=None, low=None, high=None), entry(question="Zeile 1\nZeile 2 ü")]
    for each in entries:
        append(each, path)
    assert read(path) == entries
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3  # one line each, whatever a text holds


def test_no_ledger_yet_is_an_empty_one(path):
    assert read(path) == []


def test_an_unfinished_last_line_is_left_out(path):
    append(entry(), path)
    with path.open("a", encoding="utf-8") as file:
        file.write(entry().model_dump_json()[:40])  # the machine stopped here
    assert read(path) == [entry()]


@pytest.mark.parametrize("line", ["not json", "{}", '{"symbol": "BTCUSDT"}', "[1, 2]", "NaN", ""])
def test_a_finished_line_that_is_no_entry_is_named(path, line):
    append(entry(), path)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    append(entry(), path)
    with pytest.raises(DataError, match=r"answers\.jsonl:2: not an entry of the ledger"):
        read(path)


def test_a_forecast_is_settled_by_hand(path):
    outcome = settle(entry(), bars((DUE + timedelta(hours=10, minutes=30), 60_000.0)))
    assert outcome.log_return == pytest.approx(math.log(1.2))  # 50,000 to 60,000
    assert outcome.inside  # 0.182 lies between -0.3 and 0.3
    assert outcome.settled_at == datetime(2024, 4, 1, tzinfo=UTC)
    assert outcome.entry == entry()


@pytest.mark.parametrize(
    ("close", "inside"),
    [(50_000 * math.exp(0.29), True), (50_000 * math.exp(0.31), False), (50_000 * math.exp(-0.31), False)],
)
def test_the_interval_held_it_or_not(close, inside):
    assert settle(entry(), bars((DUE, close))).inside is inside


def test_the_first_close_at_or_after_ninety_days_counts():
    day = timedelta(days=1)
    found = settle(entry(), bars((DUE + day, 70_000.0), (DUE - day, 40_000.0), (DUE, 55_000.0)))
    assert found.log_return == pytest.approx(math.log(1.1))  # the one at exactly 90 days, in whatever order they come


@pytest.mark.parametrize(
    "known",
    [
        DUE - timedelta(seconds=1),
        DUE + timedelta(days=5, seconds=1),  # after a gap the price is of another day
    ],
)
def test_nothing_is_settled_before_ninety_days_or_long_after(known):
    assert settle(entry(), bars((known, 60_000.0))) is None
    assert settle(entry(), bars()) is None


def test_prices_of_another_symbol_settle_nothing():
    assert settle(entry(), bars((DUE, 60_000.0), symbol="ETHUSDT")) is None


@pytest.mark.parametrize(
    ("forecast", "prices"), [("simulated", "recorded"), ("recorded", "simulated"), ("live", "simulated")]
)
def test_simulated_and_real_never_meet(forecast, prices):
    with pytest.raises(DataError, match=f"{forecast} market cannot be settled with {prices} prices"):
        settle(entry(origin=forecast), bars((DUE, 60_000.0), origin=prices))


@pytest.mark.parametrize(("forecast", "prices"), [("live", "recorded"), ("simulated", "simulated"), ("live", "live")])
def test_live_forecasts_may_be_settled_with_recorded_prices(forecast, prices):
    assert settle(entry(origin=forecast), bars((DUE, 60_000.0), origin=prices)) is not None


def test_an_answer_without_a_forecast_cannot_be_settled():
    with pytest.raises(DataError, match="answer of 2024-01-01 on BTCUSDT holds no forecast to settle"):
        settle(entry(median=None, low=None, high=None), bars((DUE, 60_000.0)))
