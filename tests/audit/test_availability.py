"""What happens to a probe's score when facts arrive later."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from foretune.audit.availability import check_availability, walk_forward_score
from foretune.audit.finding import Status
from foretune.datasets.facts import Facts, no_observations

DAY = timedelta(days=1)


def test_scores_are_reported_per_lag_and_noise_is_no_warning(clean, clean_facts, making):
    (finding,) = check_availability(making.dataset(clean, clean_facts), clean_facts, making.build)
    assert finding.status is Status.OK
    assert set(finding.figures) == {"lag_0", "lag_1", "lag_7", "lag_30", "blocks"}


def test_an_edge_that_is_gone_a_day_later_is_a_warning(making):
    """News that hold the target behind a sign drawn anew each day, and a feature that knows the day's sign."""
    given = making.facts(days=3000)
    close = given.bars["close"].to_numpy()
    days = given.bars["event_at"].to_list()[:-90]
    signs = np.random.default_rng(4).choice([-1.0, 1.0], 3100)
    told = np.log(close[90:] / close[:-90]) * signs[: len(days)]
    news = making.observations("news_sentiment_score", days, DAY, told)
    other = given.observations.filter(pl.col("field") != "news_sentiment_score")
    leaking = Facts(given.bars, pl.concat([other, news]), given.splits)

    def build(facts):
        rows = making.rows_of(facts)
        day = (rows["timestamp"] - days[0]).dt.total_days().to_numpy()
        return rows.with_columns(pl.col("news_sentiment_score") * pl.Series(signs[day]))

    (finding,) = check_availability(making.dataset(build(leaking), leaking), leaking, build)
    assert finding.status is Status.WARNING
    assert finding.figures["lag_0"] > 0.8
    assert finding.figures["lag_1"] < 0.5
    assert "an honest edge fades slowly" in finding.mend


def test_without_observations_there_is_nothing_to_delay(clean, clean_facts, making):
    bare = Facts(clean_facts.bars, no_observations(), clean_facts.splits)
    (finding,) = check_availability(making.dataset(clean, bare), bare, making.build)
    assert finding.status is Status.OK


def test_a_short_history_has_no_walk_forward(making):
    rows = making.rows_of(making.facts(days=160))
    assert np.isnan(walk_forward_score(rows, "target_return_90d"))


def test_the_walk_forward_learns_what_is_there_to_learn(clean):
    told = clean.with_columns(pl.col("target_return_90d").alias("oracle"))
    assert walk_forward_score(told, "target_return_90d") > 0.8
