"""A catalogue of recorded files: what it serves, what it refuses, what `now` hides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foretune.errors import ConfigError
from foretune.origin import Origin
from foretune.sandbox.market import Funding, Ticker, epoch_ms
from foretune.sandbox.recorded import RecordedMarket
from foretune.sandbox.recorded_series import read_vintages


def at(day, hour=0):
    return datetime(2024, 3, day, hour, tzinfo=UTC)


def test_now_is_the_end_of_the_newest_bars_day(catalog):
    market = RecordedMarket(catalog)
    assert market.now == at(12)
    assert market.origin is Origin.RECORDED


def test_values_keep_their_characters(catalog):
    bar = RecordedMarket(catalog).bars("COIN")[1]
    assert bar == (epoch_ms(at(10)), "1.50", "1.80", "1.20", "1.650", "", "2e2")  # base volume is not recorded


def test_a_day_is_served_once_it_is_over(catalog):
    assert len(RecordedMarket(catalog, at(11, 23)).bars("COIN")) == 2
    assert len(RecordedMarket(catalog, at(12)).bars("COIN")) == 3


def test_two_sided_quotes_are_not_listed_as_candles(catalog):
    listing = RecordedMarket(catalog).listing
    assert listing.crypto == {"COIN": "COIN"}
    assert listing.equity == {"SHARE": "SHARE"}
    assert listing.fx == {"EUR/USD": "PAIR"}


def test_local_times_become_utc(catalog):
    rows = RecordedMarket(catalog).funding("COINUSDT")
    assert rows[0] == Funding(epoch_ms(at(11)), "0.00010")
    assert [row.time_ms for row in rows] == [epoch_ms(at(11)), epoch_ms(at(11, 8)), epoch_ms(at(12))]


def test_fred_values_wait_for_their_publication(catalog):
    market = RecordedMarket(catalog, at(12))
    # February's index is released during 12 March: known when that day is over
    assert [row.day for row in market.fred("CPIAUCSL")] == ["2023-12-01", "2024-01-01"]
    # Treasury yields appear by the next business day: three days fit a weekend
    assert [(row.day, row.value) for row in market.fred("DGS10")] == [
        ("2024-03-06", "4.11"),
        ("2024-03-07", ""),
        ("2024-03-08", "4.09"),
    ]
    assert [row.day for row in RecordedMarket(catalog, at(11)).fred("DGS10")] == ["2024-03-06", "2024-03-07"]


def test_a_release_calendar_is_served_as_recorded(catalog):
    market = RecordedMarket(catalog, at(10))
    assert market.file("CPIAUCSL.releases") == (catalog.parent / "cpi_releases.csv").read_bytes()
    assert market.listing.files == ("gold", "CPIAUCSL.releases", "google_trends.coin")


def test_files_have_one_header_and_no_day_that_is_not_over(catalog):
    assert RecordedMarket(catalog, at(11, 12)).file("gold") == b"date,value\n2024-03-10,2170.10\n"


def test_sentiment_is_out_at_midnight(catalog):
    assert [row.value for row in RecordedMarket(catalog, at(11)).fear_greed()] == ["70.0", "75.0"]


def test_a_ticker_has_what_was_recorded_and_nothing_else(catalog):
    assert RecordedMarket(catalog).ticker("linear", "COINUSDT") == Ticker(
        last="1.70",
        previous_24h="1.650",
        change_24h="0.030303",  # 1.70 / 1.65 - 1
        high_24h="1.70",
        low_24h="1.6",
        volume_24h="",
        turnover_24h="300",
        funding_rate="0.0003",
    )


def test_an_old_settlement_is_not_a_current_rate(catalog, tmp_path):
    (tmp_path / "funding.csv").write_text("at,rate\n2024-03-10 03:00:00,0.0001\n")
    assert RecordedMarket(catalog).ticker("linear", "COINUSDT").funding_rate == ""


def test_a_mid_price_is_half_of_bid_and_ask_exactly_and_monday_begins_on_sunday_evening(catalog):
    (monday,) = RecordedMarket(catalog).bars("PAIR")
    # the 10th was a Sunday: its open 1.08135 is (1.08125 + 1.08145) / 2, its low 1.08005 the lower one;
    # high 1.1002 and close 1.09505 are Monday's; quotes have no volume
    assert monday == (epoch_ms(at(11)), "1.08135", "1.1002", "1.08005", "1.09505", "", "")
    assert RecordedMarket(catalog, at(11, 23)).bars("PAIR") == ()


@pytest.mark.parametrize("days", [(10,), (10, 12), (9, 10)])
def test_a_sunday_without_its_monday_is_left_out(catalog, tmp_path, days):
    head, *_ = (tmp_path / "pair.csv").read_text().splitlines()
    rows = [f"2024-03-{day:02},1,1,1,1,1,1,1,1" for day in days]
    (tmp_path / "pair.csv").write_text("\n".join([head, *rows]) + "\n")
    served = [bar.time_ms for bar in RecordedMarket(catalog).bars("PAIR")]
    assert served == [epoch_ms(at(day)) for day in days if day != 10]


def test_other_days_of_a_pair_are_served_as_recorded(catalog, tmp_path):
    head, *_ = (tmp_path / "pair.csv").read_text().splitlines()
    week = [f"2024-03-{day:02}" + f",1.{day}" * 8 for day in range(4, 9)]
    (tmp_path / "pair.csv").write_text("\n".join([head, *week]) + "\n")
    assert [bar.close for bar in RecordedMarket(catalog).bars("PAIR")] == ["1.4", "1.5", "1.6", "1.7", "1.8"]


def test_a_coin_has_its_sundays(catalog):
    assert [bar.time_ms for bar in RecordedMarket(catalog).bars("COIN")] == [epoch_ms(at(day)) for day in (9, 10, 11)]


def test_a_split_takes_effect_on_the_session_after_its_row(catalog):
    # Friday 8 March is the last day of the old shares, Monday 11 March the first of the new
    assert RecordedMarket(catalog).splits("SHARE") == [("2024-03-11", "7")]
    assert RecordedMarket(catalog, at(10, 23)).splits("SHARE") == []
    assert RecordedMarket(catalog).listing.splits == ("SHARE",)


def test_factors_that_are_no_ratio_of_shares_are_refused(catalog, tmp_path):
    (tmp_path / "share_factors.csv").write_text("date,split_factor\n20240307,0.93\n20240308,1\n20501231,1\n")
    with pytest.raises(ConfigError, match=r"share_factors\.csv: split factors change by 1\.0752"):
        RecordedMarket(catalog).splits("SHARE")


@pytest.mark.parametrize(
    ("before", "after", "factor"), [("0.5", "1", "2"), ("0.66666", "1", "1.5"), ("10", "1", "0.1"), ("1", "20", "20")]
)
def test_a_ratio_of_shares_is_written_exactly(catalog, tmp_path, before, after, factor):
    rows = f"date,split_factor\n20240301,{before}\n20240307,{before}\n20501231,{after}\n"
    (tmp_path / "share_factors.csv").write_text(rows)
    assert RecordedMarket(catalog).splits("SHARE") == [("2024-03-08", factor)]


def test_a_vintage_counts_as_published_when_its_quarter_is_over(catalog):
    market = RecordedMarket(catalog, at(10))  # in the first quarter of 2024
    assert market.fred_vintages("GDPC1") == [
        ("2023-04-01", "2023-12-31", "24"),
        ("2023-07-01", "2023-12-31", "25.00"),
    ]
    assert market.listing.vintages == ("GDPC1",)
    with pytest.raises(KeyError):
        market.fred_vintages("DGS10")


def test_a_vintage_repeats_only_what_it_changed(catalog):
    assert read_vintages(catalog.parent / "gdp_vintages.csv")[2:] == (
        ("2023-04-01", "2024-03-31", "24.1"),
        ("2023-10-01", "2024-03-31", "25.3"),
    )


def test_a_vintage_that_is_no_quarter_is_named(catalog, tmp_path):
    (tmp_path / "gdp_vintages.csv").write_text("observation_quarter_start,vintage,value\n2023-07-01,2023-12,1\n")
    with pytest.raises(ConfigError, match="vintage '2023-12' is not a quarter"):
        RecordedMarket(catalog).fred_vintages("GDPC1")


def test_daily_points_keep_their_stamp_and_their_characters(catalog):
    assert RecordedMarket(catalog, at(11)).chart("coin") == (
        (epoch_ms(at(10)), "1.10", "0.0", "5"),  # a market cap of 0 stays what was sent
        (epoch_ms(at(11)), "1.650", "", "6.50"),
    )


def test_a_daily_point_that_is_no_number_is_named(catalog, tmp_path):
    (tmp_path / "chart.csv").write_text("at,price,cap,volume\n2024-03-10 00:00:00 UTC,n/a,1,1\n")
    with pytest.raises(ConfigError, match=r"chart\.csv: 'n/a' is not a number"):
        RecordedMarket(catalog).chart("coin")


def test_a_week_of_news_is_out_when_the_week_is_over(catalog):
    week = epoch_ms(datetime(2024, 2, 26, tzinfo=UTC)) // 1000
    assert RecordedMarket(catalog, at(10, 23)).news("coin") == [(week, "-1.50", "12", "")]
    assert len(RecordedMarket(catalog, at(11)).news("coin")) == 2
    assert RecordedMarket(catalog).listing.news == {"coin": "week"}


def test_search_interest_is_a_download_without_the_running_month(catalog):
    lines = RecordedMarket(catalog).file("google_trends.coin").decode().splitlines()
    assert lines == ["Category: All categories", "", "Month,coin: (Worldwide)", "2024-01,40", "2024-02,<1"]


def test_what_was_not_recorded_is_in_no_listing(catalog):
    market = RecordedMarket(catalog)
    assert (market.listing.open_interest, market.listing.articles) == ((), ())
    for ask in (market.open_interest, market.articles):
        with pytest.raises(KeyError):
            ask("coin")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bid_low: bl, ", "", r"bars\.PAIR\.columns: 'bid_low' is required"),
        ("shift: -1d,", "shift: 1d,", r"'coingecko\.market_chart\.coin\.shift'"),
        ("period: 1mo", "period: 1y", r"'google_trends\.coin\.period'"),
        ("vintages: gdp_vintages.csv", "vintages: no.csv", r"fred\.GDPC1\.vintages: no file"),
        ("factors: share_factors.csv", "factors: no.csv", r"bars\.SHARE\.factors: no file"),
        ("tone: tone, ", "", r"gdelt\.timelinetone\.coin\.columns: 'tone' is required"),
        ("file: coin.csv", "file: coins.csv", r"bars\.COIN: no file .*coins\.csv"),
        ("close: close, volume_quote", "close: last, volume_quote", r"coin\.csv has no column 'last' \(it has date"),
        ("{COINUSDT: COIN}", "{COINUSDT: KOIN}", r"bybit\.kline\.linear\.COINUSDT: there is no bar table 'KOIN'"),
        ("value: close}", "val: close}", r"files\.gold\.columns: 'value' is required"),
        ("releases: cpi_releases.csv", "releases: no.csv", r"fred\.CPIAUCSL\.releases: no file"),
        ("releases:", "release:", r"unknown key 'fred\.CPIAUCSL\.release'; did you mean 'releases'\?"),
        ("fred:", "freds:", r"unknown key 'freds'; did you mean 'fred'\?"),
    ],
)
def test_what_the_catalogue_names_must_be_there(catalog, old, new, said):
    catalog.write_text(catalog.read_text().replace(old, new))
    with pytest.raises(ConfigError, match=said):
        RecordedMarket(catalog)


@pytest.mark.parametrize(
    "rows", ["2024-03-10,1,1,1,1,1\n2024-03-10,1,1,1,1,1\n", "2024-03-10,1,1,1,1,1\n2024-03-09,1,1,1,1,1\n"]
)
def test_times_must_ascend(catalog, tmp_path, rows):
    (tmp_path / "coin.csv").write_text("date,open,high,low,close,volume\n" + rows)
    with pytest.raises(ConfigError, match=r"coin\.csv: times must ascend"):
        RecordedMarket(catalog)


def test_a_time_that_is_none_is_named(catalog, tmp_path):
    (tmp_path / "coin.csv").write_text("date,open,high,low,close,volume\nnoon,1,1,1,1,1\n")
    with pytest.raises(ConfigError, match=r"coin\.csv: 'noon' is not a time"):
        RecordedMarket(catalog)


@pytest.mark.parametrize("now", [datetime(2024, 3, 10), at(13)])
def test_a_now_without_zone_or_after_the_recording_is_refused(catalog, now):
    with pytest.raises(ConfigError, match="now="):
        RecordedMarket(catalog, now)
