"""Purge and embargo are in time, and a split that leaks is refused whoever made it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.datasets.splits import SplitSpec, assign_splits, check_no_overlap
from foretune.errors import EmptyData, LeakageError

FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def rows(days: int, assets: int = 1, horizon: int = 90) -> pl.DataFrame:
    decisions = [FIRST + timedelta(days=day) for day in range(days)] * assets
    return pl.DataFrame(
        {"decision_at": decisions, "label_end_at": [at + timedelta(days=horizon) for at in decisions]},
        schema=dict.fromkeys(("decision_at", "label_end_at"), pl.Datetime("us", "UTC")),
    )


def test_boundaries_purge_and_embargo_worked_by_hand():
    # 1000 days, shares .7/.1/.2: validation decisions begin on day 700, test on day 800.
    # A train label of day d ends on d + 90; with 5 days of embargo d + 95 < 700, so day 604 is the last.
    # A validation row needs d + 95 < 800, so day 704 is the last.
    done = assign_splits(rows(1000), SplitSpec(validation=0.1, test=0.2, embargo_days=5))
    day = (pl.col("decision_at") - FIRST).dt.total_days()
    spans = {
        name: (part.select(day.min()).item(), part.select(day.max()).item()) for (name,), part in done.group_by("split")
    }
    assert spans["train"] == (0, 604)
    assert spans["validation"] == (700, 704)
    assert spans["test"] == (800, 999)


def test_fifty_assets_are_cut_on_the_same_dates_as_one():
    one, many = (assign_splits(rows(1000, assets), SplitSpec()) for assets in (1, 50))
    for name in ("train", "test"):
        spans = [f.filter(pl.col("split") == name)["decision_at"] for f in (one, many)]
        assert (spans[0].min(), spans[0].max()) == (spans[1].min(), spans[1].max())


@given(
    days=st.integers(400, 1500),
    horizon=st.integers(1, 120),
    embargo=st.integers(0, 30),
    validation=st.sampled_from([0.0, 0.3]),
    test=st.floats(0.1, 0.4),
)
@settings(max_examples=60, deadline=None)
def test_no_label_ever_reaches_into_a_later_split(days, horizon, embargo, validation, test):
    spec = SplitSpec(validation=validation, test=test, embargo_days=embargo)
    try:
        done = assign_splits(rows(days, 2, horizon), spec)
    except EmptyData:
        return  # too short a history is refused, which is right as well
    check_no_overlap(done, timedelta(days=embargo))
    assert len(done) == days * 2  # purged rows are marked, not dropped


def test_a_shuffled_split_is_refused():
    shuffled = rows(300).with_columns(
        pl.Series("split", ["train" if at % 5 else "test" for at in range(300)]),
    )
    with pytest.raises(LeakageError, match="train label ends at"):
        check_no_overlap(shuffled)


def test_a_history_too_short_for_its_horizon_says_so():
    with pytest.raises(EmptyData, match="longer history"):
        assign_splits(rows(100), SplitSpec())


@pytest.mark.parametrize("shares", [{"validation": 0.5, "test": 0.5}, {"test": 0.0}, {"embargo_days": -1}])
def test_shares_that_make_no_sense_are_refused(shares):
    with pytest.raises(ValueError, match=r"below 1|greater than"):
        SplitSpec(**shares)
