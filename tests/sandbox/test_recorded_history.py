"""The recorded history over real HTTP equals its files, character by character."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

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
