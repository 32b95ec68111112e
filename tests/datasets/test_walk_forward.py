"""Walk-forward folds: dates worked out by hand, and no training label that reaches into a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.datasets.walk_forward import fold_spans, walk_forward_folds
from foretune.errors import ConfigError, EmptyData

FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def rows(days: int, assets: int = 1, horizon: int = 90) -> pl.DataFrame:
    decisions = [day(number) for number in range(days)] * assets
    return pl.DataFrame(
        {"decision_at": decisions, "label_end_at": [at + timedelta(days=horizon) for at in decisions]},
        schema=dict.fromkeys(("decision_at", "label_end_at"), pl.Datetime("us", "UTC")),
    )


def test_dates_of_three_folds_worked_by_hand():
    # 1000 days in four stretches: tests begin on days 250, 500 and 750. A training label of day d
    # ends on d + 90; with 5 days of embargo d + 95 < 250, so day 154 is the last of the first fold.
    assert fold_spans(rows(1000), folds=3, embargo_days=5).rows() == [
        (1, "train", day(0), day(154), day(244), 155),
        (1, "test", day(250), day(499), day(589), 250),
        (2, "train", day(0), day(404), day(494), 405),
        (2, "test", day(500), day(749), day(839), 250),
        (3, "train", day(0), day(654), day(744), 655),
        (3, "test", day(750), day(999), day(1089), 250),
    ]


def test_fifty_assets_are_cut_on_the_same_dates_as_one():
    one, many = (fold_spans(rows(1000, assets), folds=4).drop("rows") for assets in (1, 50))
    assert one.equals(many)


@given(days=st.integers(60, 900), horizon=st.integers(1, 120), folds=st.integers(1, 8), embargo=st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_no_training_label_comes_near_its_test_and_every_later_date_is_tested_once(days, horizon, folds, embargo):
    frame = rows(days, 2, horizon)
    try:
        cut = list(walk_forward_folds(frame, folds=folds, embargo_days=embargo))
    except EmptyData:
        return  # too short a history is refused, which is right as well
    for fold in cut:
        ends, begins = frame.filter(fold.train)["label_end_at"].max(), frame.filter(fold.test)["decision_at"].min()
        assert ends + timedelta(days=embargo) < begins
    tested = pl.DataFrame([fold.test.alias(str(fold.number)) for fold in cut]).sum_horizontal()
    assert (
        tested.to_list() == (frame["decision_at"] >= frame.filter(cut[0].test)["decision_at"].min()).cast(int).to_list()
    )


def test_stretches_shorter_than_the_horizon_are_refused():
    with pytest.raises(EmptyData, match="fold 1 of 5 has no training rows"):
        fold_spans(rows(400), folds=5)
    with pytest.raises(EmptyData, match="too few"):
        fold_spans(rows(3), folds=3)


@pytest.mark.parametrize("asked", [{"folds": 0}, {"folds": 2, "embargo_days": -1}])
def test_folds_that_make_no_sense_are_refused(asked):
    with pytest.raises(ConfigError, match="cannot be cut"):
        fold_spans(rows(1000), **asked)
