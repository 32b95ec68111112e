"""Single rows of a provider that cannot be true, through the whole build: put aside with a reason, or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from foretune.errors import GateFailed, MalformedResponse
from foretune.sandbox import server
from foretune.sandbox.wire import bybit

DAY_MS = 86_400_000


def ms(year, month, day):
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def with_candles(monkeypatch):
    """`with_candles(edit)` has Bybit send `edit(candles)`, newest first, for every page of candles."""

    def sent(edit, clock_ms=None):
        def answer(market, path, query):
            found = bybit.answer(market, path, query)
            if path != "/v5/market/kline":
                return found
            body: dict[str, Any] = json.loads(found.body)
            body["result"]["list"] = edit(body["result"]["list"])
            if clock_ms is not None:
                body["time"] = clock_ms
            return replace(found, body=json.dumps(body).encode())

        monkeypatch.setattr(server, "PROVIDERS", {**server.PROVIDERS, "bybit": answer})

    return sent


def at(candles, *day):
    """The place of the candle of a day, None if the page does not hold it."""
    stamp = str(ms(*day))
    return next((place for place, candle in enumerate(candles) if candle[0] == stamp), None)


def changed(day, column, value):
    """An edit that puts `value` into one column of one day's candle."""

    def edit(candles):
        place = at(candles, *day)
        if place is not None:
            candles[place] = [*candles[place][:column], value, *candles[place][column + 1 :]]
        return candles

    return edit


@pytest.fixture
def bitcoin(build_with, bitcoin_plan, tmp_path):
    """`bitcoin()` builds two years of one asset; gaps and doubles are no reason to fail here."""

    def made(name="out", **more):
        plan = {**bitcoin_plan, "gates": {"severity": {"gaps": "warn", "duplicates": "warn"}}, **more}
        return build_with(tmp_path / name, plan=plan).folder

    return made


def table(folder, name):
    return pl.read_parquet(folder / f"{name}.parquet")


def test_candles_in_another_order_are_the_same_candles(with_candles, bitcoin):
    clean = table(bitcoin("clean"), "panel")
    with_candles(lambda candles: candles[1::2] + candles[::2])
    assert table(bitcoin("mixed"), "panel").equals(clean, null_equal=True)


def test_a_candle_sent_twice_alike_is_one_candle(with_candles, bitcoin):
    clean = table(bitcoin("clean"), "panel")
    with_candles(lambda candles: [*candles[:9], *candles[8:]])
    assert table(bitcoin("double"), "panel").equals(clean, null_equal=True)


def test_two_candles_for_one_day_that_differ_are_both_turned_away(with_candles, bitcoin):
    def contradicted(candles):
        place = at(candles, 2022, 3, 5)
        return candles if place is None else [*candles, [*candles[place][:5], "1", "1"]]

    with_candles(contradicted)
    folder = bitcoin()
    rejected = table(folder, "rejected")
    assert [raw.split(",")[0] for raw in rejected["raw"]] == [str(ms(2022, 3, 5))] * 2
    assert set(rejected["reason"]) == {"primary_key"}
    # and the day after, whose daily change is not known, is no row
    quarantine = table(folder, "quarantine").filter(pl.col("timestamp") == datetime(2022, 3, 6, tzinfo=UTC))
    assert quarantine["reason"].to_list() == ["bars are missing just before this one: its daily change is not known"]


IMPOSSIBLE = {
    # day of March 2022: (column, what is sent, why the candle is turned away)
    1: (1, "", "open nullability"),
    4: (4, "abc", "close nullability"),
    7: (4, "NaN", "close nan"),
    10: (2, "Infinity", "high inf"),
    13: (3, "-5", "low min_exclusive"),
    16: (4, "0", "low_and_high_bound_open_and_close, close min_exclusive"),
    19: (2, "0.01", "low_and_high_bound_open_and_close"),
    22: (5, "-1", "volume min"),
}


def test_a_candle_with_an_impossible_figure_is_turned_away_with_what_was_sent(with_candles, bitcoin):
    def spoilt(candles):
        for day, (column, value, _) in IMPOSSIBLE.items():
            candles = changed((2022, 3, day), column, value)(candles)
        return candles

    with_candles(spoilt)
    folder = bitcoin(gates={"broken_bars_share_max": 0.02, "severity": {"gaps": "warn"}})
    rejected = {row["raw"].split(",")[0]: row for row in table(folder, "rejected").iter_rows(named=True)}
    assert len(rejected) == len(IMPOSSIBLE)
    for day, (column, value, reason) in IMPOSSIBLE.items():
        row = rejected[str(ms(2022, 3, day))]
        assert (row["table"], row["raw"].split(",")[column], row["reason"]) == ("bars of BTCUSDT", value, reason)
    days = table(folder, "facts/bars")["event_at"]
    assert len(days) == 730 - len(IMPOSSIBLE)
    assert not any(day.year == 2022 and day.month == 3 and day.day in IMPOSSIBLE for day in days)


def test_doubles_that_differ_fail_the_gate_unless_it_is_told_otherwise(with_candles, bitcoin):
    with_candles(lambda candles: [*candles, [*candles[9][:5], "1", "1"]])
    with pytest.raises(GateFailed, match="duplicates: 2 rows of providers stand under a key that is not theirs alone"):
        bitcoin(gates={})


def test_the_candle_that_still_runs_is_no_bar(with_candles, bitcoin):
    """The server's clock says noon of 31 December 2022: that day's candle is not finished."""
    noon = ms(2022, 12, 31) + DAY_MS // 2
    with_candles(lambda candles: candles, clock_ms=noon)
    folder = bitcoin()
    rejected = table(folder, "rejected")
    assert rejected["reason"].to_list() == ["unfinished candle"]
    assert rejected["raw"][0].startswith(str(ms(2022, 12, 31)))
    assert table(folder, "facts/bars")["event_at"].max() == datetime(2022, 12, 30, tzinfo=UTC)


def test_a_candle_with_a_column_too_few_stops_the_build(with_candles, bitcoin, tmp_path):
    with_candles(lambda candles: [candle[:6] for candle in candles])
    with pytest.raises(MalformedResponse, match="a kline has seven text columns"):
        bitcoin()
    assert list(tmp_path.iterdir()) == []


def test_many_impossible_candles_speak_against_the_source(with_candles, bitcoin, tmp_path):
    """One day in twenty with its high below its low: the gate says so, and no dataset comes of it."""
    with_candles(
        lambda candles: [
            [*candle[:2], "0.01", *candle[3:]] if int(candle[0]) // DAY_MS % 20 == 0 else candle for candle in candles
        ]
    )
    with pytest.raises(GateFailed, match=r"broken_bars: 36 of 730 bars cannot be true and were turned away"):
        bitcoin()
    assert [path.name for path in tmp_path.iterdir()] == ["out.failed"]


def test_a_unit_that_changes_on_the_way_is_noticed(with_candles, bitcoin):
    """Prices in thousands from July 2022 on: every figure is possible, and the jump is not."""

    def thousandth(candles):
        late = str(ms(2022, 7, 1))
        return [
            [candle[0], *(f"{float(price) / 1000:.10f}" for price in candle[1:5]), *candle[5:]]
            if candle[0] >= late
            else candle
            for candle in candles
        ]

    with_candles(thousandth)
    with pytest.raises(GateFailed, match="unit_breaks: 1 "):
        bitcoin()
