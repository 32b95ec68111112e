"""The strongest check of a feature: change the future, and no value of the past may move a bit.

Every price, macro value and reading that was not known at the cut is changed in the files, and the
pipelines are built again through the whole of the program.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

pytestmark = pytest.mark.realdata

DAY = timedelta(days=1)
PRICES = ("open", "high", "low", "close")
QUOTES = tuple(f"{side}_{price}" for side in ("bid", "ask") for price in PRICES)
CUT = date(2021, 6, 30)
"""The last day that stays as it was, for Bitcoin."""
MULTI_CUT = date(2018, 12, 14)
"""The same for nine assets: all of them trade on it."""


def raised(columns, last, *, time="date", by=1.5):
    """Rows after the day `last` with `columns` multiplied; highs a tenth more, so that ranges move as well."""

    def other(name, text):
        return repr(float(text) * by * (1.1 if name.endswith("high") else 1.0))

    def edit(rows):
        return [
            row | {name: other(name, row[name]) for name in columns if row[name]}
            if row[time][:10] > last.isoformat()
            else row
            for row in rows
        ]

    return edit


def context_edits(cut, *, cpi, jobs, gdp):
    """All context files, each from the first value on that was not public at 24:00 of `cut`.

    The first periods that were not out are named for the monthly and quarterly series.
    """
    last_out = {"VIXCLS": 4, "DGS10": 4, "DGS2": 4, "DCOILWTICO": 11}  # days before the cut
    edits = {f"macro/fred_{name}.csv": raised(("value",), cut - days * DAY) for name, days in last_out.items()}
    edits |= {f"macro/{name}_daily_close.csv": raised(("close",), cut) for name in ("spx", "dxy", "gold")}
    for series, first in (("CPIAUCSL", cpi), ("UNRATE", jobs), ("GDPC1", gdp)):
        edits[f"macro/fred_{series}.csv"] = raised(("value",), date.fromisoformat(first) - DAY)
    edits["sentiment/fear_greed_daily.csv"] = raised(("value",), cut, by=0.5)
    return edits


@pytest.fixture(scope="module")
def other_bitcoin(altered):
    """A world in which Bitcoin, and all that is around it, is otherwise after the cut."""

    def later_vintages(rows):
        # a vintage is out when its quarter is over: that of 2021q2 on 30 June itself
        return [
            row | {"value": repr(float(row["value"]) * 1.1)}
            if row["vintage"] > "2021q2" and row["observation_quarter_start"] >= "2020-01-01"
            else row
            for row in rows
        ]

    edits = context_edits(CUT, cpi="2021-06-01", jobs="2021-05-01", gdp="2021-04-01") | {
        "crypto/yahoo_btcusd_1d.csv": raised((*PRICES, "volume"), CUT),
        # the point of 1 July 00:00 is the close of 30 June, and is out after it
        "crypto/coingecko_btc_daily.csv": raised(("market_cap", "price"), CUT, time="snapped_at"),
        "macro/us_gdp_real_vintages.csv": later_vintages,
        "sentiment/gdelt_crypto_weekly_tone.csv": doubled_weeks,
        "sentiment/google_trends_bitcoin_monthly.csv": halved_months,
    }
    return altered("btc_90d", edits)


def doubled_weeks(rows):
    """The tone of weeks that were not over at the cut, more extreme; their articles twice as many."""
    return [
        row
        | {"S_gdelt_raw": repr(float(row["S_gdelt_raw"]) * 2), "total_articles": str(2 * int(row["total_articles"]))}
        if row["week_start"][:10] >= "2021-06-28"
        else row
        for row in rows
    ]


def halved_months(rows):
    """The interest of months that were not over at the cut, in whole points; June was over on 30 June."""
    return [row | {"interest": str(int(row["interest"]) // 2)} if row["month"] >= "2021-07-01" else row for row in rows]


@pytest.fixture(scope="module")
def other_nine(altered):
    """The same for nine assets, in a world in which Apple never split its shares in 2020."""

    def unsplit(rows):
        rows = raised(PRICES, MULTI_CUT)(rows)
        return raised(PRICES, date(2020, 8, 30), by=4.0)(rows)

    def no_split(rows):
        return [row | {"split_factor": "0.25"} if row["split_factor"] == "1" else row for row in rows]

    edits = context_edits(MULTI_CUT, cpi="2018-11-01", jobs="2018-10-01", gdp="2018-10-01") | {
        f"crypto/{name}.csv": raised(PRICES, MULTI_CUT, time=time)
        for name, time in (
            ("yahoo_btcusd_1d", "date"),
            ("binance_xrpusdt_1d", "open_time"),
            ("binance_ltcusdt_1d", "open_time"),
        )
    }
    edits |= {f"equity/lean_{name}_1d_raw.csv": raised(PRICES, MULTI_CUT) for name in ("ibm", "spy")}
    edits |= {"equity/lean_aapl_1d_raw.csv": unsplit, "equity/lean_aapl_factors.csv": no_split}
    edits |= {f"fx/oanda_{name}_1d_bidask.csv": raised(QUOTES, MULTI_CUT) for name in ("eurusd", "gbpusd")}
    edits["commodity/oanda_xauusd_1d_bidask.csv"] = raised(QUOTES, MULTI_CUT)
    edits |= {
        f"crypto/coingecko_{coin}_daily.csv": raised(("market_cap",), MULTI_CUT, time="snapped_at")
        for coin in ("btc", "xrp", "ltc")
    }
    return altered("multi_asset", edits, fred_key=False)


def midnight(day):
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def moved(first, second, cut):
    """The columns that differ in rows after `cut`."""
    after = pl.col("timestamp") > midnight(cut)
    first, second = first.filter(after), second.filter(after)
    assert first["timestamp"].equals(second["timestamp"])
    return {name for name in first.columns if not first[name].equals(second[name], null_equal=True)}


def unmoved_features(first, second, cut):
    """Columns that have values and do not differ after `cut`: a perturbation that changes them not proves nothing."""
    values = [name for name in first.columns if first[name].dtype.is_float() and first[name].n_unique() > 1]
    return set(values) - moved(first, second, cut)


def test_bitcoins_features_up_to_the_cut_are_bit_identical(built, other_bitcoin, every_row):
    before = pl.col("timestamp") <= midnight(CUT)
    first, second = every_row(built).filter(before), every_row(other_bitcoin).filter(before)
    assert len(first) == 2479  # from 2014-09-17 to the cut
    differing = [name for name in first.columns if not first[name].equals(second[name], null_equal=True)]
    assert differing == []


def test_every_feature_of_bitcoin_sees_the_perturbation_afterwards(built, other_bitcoin, every_row):
    """Else the test above would pass on a build that reads nothing."""
    assert unmoved_features(every_row(built), every_row(other_bitcoin), CUT) == set()


def test_nine_assets_features_up_to_the_cut_are_bit_identical(built_multi, other_nine, every_row):
    before = pl.col("timestamp") <= midnight(MULTI_CUT)
    first, second = every_row(built_multi).filter(before), every_row(other_nine).filter(before)
    assert first["asset_symbol"].n_unique() == 9
    differing = [name for name in first.columns if not first[name].equals(second[name], null_equal=True)]
    assert differing == []


def test_every_feature_of_the_nine_sees_the_perturbation_afterwards(built_multi, other_nine, every_row):
    first, second = every_row(built_multi), every_row(other_nine)
    # the volumes of shares and coins were left as they were
    volume = {"volume", "volume_quote", "volume_ratio_20d", "volume_zscore_60d", "volume_trend_5d_60d"}
    assert unmoved_features(first, second, MULTI_CUT) - volume == set()
    for symbol in first["asset_symbol"].unique():
        own = pl.col("asset_symbol") == symbol
        assert {"price_close", "sma_20", "rsi_14"} <= moved(first.filter(own), second.filter(own), MULTI_CUT), symbol


def test_labels_move_from_ninety_days_before_the_cut_and_not_earlier(panel, other_bitcoin):
    perturbed = pl.read_parquet(other_bitcoin.folder / "panel.parquet")
    both = panel.join(perturbed, on="timestamp", suffix="_other").sort("timestamp")
    differing = both.filter(pl.col("target_price_90d") != pl.col("target_price_90d_other"))["timestamp"]
    # the close of 1 July 2021 is the target of 2 April
    assert differing.min() == datetime(2021, 4, 2, tzinfo=UTC)


def test_a_split_to_come_is_in_no_feature_and_in_every_target_beyond_it(built_multi, other_nine):
    """Apple's 4:1 split of 2020-08-31: a target across it is the same with the split and without."""
    across = (pl.col("asset_symbol") == "AAPL") & (pl.col("timestamp") == datetime(2020, 8, 28, tzinfo=UTC))
    with_split = pl.read_parquet(built_multi.folder / "panel.parquet").filter(across).row(0, named=True)
    without = pl.read_parquet(other_nine.folder / "panel.parquet").filter(across).row(0, named=True)
    assert without["price_close"] == pytest.approx(1.5 * with_split["price_close"])
    assert without["target_return_90d"] == pytest.approx(with_split["target_return_90d"], rel=1e-12)
