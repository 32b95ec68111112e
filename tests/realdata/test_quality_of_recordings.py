"""What the quality gates say of the shipped pipelines, and a defect of the recording that they find."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from foretune.datasets.facts import OBSERVATION_COLUMNS
from foretune.quality.load import load
from foretune.quality.measure import measure

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def evidence(built):
    return load(built.folder)[1]


@pytest.fixture(scope="module")
def results(evidence):
    return {result.gate: result for result in measure("btc_90d", evidence).results}


@pytest.fixture(scope="module")
def market_values(recorded_rows):
    """CoinGecko's market values as observations, each dated `days` before the day of its row."""

    def shifted(days):
        rows = [row for row in recorded_rows("crypto/coingecko_btc_daily.csv") if row["market_cap"]]
        at = [datetime.fromisoformat(row["snapped_at"][:10]).replace(tzinfo=UTC) - timedelta(days=days) for row in rows]
        frame = pl.DataFrame({"event_at": at, "value": [float(row["market_cap"]) for row in rows]})
        labels = {"field": "market_cap", "symbol": "BTC-USD", "series": "x", "basis": "close", "source": "x"}
        return frame.with_columns(
            **{name: pl.lit(text) for name, text in labels.items()},
            known_at=pl.col("event_at") + timedelta(days=1),
            origin=pl.lit("recorded"),
        ).select(OBSERVATION_COLUMNS)

    return shifted


def test_ten_years_of_bitcoin_miss_no_gate_that_ends_a_build(results):
    assert [gate for gate, result in results.items() if result.status == "fail"] == []
    assert results["completeness"].value == results["target_coverage"].value == 1.0
    assert results["gaps"].value == 1  # every day is there
    assert results["broken_bars"].value == 0


def test_nine_assets_miss_no_gate_that_ends_a_build(built_multi):
    report = measure("multi_asset", load(built_multi.folder)[1])
    assert report.failed == ()
    gaps = next(result for result in report.results if result.gate == "gaps")
    own = {row["asset"]: row for row in gaps.details}
    # New York closed for a hurricane on 2012-10-29 and 30; recorded FX lacks the week after 2016-12-09
    assert own["SPY"]["missing_sessions"] == 0
    assert (own["EURUSD"]["after"], own["EURUSD"]["until"]) == ("2016-12-09", "2016-12-16")


def test_the_two_quarters_of_the_pandemic_are_two_values_of_gdp(results):
    (gdp,) = [row for row in results["outliers"].details if row["field"] == "gdp_growth_qoq"]
    assert gdp["outliers"] == 2
    assert gdp["on"] in ("2020-04-01", "2020-07-01")
    assert results["outliers"].status == "pass"


@pytest.mark.parametrize(
    ("days_back", "wrong_quarters"),
    [
        # taken as the close of the day before, rows up to 2018-01-29 run a day ahead of the bars …
        (1, {f"{year} Q{quarter}" for year in (2015, 2016, 2017) for quarter in (1, 2, 3, 4)} | {"2014 Q4"}),
        # … and taken as the close of their own day, those from 2018-01-30 on run a day behind
        (0, {f"{year} Q{quarter}" for year in range(2019, 2025) for quarter in (1, 2, 3, 4)}),
    ],
)
def test_rows_of_coingecko_changed_their_day_in_january_2018(evidence, market_values, days_back, wrong_quarters):
    own = replace(evidence, facts=replace(evidence.facts, observations=market_values(days_back)))
    found = next(result for result in measure("btc_90d", own).results if result.gate == "second_source")
    assert found.status == "warn"
    off = {
        row["quarter"]
        for row in found.details
        if min(row["day_before"], row["day_after"]) < row["same_day"] / 2 and row["days"] >= 30
    }
    assert wrong_quarters <= off
    assert len(off - wrong_quarters) <= 5  # the year of the change itself
