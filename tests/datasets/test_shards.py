"""Shards: every row in one of them, by the date of its decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.datasets.shards import shards

FIRST = datetime(2020, 11, 30, tzinfo=UTC)


def rows(days: list[int]) -> pl.DataFrame:
    decided = [FIRST + timedelta(days=day) for day in sorted(days)]
    return pl.DataFrame({"decided": decided}, schema={"decided": pl.Datetime("us", "UTC")}).with_row_index("row")


def sizes(frame: pl.DataFrame, by: str, max_rows: int | None = None) -> dict[str, int]:
    return {name: len(part) for name, part in shards(frame, by, max_rows)}


def test_daily_rows_of_a_hundred_days_fall_into_these_files():
    """2020-11-30 to 2021-03-09: 1 day of November, 31 + 31 + 28 of the next three months, 9 of March."""
    hundred = rows(list(range(100)))
    assert sizes(hundred, "none") == {"": 100}
    assert sizes(hundred, "year") == {"2020": 32, "2021": 68}
    assert sizes(hundred, "quarter") == {"2020-Q4": 32, "2021-Q1": 68}
    assert sizes(hundred, "month") == {"2020-11": 1, "2020-12": 31, "2021-01": 31, "2021-02": 28, "2021-03": 9}


def test_a_month_without_rows_makes_no_file():
    assert sizes(rows([0, 40]), "month") == {"2020-11": 1, "2021-01": 1}


def test_large_parts_are_cut_and_numbered():
    assert sizes(rows(list(range(100))), "year", 32) == {
        "2020-00001": 32,
        "2021-00001": 32,
        "2021-00002": 32,
        "2021-00003": 4,
    }
    assert sizes(rows(list(range(5))), "none", 3) == {"00001": 3, "00002": 2}


@pytest.mark.parametrize("by", ["none", "year", "quarter", "month"])
def test_no_rows_make_no_shard(by):
    assert sizes(rows([]), by) == {}


@given(
    st.lists(st.integers(0, 1500), min_size=1),
    st.sampled_from(["none", "year", "quarter", "month"]),
    st.none() | st.integers(1, 7),
)
def test_the_shards_in_order_are_the_rows(days, by, most):
    frame = rows(days)
    found = list(shards(frame, by, most))
    assert pl.concat([part for _, part in found]).equals(frame)
    names = [name for name, _ in found]
    assert names == sorted(set(names))
