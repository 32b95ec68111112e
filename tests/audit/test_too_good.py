"""Columns that know the future, found in the numbers alone."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from foretune.audit.dataset import as_numbers
from foretune.audit.finding import Status
from foretune.audit.too_good import check_too_good

CLOSE = pl.col("price_close")
TARGET = pl.col("target_return_90d")


def planted(clean, expression):
    return clean.with_columns(expression.alias("planted"))


LEAKS = {
    "the target itself": pl.col("target_return_90d"),
    "the target, turned round and squeezed": -pl.col("target_return_90d").tanh(),
    "the price of the target": pl.col("target_price_90d"),
    "tomorrow's close": CLOSE.shift(-1),
    "a centred mean of 21 days": CLOSE.rolling_mean(21, center=True),
    "the change of the next week": CLOSE.shift(-5) / CLOSE - 1,
    "the size of the target": TARGET.abs(),
    "a flag of its direction": TARGET > 0,
    "its direction in words": pl.when(TARGET > 0).then(pl.lit("bull")).otherwise(pl.lit("bear")),
    "a category of its direction": pl.when(TARGET > 0)
    .then(pl.lit("b"))
    .otherwise(pl.when(CLOSE.diff() > 0).then(pl.lit("a")).otherwise(pl.lit("c")))
    .cast(pl.Categorical),
    "a time that counts its days": pl.lit(datetime(2020, 1, 1, tzinfo=UTC)) + pl.duration(hours=TARGET * 1000),
    "noise that is missing where it falls": pl.when(TARGET > 0).then((pl.int_range(pl.len()) * 7919) % 1009),
    "the size of tomorrow's move": (CLOSE.shift(-1) / CLOSE).log().abs(),
    "the direction of tomorrow": CLOSE.shift(-1) > CLOSE,
    "an oscillator of tomorrow": (CLOSE / CLOSE.shift(10) - 1).shift(-1),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_column_is_named(clean, making, leak):
    (finding,) = check_too_good(making.dataset(as_numbers(planted(clean, LEAKS[leak]))))
    assert finding.status is Status.LEAK
    assert list(finding.columns) == ["planted"]
    assert finding.detail.startswith("planted: rho ")


HONEST = {
    "a trailing mean": CLOSE.rolling_mean(20),
    "yesterday's close": CLOSE.shift(1),
    "the change of the last quarter": CLOSE / CLOSE.shift(90) - 1,
    "a constant": pl.lit(1.0),
    "the range of the last month": (CLOSE.rolling_max(30) / CLOSE.rolling_min(30)).log(),
    "a day of the week": pl.col("decision_at").dt.weekday(),
    "a word for every month": pl.col("decision_at").dt.strftime("%b"),
    "the moment itself": pl.col("decision_at") + pl.duration(days=90),
    "a reading that begins later": pl.when(pl.int_range(pl.len()) > 600).then(1.0),
    "nothing": pl.lit(None, dtype=pl.Float64),
}


@pytest.mark.parametrize("feature", HONEST)
def test_a_column_of_the_past_is_not(clean, making, feature):
    (finding,) = check_too_good(making.dataset(as_numbers(planted(clean, HONEST[feature]))))
    assert finding.status is Status.OK


def test_a_window_that_reaches_a_little_ahead_is_a_warning(clean, making):
    # 30 days of which the last 5 lie ahead: sqrt(5 / 30) = 0.41 with the next 5 days
    ahead = (CLOSE / CLOSE.shift(30) - 1).shift(-5)
    rows = clean.with_columns(pl.when(pl.int_range(pl.len()) % 2 == 0).then(ahead).otherwise(None).alias("planted"))
    (finding,) = check_too_good(making.dataset(rows))
    assert finding.status is Status.WARNING
    assert list(finding.columns) == ["planted"]


@pytest.mark.slow
def test_walks_without_any_relation_raise_no_alarm(making):
    """Trending columns of noise against overlapping targets: what fools a plain correlation."""
    rng = np.random.default_rng(2)
    alarms = 0
    for seed in range(40):
        rows = making.build(making.facts(days=1200, seed=seed))
        walks = {f"walk_{at}": np.cumsum(rng.normal(size=len(rows))) for at in range(30)}
        alarms += check_too_good(making.dataset(rows.with_columns(**walks)))[0].status is Status.LEAK
    assert alarms == 0


def test_a_history_of_few_blocks_cannot_be_judged_on_the_target(making):
    short = making.rows_of(making.facts(days=300)).select(
        "asset_symbol", "decision_at", "momentum_30d", "target_return_90d", "label_start_at", "label_end_at"
    )
    (finding,) = check_too_good(making.dataset(short))
    assert finding.status is Status.SKIPPED


def test_no_prefix_hides_a_column(clean, making):
    hidden = clean.with_columns(TARGET.alias("label_hint"), TARGET.alias("target_90d"), TARGET.alias("fold"))
    (finding,) = check_too_good(making.dataset(hidden))
    assert set(finding.columns) == {"label_hint", "target_90d", "fold"}


def test_two_rare_events_that_coincide_prove_nothing(clean, making):
    # one row in a thousand is marked by both: rho is 1, and chance enough
    rare = clean.with_columns(
        pl.when(pl.int_range(pl.len()) == 700).then(-0.5).otherwise(0.5).alias("target_return_90d")
    )
    (finding,) = check_too_good(making.dataset(planted(rare, TARGET < 0)))
    assert finding.status is Status.OK
