"""A catalogue of recorded files: what it serves, what it refuses, what `now` hides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foretune.errors import ConfigError
from foretune.origin import Origin
from foretune.sandbox.market import Funding, Ticker, epoch_ms
from foretune.sandbox.recorded import RecordedMarket

CATALOG = """
bars:
  COIN: {asset_class: crypto, file: coin.csv, stamp: open,
         columns: {time: date, open: open, high: high, low: low, close: close, volume_quote: volume}}
  PAIR: {asset_class: fx, file: pair.csv, quotes: bid_ask, columns: {time: date, bid_close: bid_close}}
alphavantage:
  DIGITAL_CURRENCY_DAILY: {COIN: COIN}
  FX_DAILY: {EUR/USD: PAIR}
bybit:
  kline: {linear: {COINUSDT: COIN}}
  funding_history: {COINUSDT: {file: funding.csv, utc_offset: "+03:00", columns: {time: at, rate: rate}}}
fred:
  CPIAUCSL: {file: cpi.csv, releases: cpi_releases.csv}
  DGS10: {file: dgs10.csv}
files:
  gold: {file: gold.csv, columns: {time: day, value: close}}
alternative_me:
  fng: {file: fng.csv, columns: {time: ts, value: value, classification: label}}
news: {anything: {file: not_served.csv}}
"""

FILES = {
    # characters that a float would not keep
    "coin.csv": "date,open,high,low,close,volume\n"
    "2024-03-09,1.10,2.0,1.0,1.50,100\n"
    "2024-03-10,1.50,1.80,1.20,1.650,2e2\n"
    "2024-03-11,1.65,1.70,1.6,1.70,300\n",
    "pair.csv": "date,bid_close\n2024-03-10,1.09\n",
    "funding.csv": "at,rate\n2024-03-11 03:00:00,0.00010\n2024-03-11 11:00:00,-0.0002\n2024-03-12 03:00:00,0.0003\n",
    "cpi.csv": "date,value\n2023-12-01,308.7\n2024-01-01,309.7\n2024-02-01,311.1\n",
    "cpi_releases.csv": "release_date,reference_month\n2024-02-13,2024-01\n2024-03-12,2024-02\n",
    "dgs10.csv": "date,value\n2024-03-06,4.11\n2024-03-07,\n2024-03-08,4.09\n",
    "gold.csv": "day,close\n2024-03-10,2170.10\n2024-03-11,2180\n",
    "fng.csv": "ts,value,label\n1710028800,70.0,Greed\n1710115200,75.0,Greed\n1710201600,80.0,Extreme Greed\n",
}


@pytest.fixture
def catalog(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    path = tmp_path / "catalog.yaml"
    path.write_text(CATALOG)
    return path


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
    assert listing.equity == {}


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
    assert market.file("CPIAUCSL.releases") == FILES["cpi_releases.csv"].encode()
    assert market.listing.files == ("gold", "CPIAUCSL.releases")


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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
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
    catalog.write_text(CATALOG.replace(old, new))
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
