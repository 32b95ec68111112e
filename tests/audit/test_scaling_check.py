"""The trace of a scaler that was fitted on all rows."""

from __future__ import annotations

import polars as pl
import pytest

from foretune.audit.finding import Status
from foretune.audit.scaling import check_scaling

VALUE = pl.col("momentum_30d")
TRAIN = VALUE.filter(pl.col("split") == "train")


@pytest.mark.parametrize(
    "scaled",
    [
        (VALUE - VALUE.mean()) / VALUE.std(),
        (VALUE - VALUE.mean()) / VALUE.std(ddof=0),
        ((VALUE - VALUE.mean()) / VALUE.std()).cast(pl.Float32),
    ],
    ids=["sample deviation", "population deviation", "single precision"],
)
def test_a_standard_scaler_fitted_on_all_rows_is_a_leak(clean, making, scaled):
    (finding,) = check_scaling(making.dataset(clean.with_columns(scaled.alias("momentum_30d"))))
    assert finding.status is Status.LEAK
    assert list(finding.columns) == ["momentum_30d"]
    assert "not over the training rows" in finding.detail


def test_a_series_that_stands_still_on_most_days_is_found_too(clean, making):
    held = pl.when(pl.int_range(pl.len()) % 5 == 0).then(VALUE).otherwise(None).forward_fill()
    scaled = clean.with_columns(((held - held.mean()) / held.std()).alias("macro"))
    assert list(check_scaling(making.dataset(scaled))[0].columns) == ["macro"]


def test_so_is_a_range_that_only_later_rows_fill(clean, making):
    # a trend: its largest value stands in the test
    day = pl.int_range(pl.len()).cast(pl.Float64)
    scaled = clean.with_columns((day / day.max()).alias("trend"))
    (finding,) = check_scaling(making.dataset(scaled))
    assert finding.status is Status.LEAK
    assert finding.detail == "trend: spans exactly 0 to 1 over all rows, not over the training rows"


def test_a_scaler_per_asset_is_found_too(making):
    rows = making.build(making.facts(symbols=("AAA", "BBB")))
    scaled = rows.with_columns(((VALUE - VALUE.mean()) / VALUE.std()).over("asset_symbol").alias("scaled"))
    assert list(check_scaling(making.dataset(scaled))[0].columns) == ["scaled"]


def test_a_scaler_fitted_on_the_training_rows_is_fine(clean, making):
    scaled = clean.with_columns(((VALUE - TRAIN.mean()) / TRAIN.std()).alias("scaled"))
    assert check_scaling(making.dataset(scaled))[0].status is Status.OK


def test_a_flag_that_is_first_set_in_the_test_is_no_scaler(clean, making):
    flagged = clean.with_columns((pl.col("split") == "test").alias("listed"))
    assert check_scaling(making.dataset(flagged))[0].status is Status.OK


def test_without_a_split_there_are_no_later_rows(clean, making):
    assert check_scaling(making.dataset(clean.drop("split")))[0].status is Status.SKIPPED
