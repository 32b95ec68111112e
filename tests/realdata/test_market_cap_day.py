"""CoinGecko's daily points are read as the close of the right day, and used no earlier than they are out."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

import polars as pl
import pytest

pytestmark = pytest.mark.realdata

DAY = timedelta(days=1)


def jumpiness(caps, closes, shift):
    """The median daily change of the supply that `caps` imply if a cap belongs to the close `shift` days on."""
    supply = [cap / closes[day + shift * DAY] for day, cap in sorted(caps.items()) if day + shift * DAY in closes]
    return median(abs(math.log(after / before)) for before, after in pairwise(supply))


CHANGE = datetime(2018, 1, 30, tzinfo=UTC)
"""Rows stamped earlier hold the close of the day of their stamp, later ones that of the day before."""

YEARS = range(2015, 2025)


@pytest.fixture(scope="module")
def closes(closes_of):
    by_day = closes_of("crypto/yahoo_btcusd_1d.csv")
    return {datetime.fromisoformat(day).replace(tzinfo=UTC): close for day, close in by_day.items()}


def in_year(caps, year):
    """`caps` of one year; in 2018 without the first month, in which the stamps changed their meaning."""
    first = datetime(year, 1, 1, tzinfo=UTC) if year != 2018 else CHANGE + 10 * DAY
    return {day: cap for day, cap in caps.items() if first <= day < datetime(year + 1, 1, 1, tzinfo=UTC)}


@pytest.mark.parametrize("year", YEARS)
def test_a_fact_stands_on_the_day_whose_close_it_was_struck_at(built, closes, year):
    """The number of coins changes by a hundredth of a percent a day: only the right day gives a smooth one."""
    facts = pl.read_parquet(built.folder / "facts/observations.parquet").filter(pl.col("field") == "market_cap")
    caps = in_year(dict(facts.select("event_at", "value").iter_rows()), year)
    aligned = jumpiness(caps, closes, 0)
    # two venues' prices differ by some tenths of a percent; a day of Bitcoin is several times as much
    assert jumpiness(caps, closes, 1) > 2 * aligned
    assert jumpiness(caps, closes, -1) > 2 * aligned


@pytest.mark.parametrize("year", YEARS)
def test_the_value_at_midnight_is_not_out_at_midnight(panel, closes, year):
    """CoinGecko closes a day some ten minutes after it: a decision at 00:00 has the close of the day before."""
    caps = in_year(dict(panel.select("timestamp", "market_cap").iter_rows()), year)
    assert jumpiness(caps, closes, 0) > 2 * jumpiness(caps, closes, -1)
    assert jumpiness(caps, closes, 1) > 2 * jumpiness(caps, closes, -1)


def test_every_decision_has_the_recorded_value(panel, recorded_rows):
    stamped = {row["snapped_at"]: float(row["market_cap"]) for row in recorded_rows("crypto/coingecko_btc_daily.csv")}
    checked = 0
    for at, cap in panel.select("timestamp", "market_cap").iter_rows():
        struck = at - DAY  # the close that is out when the bar of `at` is over
        stamp = struck if struck < CHANGE else struck + DAY
        value = stamped.get(f"{stamp:%Y-%m-%d} 00:00:00 UTC")
        if value is not None and stamp != CHANGE:
            assert cap == value, at
            checked += 1
    assert checked == len(panel) - 3  # of the four points at odd hours, below, one is of the day of the change


def test_supply_is_what_bitcoin_has(panel, closes):
    first, last = panel.row(0, named=True), panel.row(-1, named=True)
    # 14.0 million coins in April 2015, 19.8 million in October 2024
    assert first["market_cap"] / closes[first["timestamp"] - DAY] == pytest.approx(14.0e6, rel=0.01)
    assert last["market_cap"] / closes[last["timestamp"] - DAY] == pytest.approx(19.8e6, rel=0.01)


def test_points_at_odd_hours_are_put_aside_with_their_reason(built):
    rejected = pl.read_parquet(built.folder / "rejected.parquet").filter(pl.col("table") == "BTC-USD.market_cap")
    # four of 4,264 points were taken in the middle of a day; none of them is a close
    assert rejected["reason"].to_list() == ["not at midnight, so not a day's close"] * 4
    assert all(int(raw.split(",")[0]) % 86_400_000 > 0 for raw in rejected["raw"])
