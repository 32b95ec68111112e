"""Nine recorded assets of four classes in one panel, each read by hand from its own file."""

from __future__ import annotations

import math
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import stdev

import polars as pl
import pytest

pytestmark = pytest.mark.realdata

DAY = timedelta(days=1)
FILES = {
    "BTC-USD": ("crypto", "crypto/yahoo_btcusd_1d.csv", "date"),
    "XRP-USD": ("crypto", "crypto/binance_xrpusdt_1d.csv", "open_time"),
    "LTC-USD": ("crypto", "crypto/binance_ltcusdt_1d.csv", "open_time"),
    "IBM": ("equity", "equity/lean_ibm_1d_raw.csv", "date"),
    "SPY": ("equity", "equity/lean_spy_1d_raw.csv", "date"),
}
QUOTES = {
    "EURUSD": ("fx", "fx/oanda_eurusd_1d_bidask.csv"),
    "GBPUSD": ("fx", "fx/oanda_gbpusd_1d_bidask.csv"),
    "XAUUSD": ("commodity", "commodity/oanda_xauusd_1d_bidask.csv"),
}
SUNDAY = 7
YEAR = {"crypto": 365, "equity": 252, "fx": 252, "commodity": 252}


@pytest.fixture(scope="module")
def history(recorded_rows):
    """`history(symbol)` are the closes by day, the mid of bid and ask where there are both.

    The recorded quotes have short bars on Sundays, whose hours belong to Monday's session.
    """

    def read(symbol):
        if symbol in QUOTES:
            return {
                date.fromisoformat(row["date"]): (float(row["bid_close"]) + float(row["ask_close"])) / 2
                for row in recorded_rows(QUOTES[symbol][1])
                if date.fromisoformat(row["date"]).isoweekday() != SUNDAY
            }
        _, file, time = FILES[symbol]
        return {date.fromisoformat(row[time][:10]): float(row["close"]) for row in recorded_rows(file)}

    return read


def test_each_asset_has_the_rows_that_its_file_allows(multi):
    spans = multi.group_by("asset_symbol", "asset_class").agg(
        pl.len(), pl.col("timestamp").min().dt.date().alias("first"), pl.col("timestamp").max().dt.date().alias("last")
    )
    # 200 bars of warm-up from 2012 or the first bar on; the last target is of 2021-03-31, 2018-12-31 or 2019-02-25
    assert sorted(spans.rows()) == [
        ("AAPL", "equity", 2066, date(2012, 10, 16), date(2020, 12, 31)),
        ("BTC-USD", "crypto", 2099, date(2015, 4, 4), date(2020, 12, 31)),
        ("EURUSD", "fx", 1552, date(2012, 10, 5), date(2018, 10, 2)),
        ("GBPUSD", "fx", 1552, date(2012, 10, 5), date(2018, 10, 2)),
        ("IBM", "equity", 2066, date(2012, 10, 16), date(2020, 12, 31)),
        ("LTC-USD", "crypto", 819, date(2018, 10, 5), date(2020, 12, 31)),
        ("SPY", "equity", 2066, date(2012, 10, 16), date(2020, 12, 31)),
        ("XAUUSD", "commodity", 1551, date(2012, 10, 16), date(2018, 11, 27)),
        ("XRP-USD", "crypto", 774, date(2018, 11, 19), date(2020, 12, 31)),
    ]


