"""The forward target: which price, when it counts as known, and where there is none."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.targets.forward import forward_targets

DAY = 86_400_000_000


def bars(days: list[int], close: list[float], symbol: str = "A") -> pa.Table:
    stamp = pa.timestamp("us", "UTC")
    return pa.table(
        {
            "symbol": [symbol] * len(days),
            "event_at": pa.array(np.asarray(days) * DAY).cast(stamp),
            "known_at": pa.array((np.asarray(days) + 1) * DAY).cast(stamp),
            "close": [float(value) for value in close],
        }
    )


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


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60, unique=True), st.integers(0, 10))
def test_equal_to_a_scan_of_all_later_bars(days, tolerance):
    days = sorted(days)
    close = [float(day + 1) for day in days]
    found = forward_targets(bars(days, close), tolerance_days=tolerance)["target_price_90d"].to_pylist()
    for at, day in enumerate(days):
        later = [(d, c) for d, c in zip(days, close, strict=True) if day + 90 <= d <= day + 90 + tolerance]
        assert found[at] == (min(later)[1] if later else None)
