"""Folds are for choosing between models: purged, in order of time, and blind to the test split."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from foretune.audit.finding import Status
from foretune.audit.folds import check_folds
from foretune.datasets.walk_forward import fold_spans

TRAIN = pl.col("role") == "train"


@pytest.fixture
def begins(clean):
    return clean.filter(pl.col("split") == "test")["decision_at"].min()


@pytest.fixture
def check(clean, making, tmp_path):
    def run(spans, embargo_days=5):
        spans.write_parquet(tmp_path / "folds.parquet")
        return check_folds(replace(making.dataset(clean), folder=tmp_path), embargo_days)

    return run


@pytest.fixture
def spans(clean, begins):
    return fold_spans(clean.filter(pl.col("label_end_at") < begins), folds=3)


def test_folds_that_end_before_the_test_split_pass(check, spans):
    (finding,) = check(spans)
    assert (finding.status, finding.what) == (
        Status.OK,
        "3 folds train before they test, and none sees the test split",
    )


def test_a_folder_without_folds_says_nothing(clean, making, tmp_path):
    assert check_folds(replace(making.dataset(clean), folder=tmp_path)) == []


def test_folds_over_all_rows_see_the_test_split(check, clean):
    (finding,) = check(fold_spans(clean, folds=3))
    assert finding.status is Status.LEAK
    # the third tests within it, and labels of the second's last rows end within it
    assert finding.what == "2 of 3 folds reach into the test split"


def test_purged_rows_let_labels_reach_in(check, clean):
    (finding,) = check(fold_spans(clean.filter(pl.col("split") != "test"), folds=3))
    assert finding.status is Status.LEAK
    assert finding.detail.endswith(": only labels reach in")


def test_a_fold_without_purge_is_a_leak(check, spans):
    # the training span takes everything up to the test: its labels end 90 days into it
    starts = spans.filter(~TRAIN).select("fold", pl.col("first_decision").alias("_start"))
    late = pl.col("_start") + timedelta(days=89)
    unpurged = (
        spans.join(starts, on="fold")
        .with_columns(pl.when(TRAIN).then(late).otherwise("labels_end").alias("labels_end"))
        .drop("_start")
    )
    findings = check(unpurged)
    assert [finding.what for finding in findings] == [
        f"fold {n} trains on outcomes of the time it tests" for n in (1, 2, 3)
    ]


def test_an_embargo_shorter_than_declared_is_a_warning(check, spans):
    assert {finding.status for finding in check(spans, embargo_days=30)} == {Status.WARNING}


def test_a_span_that_hides_how_long_its_labels_are_is_a_leak(check, spans):
    short = pl.when(TRAIN).then(pl.col("last_decision")).otherwise("labels_end").alias("labels_end")
    findings = check(spans.with_columns(short))
    assert len(findings) == 3
    assert all("rows where the panel has" in finding.what for finding in findings)


def test_half_a_fold_is_a_leak(check, spans):
    assert check(spans.filter(~TRAIN | (pl.col("fold") > 1)))[0].what == (
        "fold 1 is not one train span and one test span"
    )