@pytest.mark.parametrize("symbol", [*FILES, *QUOTES])
def test_every_close_and_target_is_that_of_the_file(multi, history, symbol):
    closes = history(symbol)
    days = sorted(closes)
    for stamp, close, target, log_return in (
        multi.filter(pl.col("asset_symbol") == symbol)
        .select("timestamp", "price_close", "target_price_90d", "target_return_90d")
        .iter_rows()
    ):
        due = days[bisect_left(days, stamp.date() + 90 * DAY)]
        assert due - stamp.date() <= 95 * DAY
        assert close == pytest.approx(closes[stamp.date()], rel=1e-12)
        assert target == pytest.approx(closes[due], rel=1e-12)
        assert log_return == pytest.approx(math.log(closes[due] / closes[stamp.date()]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("symbol", [*FILES, *QUOTES])
def test_volatility_is_per_year_of_its_own_class(multi, history, symbol):
    closes = history(symbol)
    days = [day for day in sorted(closes) if day >= date(2012, 1, 1)]
    rows = multi.filter(pl.col("asset_symbol") == symbol).gather_every(101)
    for stamp, asset_class, volatility in rows.select("timestamp", "asset_class", "volatility_30d").iter_rows():
        here = days.index(stamp.date())
        returns = [math.log(closes[b] / closes[a]) for a, b in pairwise(days[here - 30 : here + 1])]
        assert asset_class == (FILES | QUOTES)[symbol][0]
        assert volatility == pytest.approx(stdev(returns) * math.sqrt(YEAR[asset_class]), rel=1e-6)


@pytest.mark.parametrize("symbol", QUOTES)
def test_the_price_of_two_sided_quotes_is_their_middle(multi, recorded_rows, symbol):
    quotes = {row["date"]: row for row in recorded_rows(QUOTES[symbol][1])}
    columns = ("open", "high", "low", "close")
    rows = multi.filter(pl.col("asset_symbol") == symbol)
    for stamp, *prices in rows.select("timestamp", *(f"price_{name}" for name in columns)).iter_rows():
        evening = quotes.get((stamp.date() - DAY).isoformat()) if stamp.isoweekday() == 1 else None
        session = [quote for quote in (evening, quotes[stamp.date().isoformat()]) if quote]
        middle = {
            name: [(float(quote[f"bid_{name}"]) + float(quote[f"ask_{name}"])) / 2 for quote in session]
            for name in columns
        }
        expected = (middle["open"][0], max(middle["high"]), min(middle["low"]), middle["close"][-1])
        assert prices == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("symbol", QUOTES)
def test_quotes_have_no_row_on_a_sunday(multi, symbol):
    """A year from Monday to Friday has about 250 to 260 bars; with Sundays 311, and 252 would be too few."""
    days = multi.filter(pl.col("asset_symbol") == symbol)["timestamp"].dt.date()
    assert {day.isoweekday() for day in days} == {1, 2, 3, 4, 5}
    assert 250 <= len([day for day in days if day.year == 2015]) <= 261


def test_monday_the_second_of_march_2015_opens_on_sunday_evening(multi, recorded_rows):
    quotes = {row["date"]: row for row in recorded_rows(QUOTES["EURUSD"][1])}
    at = datetime(2015, 3, 2, tzinfo=UTC)
    row = multi.filter((pl.col("asset_symbol") == "EURUSD") & (pl.col("timestamp") == at)).row(0, named=True)
    sunday = quotes["2015-03-01"]
    assert row["price_open"] == pytest.approx((float(sunday["bid_open"]) + float(sunday["ask_open"])) / 2)
    assert row["decision_at"] == at + DAY


def test_the_euros_volatility_is_that_of_its_weekly_closes(multi, history):
    """Two clocks of one price agree: 252 days a year here, 52 weeks there, over six years of rows."""
    closes = history("EURUSD")
    fridays = [closes[day] for day in sorted(closes) if day.isoweekday() == 5 and date(2012, 6, 1) <= day]
    weekly = stdev(math.log(b / a) for a, b in pairwise(fridays)) * math.sqrt(365.25 / 7)
    daily = multi.filter(pl.col("asset_symbol") == "EURUSD")["volatility_90d"]
    assert math.sqrt((daily**2).mean()) == pytest.approx(weekly, rel=0.05)


def test_quotes_have_no_volume_and_none_is_invented(multi):
    quoted = multi.filter(pl.col("asset_symbol").is_in(list(QUOTES)))
    for name in ("volume", "volume_quote", "volume_ratio_20d", "volume_zscore_60d", "volume_trend_5d_60d"):
        assert quoted[name].null_count() == len(quoted)


def test_a_bar_after_a_week_without_bars_is_put_aside(built_multi):
    """The recording has no bar of 12 to 15 December 2016; what is dated the 16th moves from the 9th."""
    quarantine = pl.read_parquet(built_multi.folder / "quarantine.parquet")
    gaps = quarantine.filter(pl.col("reason").str.starts_with("bars are missing just before this one"))
    assert sorted(gaps.select("asset_symbol", pl.col("timestamp").dt.date()).rows()) == [
        (symbol, date(2016, 12, 16)) for symbol in ("EURUSD", "GBPUSD", "XAUUSD")
    ]


def test_every_row_that_was_fetched_is_in_the_panel_or_the_quarantine(built_multi, history):
    quarantine = pl.read_parquet(built_multi.folder / "quarantine.parquet").group_by("asset_symbol").len()
    rows = pl.read_parquet(built_multi.folder / "panel.parquet").group_by("asset_symbol").len()
    counted = dict(pl.concat([rows, quarantine]).group_by("asset_symbol").agg(pl.col("len").sum()).iter_rows())
    for symbol in (*FILES, *QUOTES):
        days = [day for day in history(symbol) if date(2012, 1, 1) <= day <= date(2021, 3, 31)]
        assert counted[symbol] == len(days)


def test_ripples_first_day_on_the_venue_is_seen_for_200_days_only(built_multi, multi):
    """0.5, 1.5, 0.5, 0.8899: an opening auction, but a day that bounds its prices. No row is made of it."""
    first = pl.read_parquet(built_multi.folder / "quarantine.parquet").filter(
        (pl.col("asset_symbol") == "XRP-USD") & (pl.col("timestamp") == datetime(2018, 5, 4, tzinfo=UTC))
    )
    assert first["price_high"].item() == 1.5
    assert first["reason"].item() == "warm-up: sma_200 needs 200 bars"
    ripple = multi.filter(pl.col("asset_symbol") == "XRP-USD").sort("timestamp")
    # bar 200 is the only row whose window still holds that high; all later ones stay below a dollar
    assert ripple["distance_high_200d"][0] == pytest.approx(0.4825 / 1.5 - 1)
    assert ripple["distance_high_200d"][1] > 0.44285 / 1.0 - 1


def test_no_label_of_any_asset_and_no_embargo_reaches_into_a_later_split(multi):
    ends = {name: multi.filter(split=name)["label_end_at"].max() for name in ("train", "validation")}
    starts = {name: multi.filter(split=name)["decision_at"].min() for name in ("validation", "test")}
    for earlier, later in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert ends[earlier] + 5 * DAY < starts[later]
    # FX ends in 2018 and gold in February 2019: they train and validate, and are not tested
    assert set(multi.filter(split="test")["asset_class"]) == {"crypto", "equity"}
