"""Whatever arrives, a reader gives rows, rejected rows or MalformedResponse, and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretune.errors import ConfigError, MalformedResponse
from foretune.tables.readers.alphavantage import read_daily, read_splits
from foretune.tables.readers.alternative_me import read_fear_greed
from foretune.tables.readers.bybit import read_funding, read_klines, read_open_interest
from foretune.tables.readers.coingecko import read_market_chart
from foretune.tables.readers.fred_api import read_fred_vintages
from foretune.tables.readers.gdelt import read_tone, read_volume
from foretune.tables.readers.gdelt_articles import read_articles
from foretune.tables.readers.google_trends import read_trends_csv
from foretune.tables.readers.mapped import read_mapped_bars, read_mapped_series
from foretune.tables.readers.series import read_daily_file, read_fred_graph, read_release_dates
from foretune.tables.release_calendar import rule_for
from foretune.tables.schemas import Validated

COLUMNS = {"time": "date", "open": "value", "high": "value", "low": "value", "close": "value"}
READERS = {
    "alphavantage": lambda body: read_daily(body, symbol="X", asset_class="crypto"),
    "alphavantage splits": lambda body: read_splits(body, symbol="X"),
    "alternative_me": read_fear_greed,
    "bybit klines": lambda body: read_klines([body], symbol="X", asset_class="crypto"),
    "bybit funding": lambda body: read_funding([body]),
    "bybit open interest": lambda body: read_open_interest([body]),
    "coingecko": lambda body: read_market_chart([body], field="market_cap"),
    "fred_api": lambda body: read_fred_vintages([body], series="CPIAUCSL"),
    "fred_api, undeclared": lambda body: read_fred_vintages([body], series="X"),
    "gdelt tone": lambda body: read_tone([body]),
    "gdelt volume": lambda body: read_volume([body]),
    "gdelt articles": lambda body: read_articles([body]),
    "fred": lambda body: read_fred_graph(body, series="value", rule=rule_for("DGS10")),
    "daily file": lambda body: read_daily_file(body, series="x"),
    "release dates": read_release_dates,
    "google_trends": lambda body: read_trends_csv(body, "value"),
    "mapped bars": lambda body: read_mapped_bars(body, COLUMNS, "X", "fx"),
    "mapped series": lambda body: read_mapped_series(body, {"time": "date", "value": "value"}, "x", timedelta(1)),
}

# what providers send, mixed up: their keys, numbers as text, times of every kind, and holes
words = st.sampled_from(
    [
        "",
        ".",
        "<1",
        "2024-01-01",
        "1704067200000",
        "1704067200",
        "20240101T000000Z",
        "-1",
        "1e400",
        "nan",
        "9" * 30,
        "x",
    ]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
KEYS = """result list time data value timestamp metadata observations date realtime_start timeline query_details
date_resolution articles seendate url title prices market_caps openInterest fundingRate fundingRateTimestamp
effective_date split_factor"""
keys = st.sampled_from([*KEYS.split(), "Time Series (Daily)", "4. close"])
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
points = st.lists(st.dictionaries(keys, leaves, max_size=6), max_size=4)
bodies = trees | st.one_of(
    points.map(lambda rows: {"result": {"list": rows}, "time": 1_704_067_200_000}),
    st.lists(st.lists(leaves, min_size=7, max_size=7), max_size=3).map(
        lambda rows: {"result": {"list": rows}, "time": 1_704_067_200_000}
    ),
    points.map(lambda rows: {"data": rows}),
    points.map(lambda rows: {"observations": rows}),
    points.map(lambda rows: {"articles": rows}),
    st.tuples(points, st.sampled_from(["15m", "hour", "day", "week"])).map(
        lambda both: {"query_details": {"date_resolution": both[1]}, "timeline": [{"data": both[0]}]}
    ),
    st.lists(st.tuples(leaves, leaves), max_size=4).map(lambda rows: {"prices": rows, "market_caps": rows}),
    st.dictionaries(words, st.dictionaries(st.sampled_from(["1. open", "4. close"]), leaves), max_size=3).map(
        lambda days: {"Time Series (Daily)": days}
    ),
)
cells = st.lists(words, min_size=1, max_size=3).map(",".join)
tables = st.tuples(
    st.sampled_from(["date,value", "observation_date,value", "Month,value: (X)", "release_date,reference_month"])
    | cells,
    st.lists(cells, max_size=6),
).map(lambda both: "\n".join([both[0], *both[1]]).encode())
anything = st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode()) | tables


def settled(read, response):
    """Read, and if it is read then every row is accounted for."""
    try:
        found = read(response)
    except (MalformedResponse, ConfigError):
        return
    if isinstance(found, Validated):
        assert isinstance(found.rows, pl.DataFrame)
        assert found.rejected["reason"].str.len_chars().min() != 0


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=bodies)
def test_json_of_any_shape_is_read_or_refused(answer, name, content):
    settled(READERS[name], answer(json.dumps(content).encode(), "x"))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=anything)
def test_bytes_of_any_kind_are_read_or_refused(answer, name, content):
    settled(READERS[name], answer(content, "x"))
