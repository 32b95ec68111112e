"""Rubbish after t: what a feature function may not notice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from foretune.audit.finding import Status
from foretune.audit.perturbation import audit_features, perturbed
from foretune.datasets.facts import Facts
from foretune.errors import EmptyData

CUT = datetime(2020, 6, 1, tzinfo=UTC)
CLOSE = pl.col("close")


def of_bars(expression):
    """A user's feature function: one column made of an asset's own bars."""

    def function(facts):
        return facts.bars.sort("symbol", "event_at").select(
            pl.col("symbol").alias("asset_symbol"),
            pl.col("known_at").alias("decision_at"),
            expression.over("symbol").alias("mine"),
        )

    return function


LEAKS = {
    "a centred window": CLOSE.rolling_mean(21, center=True),
    "a centred window of two days ahead": CLOSE.rolling_std(5, center=True),
    "a scaler fitted on all rows": (CLOSE - CLOSE.mean()) / CLOSE.std(),
    "a rank among all days": CLOSE.rank(),
    "a mean that runs backwards": CLOSE.reverse().ewm_mean(span=10).reverse(),
    "tomorrow": CLOSE.shift(-1),
    "an interpolation": pl.when(pl.int_range(pl.len()) % 7 == 0).then(CLOSE).otherwise(None).interpolate(),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_feature_that_uses_later_data_is_named(clean_facts, leak):
    (finding,) = audit_features(of_bars(LEAKS[leak]), clean_facts)
    assert finding.status is Status.LEAK
    assert list(finding.columns) == ["mine"]
    assert "mine: " in finding.detail
    assert "trailing windows" in finding.mend


HONEST = {
    "a trailing window": CLOSE.rolling_mean(20),
    "an exponential mean": CLOSE.ewm_mean(span=10),
    "an expanding scaler": (CLOSE - CLOSE.cum_sum() / pl.int_range(1, pl.len() + 1)),
    "yesterday": CLOSE.shift(1),
}


@pytest.mark.parametrize("feature", HONEST)
def test_a_feature_of_the_past_passes(clean_facts, feature):
    (finding,) = audit_features(of_bars(HONEST[feature]), clean_facts)
    assert finding.status is Status.OK


def test_a_backward_fill_shows_where_a_series_first_speaks(making):
    given = making.facts()
    late = pl.col("known_at") > datetime(2019, 3, 1, tzinfo=UTC)
    quiet = type(given)(given.bars, given.observations.filter(late), given.splits)

    def filled(facts):
        rows = making.rows_of(facts).select("asset_symbol", "decision_at", "news_sentiment_score")
        return rows.with_columns(pl.col("news_sentiment_score").fill_null(strategy="backward"))

    (finding,) = audit_features(filled, quiet)
    assert finding.status is Status.LEAK
    assert list(finding.columns) == ["news_sentiment_score"]


def test_news_of_the_next_day_is_found(clean_facts, making):
    def eager(facts):
        early = facts.observations.with_columns(pl.col("event_at").alias("known_at"))
        return making.rows_of(type(facts)(facts.bars, early, facts.splits))

    (finding,) = audit_features(eager, clean_facts)
    assert finding.status is Status.LEAK
    assert set(finding.columns) == {"unemployment_rate", "news_sentiment_score"}


def test_rows_that_are_there_only_because_of_what_came_later_are_found(clean_facts, making):
    def winners(facts):
        rows = making.rows_of(facts)
        return rows.filter(pl.col("target_return_90d") > 0)

    (finding,) = audit_features(winners, clean_facts)
    assert finding.status is Status.LEAK
    assert "rows are there only because of what came later" in finding.detail


def test_the_right_builder_passes_at_moments_of_ones_own(clean_facts, making):
    (finding,) = audit_features(making.build, clean_facts, cuts=[CUT, CUT + timedelta(hours=7)])
    assert finding.status is Status.OK
    assert finding.figures["cuts"] == 2


def test_a_function_without_rows_is_refused(clean_facts):
    with pytest.raises(EmptyData, match="made no rows"):
        audit_features(lambda facts: pl.DataFrame(), clean_facts)


def test_the_rubbish_leaves_the_past_alone_and_spares_nothing_later(clean_facts):
    world = perturbed(clean_facts, CUT, np.random.default_rng(0))
    past, later = pl.col("known_at") <= CUT, pl.col("known_at") > CUT
    prices = ["open", "high", "low", "close"]
    assert world.bars.filter(past).equals(clean_facts.bars.filter(past))
    assert world.observations.filter(past).equals(clean_facts.observations.filter(past))
    moved = world.bars.filter(later), clean_facts.bars.filter(later)
    for name in (*prices, "volume"):
        assert (moved[0][name] != moved[1][name]).all()
    values = world.observations.filter(later)["value"], clean_facts.observations.filter(later)["value"]
    assert (values[0] != values[1]).all()


def test_the_rubbish_could_be_a_market(clean_facts):
    bars = perturbed(clean_facts, CUT, np.random.default_rng(0)).bars
    assert bars.select(pl.all_horizontal(pl.col("open", "high", "low", "close").is_finite()).all()).item()
    assert bars.select((pl.col("low") > 0).all()).item()
    assert bars.select((pl.col("low") <= pl.min_horizontal("open", "close")).all()).item()
    assert bars.select((pl.col("high") >= pl.max_horizontal("open", "close")).all()).item()
    # no jump that a builder would take for a split
    assert bars["close"].pct_change().abs().max() < 0.4


def test_a_split_of_the_first_day_that_is_rubbish_goes_with_its_bar(clean_facts):
    """Known at 00:00 is the bar of the day before: a split of the day that begins then is the future's."""
    first_later = clean_facts.bars.filter(pl.col("known_at") > CUT).sort("event_at").row(0, named=True)
    split = {"symbol": first_later["symbol"], "event_at": first_later["event_at"], "ratio": 4.0}
    splits = pl.DataFrame([{**split, "source": "t", "origin": "recorded"}], schema=clean_facts.splits.schema)
    facts = Facts(clean_facts.bars, clean_facts.observations, splits)
    assert perturbed(facts, CUT, np.random.default_rng(0)).splits.is_empty()
    assert len(perturbed(facts, CUT + timedelta(days=3), np.random.default_rng(0)).splits) == 1
