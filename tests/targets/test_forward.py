"""The forward target: which price, when it counts as known, and where there is none."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.errors import ConfigError, DataError
from foretune.targets.forward import forward_targets

DAY = 86_400_000_000


def bars(days: list[int], close: list[float], symbol: str = "A", factor: list[float] | None = None) -> pa.Table:
    stamp = pa.timestamp("us", "UTC")
    columns = {
        "symbol": [symbol] * len(days),
        "event_at": pa.array(np.asarray(days, dtype=np.int64) * DAY).cast(stamp),
        "known_at": pa.array((np.asarray(days, dtype=np.int64) + 1) * DAY).cast(stamp),
        "close": pa.array([float(value) for value in close], pa.float64()),
    }
    return pa.table(columns if factor is None else {**columns, "split_factor": pa.array(factor, pa.float64())})


def test_ninety_calendar_days_later_to_the_day():
    table = forward_targets(bars(list(range(100)), [100 + day for day in range(100)]))
    row = table.slice(3, 1).to_pylist()[0]
    assert row["target_price_90d"] == 193  # the close of day 93
    assert row["target_return_90d"] == pytest.approx(math.log(193 / 103))
    assert row["target_return_pct_90d"] == pytest.approx((193 / 103 - 1) * 100)
    assert row["label_start_at"].day == 5  # decided when the bar of 4 January 1970 closed
    assert row["label_end_at"] == table["known_at"][93].as_py()
    assert table["target_price_90d"].to_pylist()[10:] == [None] * 90


def test_a_weekend_falls_to_the_next_session_within_the_tolerance():
    # day 90 is missing; the next bars are days 93 and 97
    days = [0, 1, 93, 97]
    assert forward_targets(bars(days, [10, 11, 20, 30]))["target_price_90d"].to_pylist()[:2] == [20, 20]
    assert forward_targets(bars(days, [10, 11, 20, 30]), tolerance_days=2)["target_price_90d"].to_pylist()[:2] == [
        None,
        20,
    ]


def test_a_gap_longer_than_the_tolerance_makes_no_target():
    assert forward_targets(bars([0, 200], [10, 20]))["target_price_90d"].to_pylist() == [None, None]


def test_the_target_of_one_asset_is_never_the_price_of_another():
    table = pa.concat_tables([bars([0, 1], [1, 1], "A"), bars([90, 91], [5, 5], "B")])
    assert forward_targets(table)["target_price_90d"].null_count == 4


def test_a_split_in_between_leaves_the_return_of_one_share_held():
    # 400 on day 0; split four for one; 110 on day 90: four shares of 110 for one of 400 is +10 %
    row = forward_targets(bars([0, 90], [400, 110], factor=[1.0, 4.0])).slice(0, 1).to_pylist()[0]
    assert row["target_price_90d"] == 440
    assert row["target_return_90d"] == pytest.approx(math.log(1.1))
    assert row["target_return_pct_90d"] == pytest.approx(10)


def test_a_split_before_the_row_or_after_its_target_changes_no_bit():
    days, close = list(range(300)), [100 + math.sin(day) for day in range(300)]
    # 3 for 1 on day 100: no row from day 100 on has it in between, nor any before day 10
    split = forward_targets(bars(days, close, factor=[1.0] * 100 + [3.0] * 200)).drop_columns(["split_factor"])
    plain = forward_targets(bars(days, close))
    assert split.slice(0, 10).equals(plain.slice(0, 10))
    assert split.slice(100).equals(plain.slice(100))


def test_any_horizon_names_its_columns():
    table = forward_targets(bars([0, 7], [10, 11]), horizon_days=7, tolerance_days=0)
    assert table["target_price_7d"].to_pylist() == [11, None]
    assert table.column_names[-5:] == [
        "target_price_7d", "target_return_7d", "target_return_pct_7d", "label_start_at", "label_end_at",
    ]  # fmt: skip


def test_no_bars_have_no_targets():
    assert forward_targets(bars([], []))["target_price_90d"].to_pylist() == []


@pytest.mark.parametrize(("horizon", "tolerance"), [(0, 5), (-1, 5), (90, -1)])
def test_a_target_that_is_not_ahead_is_refused(horizon, tolerance):
    with pytest.raises(ConfigError, match="the horizon is 1 day or more"):
        forward_targets(bars([0], [1]), horizon_days=horizon, tolerance_days=tolerance)


def test_a_price_that_cannot_be_is_refused():
    with pytest.raises(DataError, match="close has a value that is not finite and positive"):
        forward_targets(bars([0, 90], [10, -36.98]))


@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from([1.0, 2.0, 0.5])), max_size=60, unique_by=lambda x: x[0]),
    st.integers(1, 120),
    st.integers(0, 10),
)
def test_equal_to_a_scan_of_all_later_bars(drawn, horizon, tolerance):
    drawn = sorted(drawn)
    days, ratios = [day for day, _ in drawn], [ratio for _, ratio in drawn]
    factor = np.cumprod(ratios).tolist()
    close = [float(day + 1) for day in days]
    table = forward_targets(bars(days, close, factor=factor), horizon_days=horizon, tolerance_days=tolerance)
    for at, (day, row) in enumerate(zip(days, table.to_pylist(), strict=True)):
        later = [i for i, d in enumerate(days) if day + horizon <= d <= day + horizon + tolerance]
        price, log, percent = (row[f"target_{name}_{horizon}d"] for name in ("price", "return", "return_pct"))
        if not later:
            assert [price, log, percent, row["label_start_at"], row["label_end_at"]] == [None] * 5
            continue
        first = later[0]
        one_share = close[first] * math.prod(ratios[at + 1 : first + 1])
        assert price == pytest.approx(one_share, rel=1e-12)
        assert log == pytest.approx(math.log(one_share / close[at]), abs=1e-12)
        assert percent == pytest.approx((one_share / close[at] - 1) * 100, abs=1e-9)
        assert row["label_start_at"] == row["known_at"]
        assert row["label_end_at"] == table["known_at"][first].as_py()
