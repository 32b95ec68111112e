"""The recorded history over real HTTP equals its files, character by character."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx2
import pytest

from foretune.sandbox.server import Sandbox

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def get(recorded):
    with Sandbox(recorded) as sandbox, httpx2.Client(trust_env=False) as client:

        def ask(path, **query):
            response = client.get(f"{sandbox.root}/{path}", params=query)
            assert response.headers["X-Foretune-Origin"] == "recorded"
            return response.text

        yield ask


def rows_of(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_ten_years_of_bitcoin(get, data_root):
    served, end = [], 2_000_000_000_000
    query = {"category": "linear", "symbol": "BTCUSDT", "interval": "D", "limit": 1000}
    while page := json.loads(get("bybit/v5/market/kline", **query, end=end))["result"]["list"]:
        served += page
        end = int(page[-1][0]) - 1

    expected = [
        [
            str(int(datetime.fromisoformat(row["date"]).replace(tzinfo=UTC).timestamp() * 1000)),
            *(row[name] for name in ("open", "high", "low", "close")),
            "",  # only the money volume is recorded
            row["volume"],
        ]
        for row in rows_of(data_root / "crypto/yahoo_btcusd_1d.csv")
    ]
    assert served[::-1] == expected
    assert len(served) == 3759


def test_apple_at_alpha_vantage(get, data_root):
    query = {"function": "TIME_SERIES_DAILY", "symbol": "AAPL", "outputsize": "full", "apikey": "k"}
    series = json.loads(get("alphavantage/query", **query))["Time Series (Daily)"]
    expected = {
        row["date"]: [row[name] for name in ("open", "high", "low", "close", "volume")]
        for row in rows_of(data_root / "equity/lean_aapl_1d_raw.csv")
    }
    assert {day: list(cells.values()) for day, cells in series.items()} == expected


def test_fred_ten_year_yield_and_its_holidays(get, data_root):
    lines = get("fred/graph/fredgraph.csv", id="DGS10", cosd="2024-12-23", coed="2024-12-31").splitlines()
    recorded = {row["date"]: row["value"] for row in rows_of(data_root / "macro/fred_DGS10.csv")}
    assert lines[1:] == [f"2024-12-{day},{recorded[f'2024-12-{day}'] or '.'}" for day in ("23", "24", "25", "26", "27")]
    assert "2024-12-25,." in lines


def test_consumer_prices_end_with_what_was_released_in_2024(get):
    assert get("fred/graph/fredgraph.csv", id="CPIAUCSL").splitlines()[-1] == "2024-11-01,316.449"


def test_ethereum_funding_is_settled_at_utc_hours(get):
    body = json.loads(get("bybit/v5/market/funding/history", category="linear", symbol="ETHUSDT", limit=3))
    hours = [int(row["fundingRateTimestamp"]) // 3_600_000 % 24 for row in body["result"]["list"]]
    assert hours == [16, 8, 0]


def test_half_a_day_of_minutes(get):
    body = json.loads(get("bybit/v5/market/kline", symbol="BTCUSDT", interval="1", limit=1000))
    rows = body["result"]["list"]
    assert len(rows) == 721
    assert rows[-1] == ["1670889600000", "17194", "17199.5", "17193.5", "17199", "78.677", ""]


def test_the_whole_fear_and_greed_history(get):
    data = json.loads(get("alternative_me/fng/", limit=0))["data"]
    assert len(data) == 2522
    assert data[0] == {
        "value": "64.0",
        "value_classification": "Greed",
        "timestamp": "1735603200",
        "time_until_update": "86400",
    }


def test_euro_prices_are_the_middle_of_the_recorded_quotes(get, data_root):
    query = {"function": "FX_DAILY", "from_symbol": "EUR", "to_symbol": "USD", "outputsize": "full", "apikey": "k"}
    series = json.loads(get("alphavantage/query", **query))["Time Series FX (Daily)"]
    quotes = {date.fromisoformat(row["date"]): row for row in rows_of(data_root / "fx/oanda_eurusd_1d_bidask.csv")}
    days = [date.fromisoformat(day) for day in series]
    assert set(days) == {day for day in quotes if day.isoweekday() <= 5}
    assert len(days) == 3118  # 3738 recorded days, 620 of them Sundays

    def middle(day, side):
        return (Decimal(quotes[day][f"bid_{side}"]) + Decimal(quotes[day][f"ask_{side}"])) / 2

    for day, cells in zip(days, series.values(), strict=True):
        # Monday's session begins on Sunday evening
        evening = day - timedelta(days=1)
        session = [evening, day] if day.isoweekday() == 1 and evening in quotes else [day]
        assert {name.split(". ")[1]: Decimal(price) for name, price in cells.items()} == {
            "open": middle(session[0], "open"),
            "high": max(middle(part, "high") for part in session),
            "low": min(middle(part, "low") for part in session),
            "close": middle(day, "close"),
        }


@pytest.mark.parametrize(
    ("symbol", "splits"),
    [
        # as the companies and funds announced them
        ("AAPL", [("2020-08-31", "4"), ("2014-06-09", "7"), ("2005-02-28", "2"), ("2000-06-21", "2")]),
        ("BAC", [("2004-08-30", "2")]),
        ("IBM", [("1999-05-27", "2")]),
        ("IWM", [("2005-06-09", "2")]),
        ("SPY", []),
    ],
)
def test_share_splits(get, symbol, splits):
    body = json.loads(get("alphavantage/query", function="SPLITS", symbol=symbol, apikey="k"))
    assert [(row["effective_date"], row["split_factor"]) for row in body["data"]] == splits


def test_eleven_years_of_bitcoin_at_coingecko(get, data_root):
    query = {"vs_currency": "usd", "days": "max", "interval": "daily", "x_cg_demo_api_key": "k"}
    text = get("coingecko/api/v3/coins/bitcoin/market_chart", **query)
    recorded = rows_of(data_root / "crypto/coingecko_btc_daily.csv")
    stamps = [
        int(datetime.fromisoformat(row["snapped_at"].replace(" UTC", "+00:00")).timestamp() * 1000) for row in recorded
    ]
    # as text: a float would not keep the file's digits
    for name, column in (("prices", "price"), ("market_caps", "market_cap"), ("total_volumes", "total_volume")):
        pairs = ",".join(f"[{at},{row[column] or 'null'}]" for at, row in zip(stamps, recorded, strict=True))
        assert f'"{name}":[{pairs}]' in text
    assert len(recorded) == 4264


def test_a_daily_point_of_coingecko_is_the_close_of_the_day_before(get):
    query = {"vs_currency": "usd", "days": "365"}
    points = dict(json.loads(get("coingecko/api/v3/coins/bitcoin/market_chart", **query))["prices"])
    rows = json.loads(get("bybit/v5/market/kline", symbol="BTCUSDT", interval="D", limit=300))["result"]["list"]
    closes = {int(row[0]): float(row[4]) for row in rows}
    nearer = [
        abs(points[at + 86_400_000] / close - 1) < abs(points[at] / close - 1)
        for at, close in closes.items()
        if at + 86_400_000 in points
    ]
    assert sum(nearer) / len(nearer) > 0.9


def test_weekly_news_of_six_years(get, data_root):
    query = {"query": "(bitcoin OR btc)", "format": "json", "startdatetime": "20180101000000"}
    tones = json.loads(get("gdelt/api/v2/doc/doc", mode="timelinetone", **query), parse_float=str)
    counts = json.loads(get("gdelt/api/v2/doc/doc", mode="timelinevolraw", **query), parse_int=str)
    recorded = rows_of(data_root / "sentiment/gdelt_crypto_weekly_tone.csv")[:-1]  # the last week runs into 2025
    assert [row["value"] for row in tones["timeline"][0]["data"]] == [row["S_gdelt_raw"] for row in recorded]
    assert counts["timeline"][0]["data"] == [
        {"date": f"{row['week_start'][:10].replace('-', '')}T000000Z", "value": row["total_articles"]}
        for row in recorded
    ]


def test_gross_domestic_product_as_it_was_known(get, data_root):
    query = {"series_id": "GDPC1", "api_key": "0" * 32, "file_type": "json"}

    def known(day):
        body = json.loads(get("fred_api/fred/series/observations", **query, realtime_start=day, realtime_end=day))
        return {row["date"]: row["value"] for row in body["observations"]}

    recorded = rows_of(data_root / "macro/us_gdp_real_vintages.csv")
    for vintage, eve, last in (("2008q4", "2008-12-30", "2008-12-31"), ("2020q3", "2020-09-29", "2020-09-30")):
        expected = {row["observation_quarter_start"]: row["value"] for row in recorded if row["vintage"] == vintage}
        assert known(last) == expected
        assert known(eve) != expected


def test_search_interest_is_a_download_of_132_months(get):
    lines = get("files/google_trends.bitcoin.csv").splitlines()
    assert lines[2:4] == ["Month,bitcoin: (Worldwide)", "2014-01,8"]
    assert len(lines) == 3 + 132
