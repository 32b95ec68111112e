"""The size of a sample is the number of its labels that do not overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from foretune.datasets.effective_sample import blocks_per_asset, independent_blocks

FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def rows(split: str, symbol: str, *days: int) -> pl.DataFrame:
    return pl.DataFrame({"split": split, "asset_symbol": symbol, "decision_at": [FIRST + timedelta(d) for d in days]})


def test_three_years_of_daily_rows_hold_thirteen_blocks():
    # decisions on days 0, 90, … 1080: the last of 1095 daily rows lies after day 1080
    assert independent_blocks(rows("train", "BTC-USD", *range(1095)), 90) == {"train": 13}


def test_labels_that_only_touch_do_not_overlap():
    assert independent_blocks(rows("test", "X", 0, 89, 90), 90) == {"test": 2}
    assert independent_blocks(rows("test", "X", 0, 89), 90) == {"test": 1}


def test_days_without_decisions_hold_no_blocks():
    # a span of a year with decisions on two days only: two outcomes, not four
    assert independent_blocks(rows("test", "X", 0, 365), 90) == {"test": 2}


def test_more_assets_on_the_same_days_add_rows_but_no_blocks():
    both = pl.concat([rows("train", "A", *range(200)), rows("train", "B", *range(200))])
    assert independent_blocks(both, 90) == {"train": 3}
    assert blocks_per_asset(both, 90).rows() == [("train", "A", 200, 3), ("train", "B", 200, 3)]


def test_an_empty_panel_has_no_blocks():
    assert independent_blocks(rows("train", "A", 0).clear(), 90) == {}
