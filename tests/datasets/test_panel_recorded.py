"""A recorded share over its splits, against figures read off its file by hand."""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from foretune.datasets.facts import Facts, no_observations
from foretune.datasets.panel import Panel, PanelSpec, build_panel
from foretune.tables.schemas import Bars, Splits

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def apple() -> Panel:
    """Apple 1998-2021, raw, with its splits; the fall of 2000-09-29 was real, which a ratio of 1 says."""
    path = Path(os.environ.get("FORETUNE_DATA") or Path(__file__).parents[2] / "../shared/data").resolve()
    path /= "equity/lean_aapl_1d_raw.csv"
    if not path.is_file():
        pytest.skip("the recorded market history is not here; set FORETUNE_DATA to its folder")
    day = pl.col("date").str.to_date().cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    bars = pl.read_csv(path).select(
        pl.lit("AAPL").alias("symbol"),
        day.alias("event_at"),
        (day + timedelta(days=1)).alias("known_at"),
        pl.lit("equity").alias("asset_class"),
        pl.col("open", "high", "low", "close", "volume").cast(pl.Float64),
        pl.lit(None, dtype=pl.Float64).alias("volume_quote"),
        pl.lit("lean").alias("source"),
        pl.lit("recorded").alias("origin"),
    )
    ratios = {"2000-06-21": 2, "2000-09-29": 1, "2005-02-28": 2, "2014-06-09": 7, "2020-08-31": 4}
    splits = Splits.validate(
        pl.DataFrame(
            {
                "symbol": "AAPL",
                "event_at": [datetime.fromisoformat(at).replace(tzinfo=UTC) for at in ratios],
                "ratio": [float(ratio) for ratio in ratios.values()],
                "source": "lean",
                "origin": "recorded",
            },
            schema_overrides={"event_at": pl.Datetime("us", "UTC")},
        )
    )
    return build_panel(Facts(Bars.validate(bars), no_observations(), splits), PanelSpec())


def test_a_target_beyond_the_split_is_in_shares_of_the_rows_day(apple):
    row = apple.rows.filter(pl.col("timestamp") == datetime(2020, 8, 28, tzinfo=UTC)).row(0, named=True)
    # 499.23 before the 4:1 split; 90 days later is Thanksgiving, the next session closed at 116.59
    assert row["price_close"] == 499.23
    assert row["target_price_90d"] == pytest.approx(4 * 116.59)
    assert row["target_return_90d"] == pytest.approx(math.log(4 * 116.59 / 499.23))
    assert row["label_end_at"] == datetime(2020, 11, 28, tzinfo=UTC)


def test_the_split_day_is_an_ordinary_day(apple):
    row = apple.rows.filter(pl.col("timestamp") == datetime(2020, 8, 31, tzinfo=UTC)).row(0, named=True)
    assert row["return_1d_pct"] == pytest.approx((4 * 129.04 / 499.23 - 1) * 100)  # 3.39 %, not -74 %
    assert 110 < row["sma_20"] < 129.04  # in units of the new shares
    assert abs(row["log_return_20d"]) < 0.3


def test_the_one_move_beyond_a_half_is_the_real_one(apple):
    beyond = apple.rows.filter(pl.col("return_1d_pct").abs() > 40)
    assert beyond["timestamp"].to_list() == [datetime(2000, 9, 29, tzinfo=UTC)]
