"""Bodies of providers into facts: clocks, missing values, and what is turned away."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from foretune.errors import ConfigError, MalformedResponse
from foretune.origin import Origin
from foretune.sources.response import RawResponse
from foretune.tables.readers.alphavantage import read_daily, read_splits
from foretune.tables.readers.alternative_me import read_fear_greed
from foretune.tables.readers.bybit import read_funding, read_klines, read_open_interest
from foretune.tables.readers.series import read_daily_file, read_fred_graph, read_release_dates
from foretune.tables.release_calendar import rule_for


def body(content: object, provider: str = "bybit") -> RawResponse:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return RawResponse(provider, "/x", {}, data, datetime(2024, 6, 1, tzinfo=UTC), Origin.RECORDED)


def ms(*ymd: int) -> str:
    return str(int(datetime(*ymd, tzinfo=UTC).timestamp() * 1000))


def klines(*rows: list[str], server: str = ms(2024, 1, 4)) -> RawResponse:
    return body({"retCode": 0, "result": {"list": list(rows)}, "time": int(server)})


def test_a_kline_is_known_at_its_close():
    found = read_klines(
        [klines([ms(2024, 1, 2), "10", "12", "9", "11", "5", "55"])], symbol="BTC-USD", asset_class="crypto"
    )
    row = found.rows.row(0, named=True)
    assert row["event_at"] == datetime(2024, 1, 2, tzinfo=UTC)
    assert row["known_at"] == datetime(2024, 1, 3, tzinfo=UTC)
    assert (row["open"], row["high"], row["low"], row["close"]) == (10, 12, 9, 11)
    assert (row["volume"], row["volume_quote"], row["origin"]) == (5, 55, "recorded")


def test_an_inverse_market_counts_volume_in_dollars_and_turnover_in_coins():
    # 550,000 USD at about 11,000 are 50 coins
    page = klines([ms(2024, 1, 2), "10000", "12000", "9000", "11000", "550000", "50"])
    for category, volume, quote in (("inverse", 50, 550_000), ("linear", 550_000, 50), ("spot", 550_000, 50)):
        found = read_klines([page], symbol="BTC-USD", asset_class="crypto", category=category)
        assert found.rows.select("volume", "volume_quote").row(0) == (volume, quote)


def test_the_running_candle_is_turned_away():
    pages = [
        klines([ms(2024, 1, 4), "10", "12", "9", "11", "5", "55"], [ms(2024, 1, 3), "10", "12", "9", "11", "5", "55"])
    ]
    found = read_klines(pages, symbol="BTC-USD", asset_class="crypto")
    assert found.rows["event_at"].to_list() == [datetime(2024, 1, 3, tzinfo=UTC)]
    assert found.rejected["reason"].to_list() == ["unfinished candle"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([ms(2024, 1, 2), "10", "12", "9", "", "5", "55"], "close nullability"),
        ([ms(2024, 1, 2), "10", "12", "9", "abc", "5", "55"], "close nullability"),
        ([ms(2024, 1, 2), "10", "12", "9", "NaN", "5", "55"], "close nan"),
        ([ms(2024, 1, 2), "10", "12", "9", "13", "5", "55"], "low_and_high_bound_open_and_close"),
        ([ms(2024, 1, 2), "10", "12", "0", "11", "5", "55"], "low min_exclusive"),
        (["soon", "10", "12", "9", "11", "5", "55"], "event_at nullability"),
    ],
)
def test_an_impossible_bar_is_kept_aside_with_its_text_and_reason(row, reason):
    good = [ms(2024, 1, 1), "10", "12", "9", "11", "", ""]
    found = read_klines([klines(row, good)], symbol="BTC-USD", asset_class="crypto")
    assert len(found.rows) == 1
    assert found.rows["volume"][0] is None  # an empty volume is unknown, not zero
    (rejected,) = found.rejected.iter_rows(named=True)
    assert reason in rejected["reason"]
    assert rejected["raw"] == ",".join(row)


def test_two_different_bars_for_one_day_are_both_turned_away():
    first, second = (
        [ms(2024, 1, 2), "10", "12", "9", "11", "5", "55"],
        [ms(2024, 1, 2), "10", "12", "9", "11.5", "5", "55"],
    )
    found = read_klines([klines(first), klines(second)], symbol="BTC-USD", asset_class="crypto")
    assert found.rows.is_empty()
    assert found.rejected["reason"].to_list() == ["primary_key", "primary_key"]


def test_the_same_bar_on_two_pages_is_one_fact():
    page = klines([ms(2024, 1, 2), "10", "12", "9", "11", "5", "55"])
    assert len(read_klines([page, page], symbol="BTC-USD", asset_class="crypto").rows) == 1


@pytest.mark.parametrize(
    "content", [{}, {"result": {}}, {"result": {"list": [["1"]]}, "time": 1}, {"result": {"list": []}}, []]
)
def test_a_body_of_another_shape_is_malformed(content):
    with pytest.raises(MalformedResponse):
        read_klines([body(content)], symbol="BTC-USD", asset_class="crypto")


def test_funding_with_an_empty_rate_is_turned_away():
    rows = [
        {"fundingRateTimestamp": ms(2024, 1, 1, 8), "fundingRate": "0.0001"},
        {"fundingRateTimestamp": ms(2024, 1, 1), "fundingRate": ""},
    ]
    found = read_funding([body({"result": {"list": rows}})])
    assert found.rows["value"].to_list() == [0.0001]
    assert len(found.rejected) == 1


def test_fred_writes_a_holiday_as_a_dot_or_as_nothing():
    csv = b"observation_date,DGS10\n2024-05-01,4.39\n2024-05-02,.\n2024-05-03,\n2024-05-06,x\n"
    found = read_fred_graph(body(csv, "fred"), series="DGS10", rule=rule_for("DGS10"))
    assert found.rows["value"].to_list() == [4.39]
    assert found.rejected["raw"].to_list() == ["2024-05-06,x"]


def test_fred_html_or_another_series_is_malformed():
    for csv in (b"<html>blocked</html>", b"observation_date,DGS2\n2024-05-01,4.39\n"):
        with pytest.raises(MalformedResponse, match="DGS10"):
            read_fred_graph(body(csv, "fred"), series="DGS10", rule=rule_for("DGS10"))


def test_a_daily_close_is_known_at_midnight_and_may_be_negative():
    found = read_daily_file(body(b"date,value\n2020-04-20,-36.98\n", "files"), series="oil_price")
    row = found.rows.row(0, named=True)
    assert (row["value"], row["known_at"], row["basis"]) == (-36.98, datetime(2020, 4, 21, tzinfo=UTC), "close")


def test_a_daily_close_of_a_day_that_was_not_over_is_turned_away():
    # fetched on 2024-06-01 at 00:00: the close of 31 May is known that very moment, that of 1 June is not
    found = read_daily_file(body(b"date,value\n2024-05-31,1\n2024-06-01,2\n", "files"), series="oil_price")
    assert found.rows["value"].to_list() == [1]
    assert found.rejected.rows() == [("observations", "2024-06-01,2", "unfinished candle")]


def test_monthly_values_are_no_daily_closes():
    csv = b"date,value\n2023-01-01,1\n2023-02-01,2\n2023-03-01,3\n2023-04-01,4\n"
    with pytest.raises(ConfigError, match=r"\(cpi_yoy\): rows are 31 days apart .* known_after_days"):
        read_daily_file(body(csv, "files"), series="cpi_yoy")


def test_release_dates():
    csv = b"release_date,reference_month\n2024-02-13,2024-01\n"
    assert read_release_dates(body(csv, "files")) == {date(2024, 1, 1): date(2024, 2, 13)}
    with pytest.raises(MalformedResponse, match="2024-01 has two release dates"):
        read_release_dates(body(csv + b"2024-02-14,2024-01\n", "files"))
    with pytest.raises(MalformedResponse, match="release_date,reference_month"):
        read_release_dates(body(b"when,what\n1,2\n", "files"))


def test_fear_and_greed_is_text_in_seconds_and_known_after_midnight():
    rows = [{"value": "42", "timestamp": ms(2024, 1, 2)[:-3]}, {"value": "420", "timestamp": ms(2024, 1, 1)[:-3]}]
    found = read_fear_greed(body({"data": rows, "metadata": {"error": None}}, "alternative_me"))
    assert found.rows["value"].to_list() == [42]
    assert found.rows["known_at"].to_list() == [datetime(2024, 1, 2, 1, tzinfo=UTC)]
    assert len(found.rejected) == 1  # 420 is outside 0-100


@pytest.mark.parametrize("name", ["4. close", "4a. close (USD)"])
def test_alpha_vantage_in_todays_and_the_former_shape(name):
    prefix = "a" if "a." in name else ""
    unit = " (USD)" if prefix else ""
    cells = {f"{i}{prefix}. {field}{unit}": "10" for i, field in enumerate(("open", "high", "low"), 1)} | {
        name: "10",
        "5. volume": "3",
    }
    found = read_daily(
        body({"Time Series (Digital Currency Daily)": {"2024-01-02": cells}}), symbol="BTC-USD", asset_class="crypto"
    )
    assert found.rows["close"].to_list() == [10]


def test_alpha_vantage_without_a_close_is_turned_away_never_zero():
    cells = {"1. open": "10", "2. high": "10", "3. low": "10", "5. volume": "3"}
    found = read_daily(body({"Time Series (Daily)": {"2024-01-02": cells}}), symbol="SPX", asset_class="equity")
    assert found.rows.is_empty()
    assert "close" in found.rejected["reason"][0]


def test_fx_has_no_volume_which_is_unknown_and_not_zero():
    cells = {"1. open": "1.10", "2. high": "1.11", "3. low": "1.09", "4. close": "1.10"}
    found = read_daily(body({"Time Series FX (Daily)": {"2024-01-02": cells}}), symbol="EUR-USD", asset_class="fx")
    assert found.rows.select("close", "volume").row(0) == (1.10, None)


def test_a_split_is_new_shares_for_one_old_from_its_day_on():
    rows = [
        {"effective_date": "2020-08-31", "split_factor": "4.0000"},
        {"effective_date": "2014-06-09", "split_factor": "7.0000"},
    ]
    found = read_splits(body({"symbol": "AAPL", "data": rows}, "alphavantage"), symbol="AAPL")
    assert found.rows.select("symbol", "event_at", "ratio").rows() == [
        ("AAPL", datetime(2014, 6, 9, tzinfo=UTC), 7.0),
        ("AAPL", datetime(2020, 8, 31, tzinfo=UTC), 4.0),
    ]


@pytest.mark.parametrize(("day", "factor"), [("soon", "4"), ("2020-08-31", "0"), ("2020-08-31", ""), ("", "4")])
def test_a_split_without_day_or_ratio_is_turned_away(day, factor):
    content = {"data": [{"effective_date": day, "split_factor": factor}]}
    found = read_splits(body(content, "alphavantage"), symbol="AAPL")
    assert found.rows.is_empty()
    assert found.rejected["raw"].to_list() == [f"{day},{factor}"]


def test_no_split_is_no_row_and_another_shape_is_malformed():
    assert read_splits(body({"data": []}), symbol="AAPL").rows.is_empty()
    for content in ({}, [], {"data": ["x"]}, {"data": {}}):
        with pytest.raises(MalformedResponse):
            read_splits(body(content), symbol="AAPL")


def test_open_interest_is_known_at_its_stamp_and_counts_both_sides():
    rows = [
        {"openInterest": "63910691.5", "singleOpenInterest": "31955345.75", "timestamp": ms(2024, 1, 2)},
        {"openInterest": "", "timestamp": ms(2024, 1, 1)},
        {"openInterest": "-1", "timestamp": ms(2024, 1, 3)},
    ]
    found = read_open_interest([body({"result": {"list": rows}})] * 2)
    (row,) = found.rows.iter_rows(named=True)
    assert row["event_at"] == row["known_at"] == datetime(2024, 1, 2, tzinfo=UTC)
    assert (row["series"], row["value"], row["basis"]) == ("open_interest", 63910691.5, "published")
    assert len(found.rejected) == 2
