"""The checks of splits: order in time, purge, embargo, and rows told twice."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from foretune.audit.finding import Status
from foretune.audit.split_order import check_doubles, check_label_intervals, check_split_order

DAY = timedelta(days=1)


def statuses(findings):
    return {finding.status for finding in findings}


def test_a_purged_split_by_date_is_in_order(clean):
    findings = check_split_order(clean, embargo_days=5)
    assert [finding.status for finding in findings] == [Status.OK] * 3
    # 5 days of embargo, and the first decision after them
    assert findings[0].figures["gap_days"] == 6


def test_a_shuffled_split_is_called_shuffled(shuffled):
    findings = check_split_order(shuffled)
    assert statuses(findings) == {Status.LEAK}
    assert findings[0].what == "train and validation are shuffled into each other"
    assert "split by date" in findings[0].mend


def test_training_rows_whose_labels_reach_into_the_test_are_a_leak(clean):
    first_test = clean.filter(pl.col("split") == "test")["decision_at"].min()
    split = pl.when(pl.col("decision_at") < first_test).then(pl.lit("train")).otherwise(pl.lit("test"))
    (finding,) = check_split_order(clean.with_columns(split.alias("split")))
    assert finding.status is Status.LEAK
    # decisions are daily and labels 90 days long: the last 90 labels end on the first test day or later
    assert finding.what == "90 train labels overlap test: no purge"
    assert finding.detail.startswith("BTC-USD decided 2021-02-08 has a label until 2021-05-09, test begins 2021-02-09")


def test_an_embargo_shorter_than_declared_is_a_warning(clean):
    near, far, _ = check_split_order(clean, embargo_days=30)
    assert near.status is Status.WARNING
    assert near.what == "the embargo between train and validation is shorter than the declared 30 days"
    assert far.status is Status.OK  # validation lies in between


def test_rows_without_a_split_or_with_one_split_cannot_be_judged(clean):
    assert statuses(check_split_order(clean.drop("split"))) == {Status.SKIPPED}
    assert statuses(check_split_order(clean.with_columns(pl.lit("train").alias("split")))) == {Status.SKIPPED}


def test_a_row_of_the_test_that_is_trained_on_too_is_a_leak(clean):
    copied = clean.filter(pl.col("split") == "test").head(3).with_columns(pl.lit("train").alias("split"))
    (finding,) = check_doubles(pl.concat([clean, copied]))
    assert finding.status is Status.LEAK
    assert finding.what == "3 rows stand twice, in test and train: same asset and decision time"
    assert finding.detail.startswith("BTC-USD 2021-02-09")


def test_a_double_under_another_date_or_name_is_found_by_its_numbers(clean):
    copied = clean.filter(pl.col("split") == "test").head(3)
    moved = copied.with_columns(
        pl.lit("train").alias("split"), pl.lit("XBT").alias("asset_symbol"), pl.col("decision_at") - 900 * DAY
    )
    (finding,) = check_doubles(pl.concat([clean, moved]))
    assert finding.status is Status.LEAK
    assert "numbers under another asset or time" in finding.what


def test_a_double_within_one_split_is_a_warning(clean):
    (finding,) = check_doubles(pl.concat([clean, clean.filter(pl.col("split") == "train").head(2)]))
    assert finding.status is Status.WARNING


def test_every_row_once_is_fine(clean):
    assert statuses(check_doubles(clean)) == {Status.OK}


def test_rows_that_do_not_say_what_their_label_covers_are_counted(clean, making):
    (finding,) = check_label_intervals(making.dataset(clean, derived=17))
    assert finding.status is Status.WARNING
    assert finding.what.startswith("17 of 1,380 rows")
    assert check_label_intervals(making.dataset(clean))[0].status is Status.OK
