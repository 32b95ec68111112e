"""A target of dice: learnable across a shuffled split, never across a clean one."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from foretune.audit.canary import ALPHA, check_canary, random_walk_labels
from foretune.audit.finding import Status


def test_a_shuffled_split_scores_far_above_nothing(shuffled, making):
    for finding in check_canary(making.dataset(shuffled)):
        assert finding.status is Status.LEAK
        assert finding.figures["rank_correlation"] > 0.6
        assert finding.figures["r_squared"] > 0.4


def test_every_shuffle_is_caught(clean, making):
    caught = 0
    for seed in range(20):
        names = np.random.default_rng(seed).choice(["train", "test"], len(clean), p=[0.8, 0.2])
        (finding,) = check_canary(making.dataset(clean.with_columns(pl.Series("split", names))), seeds=16, seed=seed)
        caught += finding.status is Status.LEAK
    assert caught == 20


@pytest.mark.slow
def test_false_alarms_on_clean_splits_stay_below_two_in_a_hundred(making):
    alarms, scores = 0, []
    for seed in range(100):
        findings = check_canary(making.dataset(making.build(making.facts(days=1300, seed=seed))), seeds=32, seed=seed)
        alarms += sum(finding.status is Status.LEAK for finding in findings)
        scores += [finding.figures["rank_correlation"] for finding in findings]
    assert len(scores) == 200
    assert alarms <= 2
    # the mean over all of them is that of 6,400 symmetric draws
    assert abs(np.mean(scores)) < 0.02


def test_one_asset_trained_on_days_another_is_tested_on_is_a_leak(making):
    rows = making.build(making.facts(symbols=("AAA", "BBB", "CCC")))
    # what all assets see on a day: macro series that wander
    dates = rows["decision_at"].unique().sort()
    walks = np.cumsum(np.random.default_rng(9).normal(size=(10, len(dates))), axis=1)
    shared = pl.DataFrame({"decision_at": dates, **{f"macro_{at}": walk for at, walk in enumerate(walks)}})
    # the test's days of AAA and BBB go into training: CCC moves with them
    leaked = rows.with_columns(
        pl.when((pl.col("split") == "test") & (pl.col("asset_symbol") != "CCC"))
        .then(pl.lit("train"))
        .otherwise(pl.col("split"))
        .alias("split"),
    ).join(shared, on="decision_at", how="left")
    test = check_canary(making.dataset(leaked))[-1]
    assert test.status is Status.LEAK


def test_labels_of_dice_overlap_exactly_as_the_intervals_do(clean):
    labels = random_walk_labels(clean, 4000, np.random.default_rng(1))
    assert labels.std() == pytest.approx(np.sqrt(90), rel=0.05)  # 90 days of variance 1

    def shared(days):
        return np.corrcoef(labels[0], labels[days])[0, 1]

    # labels of 90 days that begin 30 days apart share 60 of them
    assert shared(30) == pytest.approx(60 / 90, abs=0.05)
    assert shared(90) == pytest.approx(0, abs=0.05)


def test_a_claimed_interval_shorter_than_the_horizon_hides_nothing(shuffled, making):
    short = shuffled.with_columns((pl.col("decision_at") + timedelta(hours=1)).alias("label_end_at"))
    assert {finding.status for finding in check_canary(making.dataset(short))} == {Status.LEAK}


def test_without_a_split_nothing_can_be_learned_for_another(clean, making):
    assert check_canary(making.dataset(clean.drop("split")))[0].status is Status.SKIPPED
    few = pl.concat([clean.head(20), clean.tail(20)])
    assert check_canary(making.dataset(few))[0].status is Status.SKIPPED


def test_the_rate_of_false_alarms_is_declared():
    assert ALPHA < 0.02
