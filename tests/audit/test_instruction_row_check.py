"""Examples keep to the splits of the panel they were made of."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from foretune.audit.finding import Status
from foretune.audit.instruction_rows import check_instruction_rows


@pytest.fixture
def check(clean, making, tmp_path):
    """`check(change)` judges the clean panel's examples after `change`."""
    examples = clean.filter(pl.col("split") != "purged").select(
        pl.col("decision_at").dt.strftime("%Y%m%d").alias("id"),
        "split",
        pl.col("asset_symbol").alias("symbol"),
        "decision_at",
        "label_end_at",
    )

    def run(change):
        change(examples).write_parquet(tmp_path / "examples.parquet")
        return check_instruction_rows(replace(making.dataset(clean), folder=tmp_path))

    return run


def leaks(findings):
    return [finding for finding in findings if finding.status is Status.LEAK]


def test_examples_in_the_split_of_their_row_pass(check):
    assert {finding.status for finding in check(lambda examples: examples)} == {Status.OK}


def test_a_test_row_made_into_a_training_example_is_a_leak(check):
    found = leaks(check(lambda e: e.with_columns(pl.lit("train").alias("split"))))
    assert found[0].what.endswith("examples are not in the split of their panel row")


def test_an_example_of_a_purged_row_is_a_leak(check, clean):
    day = clean.filter(pl.col("split") == "purged")["decision_at"][0]
    moved = pl.when(pl.int_range(pl.len()) == 0).then(day).otherwise(pl.col("decision_at"))
    (finding,) = leaks(check(lambda e: e.with_columns(moved.alias("decision_at"))))
    assert "is in train, its row in purged" in finding.detail


def test_an_example_in_two_splits_is_a_leak(check):
    def copied(examples):
        return pl.concat([examples, examples.tail(1).with_columns(pl.lit("train").alias("split"))])

    assert any(finding.what.startswith("1 examples stand twice, 1 of them") for finding in leaks(check(copied)))


def test_an_answer_that_uses_no_future_covers_no_time(check):
    empty = pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("label_end_at")
    assert leaks(check(lambda e: e.with_columns(empty))) == []


def test_a_folder_without_examples_is_said(clean, making, tmp_path):
    (finding,) = check_instruction_rows(replace(making.dataset(clean), folder=tmp_path))
    assert finding.status is Status.SKIPPED
