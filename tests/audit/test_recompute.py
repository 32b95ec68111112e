"""A panel that is not what its facts make, and which leak explains it."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from foretune.audit.finding import Status
from foretune.audit.recompute import check_recompute

DAY = timedelta(days=1)


def check(panel, given, making):
    return check_recompute(making.dataset(panel, given), given, making.build(given), making.build)


def leaking(clean, given, making, observations, columns):
    """The clean panel, with `columns` as other `observations` make them."""
    other = making.build(type(given)(given.bars, observations, given.splits))
    return clean.with_columns(other[name] for name in columns)


def test_a_panel_made_of_its_facts_is_the_same_bit_for_bit(clean, clean_facts, making):
    (finding,) = check(clean, clean_facts, making)
    assert finding.status is Status.OK
    assert finding.what == "5 columns of 1,380 rows made again, bit for bit"


def test_one_changed_bit_is_found(clean, clean_facts, making):
    at = clean["decision_at"][700]
    nudged = pl.when(pl.col("decision_at") == at).then(pl.col("sma_20") * (1 + 3e-16)).otherwise(pl.col("sma_20"))
    (finding,) = check(clean.with_columns(nudged.alias("sma_20")), clean_facts, making)
    assert finding.status is Status.LEAK
    assert finding.detail == "sma_20: 1 values differ, first BTC-USD 2020-01-02 00:00"


def test_a_join_on_the_period_is_named_as_such(clean, clean_facts, making):
    early = clean_facts.observations.sort("known_at").unique(["series", "event_at"], keep="last", maintain_order=True)
    early = early.with_columns(pl.col("event_at").alias("known_at"))
    panel = leaking(clean, clean_facts, making, early, ["unemployment_rate"])
    (finding,) = check(panel, clean_facts, making)
    assert finding.status is Status.LEAK
    assert list(finding.columns) == ["unemployment_rate"]
    assert "(joined on its period, before it was published)" in finding.detail


def test_revised_macro_is_named_as_such(clean, clean_facts, making):
    revised = clean_facts.observations.sort("known_at").with_columns(
        pl.col("value").last().over("series", "event_at").alias("value")
    )
    panel = leaking(clean, clean_facts, making, revised, ["unemployment_rate"])
    (finding,) = check(panel, clean_facts, making)
    assert finding.status is Status.LEAK
    assert "(holds later revisions)" in finding.detail


def test_future_news_are_named_with_the_days(clean, clean_facts, making):
    ahead = clean_facts.observations.with_columns(
        pl.when(pl.col("field") == "news_sentiment_score")
        .then(pl.col("known_at") - 3 * DAY)
        .otherwise(pl.col("known_at"))
        .alias("known_at")
    )
    panel = leaking(clean, clean_facts, making, ahead, ["news_sentiment_score"])
    (finding,) = check(panel, clean_facts, making)
    assert list(finding.columns) == ["news_sentiment_score"]
    assert "(holds the values of 3 days later)" in finding.detail


def test_columns_without_a_leak_that_explains_them_are_still_named(clean, clean_facts, making):
    value = pl.col("momentum_30d")
    scaled = clean.with_columns((value - value.mean()) / value.std())
    (finding,) = check(scaled, clean_facts, making)
    assert finding.status is Status.LEAK
    assert finding.what == "momentum_30d is not what the facts make"
    assert "(" not in finding.detail


def test_rows_that_no_fact_makes_are_found(clean, clean_facts, making):
    invented = clean.head(2).with_columns(pl.lit("ETH-USD").alias("asset_symbol"))
    finding = check(pl.concat([clean, invented]), clean_facts, making)[0]
    assert finding.status is Status.LEAK
    assert finding.what == "2 rows are not made by these facts"


def test_a_column_of_somebody_elses_is_left_to_the_other_checks(clean, clean_facts, making):
    panel = clean.with_columns(pl.lit(1.0).alias("mine"))
    first, second = check(panel, clean_facts, making)
    assert (first.status, second.status) == (Status.OK, Status.WARNING)
    assert list(second.columns) == ["mine"]


def test_rows_that_were_left_out_are_told(clean, clean_facts, making):
    winners = clean.filter(pl.col("target_return_90d") > 0)
    findings = check(winners, clean_facts, making)
    warning = next(finding for finding in findings if finding.status is Status.WARNING)
    assert warning.what == f"{1380 - len(winners)} rows that the facts make are not in the panel"


def test_losing_rows_that_count_as_purged_are_found(clean, clean_facts, making):
    losing = (pl.col("split") == "test") & (pl.col("target_return_90d") < 0)
    hidden = clean.with_columns(pl.when(losing).then(pl.lit("purged")).otherwise("split").alias("split"))
    (finding,) = check(hidden, clean_facts, making)
    assert finding.status is Status.LEAK
    assert finding.figures == {"rows": clean.filter(losing).height}
    assert "(purged where the facts make test)" in finding.detail


def test_times_that_the_facts_do_not_make_are_found(clean, clean_facts, making):
    early = [pl.col(name) - 30 * DAY for name in ("timestamp", "label_start_at", "label_end_at")]
    (finding,) = check(clean.with_columns(early), clean_facts, making)
    assert list(finding.columns) == ["timestamp", "label_start_at", "label_end_at"]
