"""Facts that claim to be known before they could be."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from foretune.audit.clocks import check_clocks, declared_lags
from foretune.audit.finding import Status
from foretune.datasets.facts import Facts, no_observations, no_splits
from foretune.datasets.manifest import Manifest
from foretune.tables.release_calendar import RELEASE_RULES

DAY = timedelta(days=1)


def leaks(findings):
    return [finding for finding in findings if finding.status is Status.LEAK]


def with_observations(given, *parts):
    return Facts(given.bars, pl.concat(parts), no_splits())


def days(given):
    return given.bars["event_at"].to_list()


def test_facts_with_right_clocks_pass(clean_facts):
    assert {finding.status for finding in check_clocks(clean_facts)} == {Status.OK}


@pytest.mark.parametrize(
    ("field", "lag"),
    [("cpi_yoy", timedelta(0)), ("unemployment_rate", 28 * DAY), ("gdp_growth_qoq", 60 * DAY)],
)
def test_a_release_known_by_the_end_of_its_period_is_a_join_on_the_period(clean_facts, making, field, lag):
    early = making.observations(field, making.months(60), lag, [1.0] * 60)
    (finding,) = leaks(check_clocks(with_observations(clean_facts, early)))
    assert list(finding.columns) == [field]
    assert "first 2016-01-01 known" in finding.detail
    assert "release" in finding.mend


def test_a_month_dated_at_its_very_end_is_one_too(clean_facts, making):
    months = making.months(61)
    early = making.observations("cpi_yoy", months[:60], timedelta(0), [1.0] * 60).with_columns(
        pl.Series("known_at", months[1:], dtype=pl.Datetime("us", "UTC"))
    )
    assert len(leaks(check_clocks(with_observations(clean_facts, early)))) == 1


def test_a_series_with_a_declared_rule_is_held_to_its_period(clean_facts, making):
    early = making.observations("vix", days(clean_facts), timedelta(hours=12), [20.0] * 1500, series="VIXCLS")
    (finding,) = leaks(check_clocks(with_observations(clean_facts, early)))
    assert "vix (VIXCLS): 1,500 values known before their day is over" in finding.detail


def test_news_known_before_their_bucket_is_over_come_from_the_future(clean_facts, making):
    early = making.observations("news_sentiment_score", days(clean_facts), timedelta(hours=1), [0.0] * 1500)
    (finding,) = leaks(check_clocks(with_observations(clean_facts, early)))
    assert "known before their bucket (1 day, 0:00:00) is over" in finding.detail


def test_a_close_known_when_its_day_begins_is_found(clean_facts, making):
    early = making.observations("dxy", days(clean_facts), timedelta(0), [100.0] * 1500, basis="close")
    (finding,) = leaks(check_clocks(with_observations(clean_facts, early)))
    assert list(finding.columns) == ["dxy"]


def test_a_reading_that_is_about_its_own_moment_may_be_known_then(clean_facts, making):
    reading = making.observations("funding_rate", days(clean_facts), timedelta(0), [1e-4] * 1500)
    assert leaks(check_clocks(with_observations(clean_facts, reading))) == []


def test_bars_known_before_their_end_are_found(clean_facts):
    early = clean_facts.bars.with_columns(pl.col("known_at") - timedelta(hours=1))
    (finding,) = leaks(check_clocks(Facts(early, no_observations(), no_splits())))
    assert finding.what == "1,500 bars of BTC-USD are known before their end"


def test_a_stock_known_at_the_close_of_its_session_is_right(clean_facts):
    session = clean_facts.bars.with_columns(
        pl.lit("equity").alias("asset_class"), pl.col("event_at") + timedelta(hours=20)
    ).with_columns(pl.col("event_at") - timedelta(hours=20), pl.col("event_at").alias("known_at"))
    assert leaks(check_clocks(Facts(session, no_observations(), no_splits()))) == []


def test_one_value_per_month_of_a_revised_series_is_a_warning(clean_facts, making):
    latest = making.observations("cpi_yoy", making.months(60), 45 * DAY, [1.0] * 60)
    (warning,) = [f for f in check_clocks(with_observations(clean_facts, latest)) if f.status is Status.WARNING]
    assert warning.what == "cpi_yoy: one value per period, though its agency revises"


def test_the_share_of_assumed_release_times_is_said(clean_facts, making):
    half = [
        making.observations("vix", part, DAY, [20.0] * len(part), basis=basis)
        for part, basis in ((days(clean_facts)[:750], "assumed"), (days(clean_facts)[750:], "published"))
    ]
    (warning,) = [f for f in check_clocks(with_observations(clean_facts, *half)) if f.status is Status.WARNING]
    assert warning.detail == "vix 50%"


@pytest.mark.parametrize(
    ("field", "days_after"),
    # the soonest there can be: prices take a week, the first of a month can be the first Friday, accounts 20 days
    [("cpi_yoy", 7), ("unemployment_rate", 1), ("gdp_growth_qoq", 20)],
)
def test_a_release_sooner_than_its_agency_can_count_is_found_whatever_its_basis(clean_facts, making, field, days_after):
    period = "1q" if field == "gdp_growth_qoq" else "1mo"
    starts = making.months(60)[::3]
    given = making.observations(field, starts, timedelta(0), [1.0] * len(starts))
    end = pl.col("event_at").dt.offset_by(period)
    soonest = given.with_columns((end + days_after * DAY).alias("known_at"))
    assert leaks(check_clocks(with_observations(clean_facts, soonest))) == []
    early = soonest.with_columns(pl.col("known_at") - timedelta(hours=1))
    (finding,) = leaks(check_clocks(with_observations(clean_facts, early)))
    assert list(finding.columns) == [field]


@pytest.mark.parametrize(("field", "series"), [("us10y_yield", "DGS10"), ("oil_price", "DCOILWTICO")])
def test_an_assumed_release_before_its_rule_is_found(clean_facts, making, field, series):
    lag = RELEASE_RULES[series].lag_days * DAY + DAY
    kept = making.observations(field, days(clean_facts), lag, [1.0] * 1500, basis="assumed", series=series)
    assert leaks(check_clocks(with_observations(clean_facts, kept))) == []
    at_day_end = kept.with_columns((pl.col("event_at") + DAY).alias("known_at"))
    (finding,) = leaks(check_clocks(with_observations(clean_facts, at_day_end)))
    assert finding.what == f"{field}: assumed to be known sooner than they are published"
    assert "first 2018-01-01 known 2018-01-02 00:00" in finding.detail


def test_a_lag_that_the_plan_declares_is_a_warning(clean_facts, making):
    short = making.observations("vix", days(clean_facts), DAY, [20.0] * 1500, basis="assumed", series="VIXCLS")
    findings = check_clocks(with_observations(clean_facts, short), declared={"vix"})
    assert leaks(findings) == []
    assert any("as the plan declares" in finding.what for finding in findings if finding.status is Status.WARNING)


def test_lags_declared_for_all_assets_or_for_one_are_read_from_the_plan():
    spec = {
        "fields": {"vix": {"release_lag_days": 2}, "dxy": {"release_lag_days": None}},
        "assets": [{"symbol": "BTC-USD", "fields": {"market_cap": {"known_after_days": 1}}}],
    }
    manifest = Manifest(
        name="lags", foretune="0", origin="recorded", spec=spec, inputs=[], rows={}, splits={}, coverage={},
        known_at_basis={}, independent_blocks={}, quarantine={}, files={}, notes=[],
    )  # fmt: skip
    assert declared_lags(manifest) == {"vix", "market_cap"}
    assert declared_lags(None) == set()
