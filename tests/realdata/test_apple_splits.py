"""Apple through its splits of 2014 (7:1) and 2020 (4:1), against figures read off its raw file by hand."""

from __future__ import annotations

import math
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from foretune.errors import DataError

pytestmark = pytest.mark.realdata

DAY = timedelta(days=1)
SPLITS = {date(2014, 6, 9): 7, date(2020, 8, 31): 4}


@pytest.fixture(scope="module")
def raw(recorded_rows):
    return {
        date.fromisoformat(row["date"]): float(row["close"]) for row in recorded_rows("equity/lean_aapl_1d_raw.csv")
    }


@pytest.fixture(scope="module")
def apple(multi):
    return multi.filter(pl.col("asset_symbol") == "AAPL")


def shares(day):
    """What one share of before 2014 is on `day`."""
    return math.prod(ratio for effective, ratio in SPLITS.items() if effective <= day)


def on(frame, year, month, day):
    return frame.filter(pl.col("timestamp") == datetime(year, month, day, tzinfo=UTC)).row(0, named=True)


def test_prices_stay_as_they_were_quoted(apple, raw):
    for stamp, close in apple.select("timestamp", "price_close").iter_rows():
        assert close == raw[stamp.date()]


def test_a_split_day_is_an_ordinary_day(apple):
    # 645.57 on Friday, 93.70 on Monday for a seventh of a share each: up 1.6 %
    assert on(apple, 2014, 6, 9)["return_1d_pct"] == pytest.approx((7 * 93.70 / 645.57 - 1) * 100)
    # 499.23 on Friday, 129.04 on Monday for a quarter each: up 3.39 %
    assert on(apple, 2020, 8, 31)["return_1d_pct"] == pytest.approx((4 * 129.04 / 499.23 - 1) * 100)
    assert apple["return_1d_pct"].abs().max() < 14


def test_averages_across_a_split_are_in_the_new_shares(apple, raw):
    days = sorted(raw)
    for year, month, day in ((2014, 6, 9), (2014, 6, 20), (2020, 8, 31), (2020, 9, 10)):
        row, here = on(apple, year, month, day), date(year, month, day)
        for window in (20, 200):
            past = days[days.index(here) - window + 1 : days.index(here) + 1]
            mean = sum(raw[at] * shares(at) / shares(here) for at in past) / window
            assert row[f"sma_{window}"] == pytest.approx(mean, rel=1e-9)


def test_every_target_is_what_became_of_one_share_of_the_rows_day(apple, raw):
    days = sorted(raw)
    for stamp, price, log_return, percent, end in apple.select(
        "timestamp", "target_price_90d", "target_return_90d", "target_return_pct_90d", "label_end_at"
    ).iter_rows():
        due = days[bisect_left(days, stamp.date() + 90 * DAY)]
        worth = raw[due] * shares(due) / shares(stamp.date())
        assert price == pytest.approx(worth, rel=1e-12)
        assert log_return == pytest.approx(math.log(worth / raw[stamp.date()]), rel=1e-9, abs=1e-12)
        assert percent == pytest.approx((worth / raw[stamp.date()] - 1) * 100, rel=1e-9, abs=1e-10)
        assert end.date() == due + DAY


def test_two_targets_across_the_splits(apple):
    # 5 June 2014 at 647.35; 90 days later 98.94 for each of seven
    assert on(apple, 2014, 6, 5)["target_price_90d"] == pytest.approx(7 * 98.94)
    # 28 August 2020 at 499.23; 90 days later is Thanksgiving, the next session closed at 116.59 for each of four
    assert on(apple, 2020, 8, 28)["target_price_90d"] == pytest.approx(4 * 116.59)


def test_other_shares_are_left_alone(multi, closes_of):
    for symbol in ("IBM", "SPY"):
        closes = {
            date.fromisoformat(day): close
            for day, close in closes_of(f"equity/lean_{symbol.lower()}_1d_raw.csv").items()
        }
        days = sorted(closes)
        rows = multi.filter(pl.col("asset_symbol") == symbol)
        assert len(rows) == 2066
        for stamp, price in rows.select("timestamp", "target_price_90d").iter_rows():
            assert price == closes[days[bisect_left(days, stamp.date() + 90 * DAY)]]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2012-01-01", "2016-12-31", "2014-06-09 is 0.145 times the one before"),
        ("2018-01-01", "2021-03-31", "2020-08-31 is 0.258 times the one before"),
    ],
)
def test_without_its_splits_the_build_is_refused_and_names_the_day(make, tmp_path, start, end, said):
    apple = {"source": "alphavantage", "symbol": "AAPL", "id": "AAPL", "asset_class": "equity"}
    with pytest.raises(DataError, match=f"AAPL: the close of {said}.*give the asset's splits"):
        make({"name": "apple", "start": start, "end": end, "assets": [apple]}, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
