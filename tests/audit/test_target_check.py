"""The target is a price that was observed, one horizon later, in all its forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from foretune.audit.finding import Status
from foretune.audit.target import check_target
from foretune.datasets.facts import Facts

PRICE, LOG, PERCENT = "target_price_90d", "target_return_90d", "target_return_pct_90d"


def leaks(findings):
    return [finding for finding in findings if finding.status is Status.LEAK]


def test_an_observed_target_passes_all_three_questions(clean, clean_facts, making):
    findings = check_target(making.dataset(clean, clean_facts))
    assert [finding.status for finding in findings] == [Status.OK] * 3


def test_a_percent_return_in_the_logs_place_is_wrong(clean, clean_facts, making):
    (finding,) = leaks(check_target(making.dataset(clean.with_columns(pl.col(PERCENT).alias(LOG)), clean_facts)))
    assert finding.what.startswith("1,380 of 1,380 rows whose return is not that of the target price")


def test_a_smoothed_target_is_not_the_price_observed(clean, clean_facts, making):
    smooth = pl.col(PRICE).rolling_mean(5, min_samples=1)
    rows = clean.with_columns(smooth.alias(PRICE)).with_columns(
        (pl.col(PRICE) / pl.col("price_close")).log().alias(LOG),
        ((pl.col(PRICE) / pl.col("price_close") - 1) * 100).alias(PERCENT),
    )
    (finding,) = leaks(check_target(making.dataset(rows, clean_facts)))
    assert finding.what.endswith("rows whose target is not the price observed")
    assert "BTC-USD decided 2018-02-02" in finding.detail  # the second row is the first that differs


def test_a_target_after_60_days_under_the_name_of_90_is_found(clean, clean_facts, making):
    early = clean.with_columns(pl.col("label_end_at") - timedelta(days=30))
    first, second = leaks(check_target(making.dataset(early, clean_facts)))
    assert "does not cover 90 to 95 days" in first.what
    assert "not the price observed" in second.what


def test_a_label_that_begins_before_its_decision_is_found(clean, clean_facts, making):
    before = clean.with_columns(pl.col("label_start_at") - timedelta(days=1))
    (finding,) = leaks(check_target(making.dataset(before, clean_facts)))
    assert "from the decision" in finding.what


def test_a_price_across_a_split_is_counted_in_the_units_of_the_rows_own_day(making):
    given = making.facts(symbols=("AAPL",))
    day = datetime(2020, 8, 31, tzinfo=UTC)
    halved = pl.when(pl.col("event_at") >= day).then(pl.col("close") / 4).otherwise(pl.col("close"))
    splits = pl.DataFrame(
        {"symbol": ["AAPL"], "event_at": [day], "ratio": [4.0], "source": ["test"], "origin": ["recorded"]},
        schema_overrides={"event_at": pl.Datetime("us", "UTC")},
    )
    raw = Facts(given.bars.with_columns(halved.alias("close")), given.observations, splits)
    naive = making.build(raw)  # takes raw prices on both sides of the split
    (finding,) = leaks(check_target(making.dataset(naive, raw)))
    # the 90 decisions whose target lies behind the split
    assert finding.what.startswith("90 of 1,380 rows")
    assert "decided 2020-06-03" in finding.detail  # the bar of 2 June: 90 days before the split
    factor = pl.when(pl.col("timestamp") >= day).then(4.0).otherwise(1.0)
    later = pl.when(pl.col("timestamp") + timedelta(days=90) >= day).then(4.0).otherwise(1.0)
    price = pl.col(PRICE) * later / factor
    right = naive.with_columns(price.alias(PRICE)).with_columns(
        (pl.col(PRICE) / pl.col("price_close")).log().alias(LOG),
        ((pl.col(PRICE) / pl.col("price_close") - 1) * 100).alias(PERCENT),
    )
    assert leaks(check_target(making.dataset(right, raw))) == []


def test_without_facts_or_prices_the_question_is_skipped(clean, making):
    bare = clean.drop(PRICE, PERCENT)
    statuses = [finding.status for finding in check_target(making.dataset(bare))]
    assert statuses == [Status.SKIPPED, Status.OK, Status.SKIPPED]
