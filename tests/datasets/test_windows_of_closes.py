"""Windows of closes: the right closes, in the right units, nothing after the decision, none across a gap."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from foretune.datasets.windows import window_rows
from foretune.errors import ConfigError, DataError
from foretune.tables.corporate_actions import with_split_factor

FIRST = datetime(2021, 1, 1, tzinfo=UTC)
UTC_US = pl.Datetime("us", "UTC")


def bars(closes: list[float], *, days: list[int] | None = None, symbol: str = "BTC-USD", known_after: int = 1):
    events = [FIRST + timedelta(days=day) for day in (days or range(len(closes)))]
    known = [at + timedelta(days=known_after) for at in events]
    return pl.DataFrame(
        {"symbol": symbol, "event_at": events, "known_at": known, "close": closes},
        schema_overrides={"event_at": UTC_US, "known_at": UTC_US},
    )


def panel(of: pl.DataFrame, asset_class: str = "crypto", growth: float = 1.1) -> pl.DataFrame:
    """A panel row for every bar, its price 10 % higher at the horizon."""
    price = pl.col("close")
    return of.select(
        pl.col("symbol").alias("asset_symbol"),
        pl.lit(asset_class).alias("asset_class"),
        pl.col("event_at").alias("timestamp"),
        (pl.col("event_at") + timedelta(days=1)).alias("decision_at"),
        (pl.col("event_at") + timedelta(days=91)).alias("label_end_at"),
        pl.lit("recorded").alias("origin"),
        pl.lit("train").alias("split"),
        price.alias("price_close"),
        pl.lit(65.2).alias("rsi_14"),
        pl.lit(0.45).alias("volatility_30d"),
        (price * growth).alias("target_price_90d"),
        pl.lit(math.log(growth)).alias("target_return_90d"),
        pl.lit((growth - 1) * 100).alias("target_return_pct_90d"),
    )


def windows_of(found) -> list[list[float]]:
    return [json.loads(text)["context_window"] for text in found.rows["input"]]


def test_a_row_looks_like_this():
    history = bars([42000.0, 43000.0, 44500.0, 45000.5])
    row = window_rows(panel(history), history, window=4).rows.row(0, named=True)
    assert row["instruction"] == (
        "Given the last 4 daily closes of BTC-USD (crypto), oldest first, predict its log and percent return over the "
        "next 90 days. Answer with one JSON object."
    )
    assert row["input"] == (
        '{"context_window":[42000.0,43000.0,44500.0,45000.5],"current_price":45000.5,"rsi_14":65.2,'
        '"volatility_30d":0.45}'
    )
    # ln 1.1 = 0.0953101798
    assert row["output"] == '{"predicted_return_90d":0.09531018,"predicted_return_pct_90d":10.0}'
    assert row["id"] == "BTC-USD:2021-01-05:window"


def test_each_row_shows_the_closes_up_to_its_own_and_those_with_too_few_are_counted():
    history = bars([1.0, 2.0, 3.0, 4.0, 5.0])
    found = window_rows(panel(history), history, window=3)
    assert windows_of(found) == [[1, 2, 3], [2, 3, 4], [3, 4, 5]]
    assert found.left_out == {"fewer than 3 closes": 2}


def test_bars_after_the_decision_change_nothing():
    history = bars([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    rows = panel(history).head(4)
    later_spoiled = history.with_columns(
        pl.when(pl.col("event_at") > rows["timestamp"].max()).then(999.0).otherwise(pl.col("close")).alias("close")
    )
    assert window_rows(rows, later_spoiled, window=3).rows.equals(window_rows(rows, history, window=3).rows)


def test_one_asset_never_sees_the_closes_of_another():
    history = pl.concat([bars([1.0, 2.0, 3.0], symbol="AAA"), bars([7.0, 8.0, 9.0], symbol="BBB")])
    found = window_rows(panel(history), history.reverse(), window=2)
    assert sorted(windows_of(found)) == [[1, 2], [2, 3], [7, 8], [8, 9]]


def test_a_window_across_a_missing_day_is_left_out_and_counted():
    history = bars([1.0, 2.0, 3.0, 5.0, 6.0, 7.0], days=[0, 1, 2, 4, 5, 6])
    found = window_rows(panel(history), history, window=3)
    assert windows_of(found) == [[1, 2, 3], [5, 6, 7]]
    assert found.left_out == {"fewer than 3 closes": 2, "a gap within the last 3 closes": 2}


def test_a_weekend_is_no_gap_on_an_exchange():
    history = bars([1.0, 2.0, 3.0], days=[0, 3, 8])  # Friday, Monday, Saturday: 3 and 5 days
    assert windows_of(window_rows(panel(history, "equity"), history, window=3)) == [[1, 2, 3]]
    assert window_rows(panel(history, "crypto"), history, window=3).left_out["a gap within the last 3 closes"] == 1


def test_closes_before_a_split_are_in_the_units_of_the_decisions_day():
    """4:1 on the third day: 400 a share before is 100 a share after."""
    splits = pl.DataFrame({"symbol": ["BTC-USD"], "event_at": [FIRST + timedelta(days=2)], "ratio": [4.0]}).cast(
        {"event_at": UTC_US}
    )
    history = with_split_factor(bars([400.0, 404.0, 102.0, 103.0]), splits)
    found = window_rows(panel(history), history, window=2)
    assert windows_of(found) == [[400, 404], [101, 102], [102, 103]]


def test_a_close_that_became_known_late_is_not_shown():
    history = bars([1.0, 2.0, 3.0, 4.0])
    late = history.with_columns(
        pl.when(pl.col("close") == 2.0)
        .then(pl.col("known_at") + timedelta(days=2))
        .otherwise(pl.col("known_at"))
        .alias("known_at")
    )
    found = window_rows(panel(history), late, window=2)
    # 2 of January 2 is known with the close of January 4: the windows of January 2 and 3 lack it
    assert windows_of(found) == [[3, 4]]
    assert found.left_out["one of the last 2 closes was not known yet"] == 2


def test_bars_of_another_panel_are_refused():
    history = bars([1.0, 2.0, 3.0])
    with pytest.raises(DataError, match=r"price is 3\.0, the bar's 2\.5"):
        window_rows(panel(history).tail(1), bars([1.0, 2.0, 2.5]), window=2)
    with pytest.raises(DataError, match="the bar's None"):
        window_rows(panel(history).tail(1), bars([1.0, 2.0]), window=2)


def test_a_window_of_one_close_is_refused():
    with pytest.raises(ConfigError, match="2 or more"):
        window_rows(panel(bars([1.0, 2.0])), bars([1.0, 2.0]), window=1)


def test_a_history_shorter_than_the_window_makes_no_row():
    history = bars([1.0, 2.0])
    found = window_rows(panel(history), history, window=30)
    assert found.rows.is_empty()
    assert found.left_out == {"fewer than 30 closes": 2}
