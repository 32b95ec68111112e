"""Recorded bars that cannot be true are turned away with a reason; all others stay."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import polars as pl
import pytest

from foretune.errors import GateFailed

pytestmark = pytest.mark.realdata

PRICES = ("open", "high", "low", "close")


def table(data_root, file, symbol, asset_class, **more):
    """Bars of a recorded file, as a user maps a file of their own."""
    columns = {"time": "date", **{name: name for name in PRICES}, **more}
    series = str(data_root / file)
    return {"source": "table", "symbol": symbol, "asset_class": asset_class, "series": series, "columns": columns}


@pytest.fixture(scope="module")
def vix(make, data_root, tmp_path_factory):
    asset = table(data_root, "macro/vix_ohlc_daily.csv", "VIX", "commodity")
    plan = {"name": "vix", "start": "1990-01-02", "end": "2024-12-31", "assets": [asset]}
    return make(plan, tmp_path_factory.mktemp("vix") / "vix").folder


@pytest.fixture(scope="module")
def unbound(recorded_rows):
    """The recorded days on which high and low do not hold open and close between them."""
    return {
        row["date"]
        for row in recorded_rows("macro/vix_ohlc_daily.csv")
        if not float(row["low"]) <= min(float(row["open"]), float(row["close"]))
        or not float(row["high"]) >= max(float(row["open"]), float(row["close"]))
    }


def test_the_47_bars_that_do_not_bound_their_prices_are_turned_away(vix, unbound):
    rejected = pl.read_parquet(vix / "rejected.parquet")
    assert len(unbound) == 47
    assert rejected["table"].unique().to_list() == ["bars of VIX"]
    assert rejected["reason"].unique().to_list() == ["low_and_high_bound_open_and_close"]
    assert {raw.split(",")[0] for raw in rejected["raw"]} == unbound


def test_the_two_wrong_opens_are_among_them_with_what_was_sent(vix):
    sent = pl.read_parquet(vix / "rejected.parquet")["raw"].to_list()
    assert "2004-11-08,2.580000,14.480000,13.680000,13.800000" in sent  # a digit is missing: 12.58
    assert "2006-02-08,41.600000,13.610000,12.760000,12.830000" in sent  # 13.60 by the days around it


def test_every_other_bar_stays(vix, unbound, recorded_rows):
    stored = pl.read_parquet(vix / "facts/bars.parquet").sort("event_at")
    good = [row for row in recorded_rows("macro/vix_ohlc_daily.csv") if row["date"] not in unbound]
    assert len(good) == 8833 - 47
    assert stored["event_at"].dt.strftime("%Y-%m-%d").to_list() == [row["date"] for row in good]
    for name in PRICES:
        assert stored[name].to_list() == [float(row[name]) for row in good]


def test_no_row_is_made_of_a_bar_that_was_turned_away(vix, unbound):
    days = pl.read_parquet(vix / "panel.parquet")["timestamp"].dt.strftime("%Y-%m-%d")
    assert len(days) > 8000
    assert unbound.isdisjoint(days)


COINBASE = {"name": "coinbase", "start": "2014-12-01", "end": "2018-08-13"}


@pytest.fixture(scope="module")
def coinbase_asset(data_root):
    return table(data_root, "crypto/coinbase_btcusd_1d.csv", "BTC-USD", "crypto", volume="volume")


def test_coinbases_first_weeks_are_full_of_holes_and_the_build_says_so(make, coinbase_asset, tmp_path):
    """Nine trades in the first two months: the longest silence is 21 days."""
    with pytest.raises(GateFailed, match=r"gaps: 1 gap is longer than 7 days; 34 sessions without a bar in all"):
        make({**COINBASE, "assets": [coinbase_asset]}, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.failed"]


def test_who_takes_the_holes_gets_no_row_from_their_days(make, coinbase_asset, recorded_rows, tmp_path):
    days = [
        datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
        for row in recorded_rows("crypto/coinbase_btcusd_1d.csv")
    ]
    holes = [(before, after) for before, after in pairwise(days) if (after - before).days > 1]
    assert len(holes) == 8
    assert max((after - before).days for before, after in holes) == 21
    plan = {**COINBASE, "assets": [coinbase_asset], "gates": {"severity": {"gaps": "warn"}}}
    folder = make(plan, tmp_path / "out").folder
    first_row = pl.read_parquet(folder / "panel.parquet")["timestamp"].min()
    assert first_row > max(after for _, after in holes)
    # the first bar of all, 300 to 370 on a twentieth of a coin, is true as far as one can see: kept, and never a row
    first = pl.read_parquet(folder / "quarantine.parquet").sort("timestamp").row(0, named=True)
    assert (first["price_open"], first["price_close"]) == (300, 370)
    assert first["reason"] == "warm-up: sma_200 needs 200 bars"


def test_a_later_hole_makes_its_next_bar_no_row(vix):
    """The VIX has no session from 11 to 16 September 2001, and the change over that week is not a day's."""
    quarantine = pl.read_parquet(vix / "quarantine.parquet")
    late = quarantine.filter(pl.col("timestamp") == datetime(2001, 9, 17, tzinfo=UTC))
    assert late["reason"].to_list() == ["bars are missing just before this one: its daily change is not known"]
