"""Every gate misses for its own defect and for no other's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from foretune.quality.gates import DEFAULT_SEVERITY, GateSpec
from foretune.quality.measure import CHECKS, measure
from foretune.tables.schemas import rejected_frame

ROW = pl.int_range(pl.len())


def every(number: int) -> pl.Expr:
    return ROW % number == 0


def without(column: str, where: pl.Expr) -> pl.Expr:
    return pl.when(~where).then(pl.col(column)).alias(column)


def test_a_sound_dataset_misses_no_gate(sound, missed):
    assert missed(sound) == set()


def test_every_gate_has_a_check_and_a_default_severity():
    assert list(CHECKS) == list(DEFAULT_SEVERITY)


def test_completeness_misses_a_tenth_without_an_indicator(sound, changed, missed, result):
    damaged = changed(rows=sound.panel.rows.with_columns(without("rsi_14", every(10))))
    assert missed(damaged) == {"completeness"}
    # 711 rows and 90 younger bars are past the warm-up; every tenth row, 72 of them, lacks the field
    assert result(damaged, "completeness").value == pytest.approx(1 - 72 / 801, abs=1e-5)


def test_completeness_counts_the_fields_that_a_plan_requires(sound, changed, missed, result):
    required = GateSpec(required_fields=["gold_price"])  # no source feeds it
    assert missed(changed(gates=required)) == {"completeness"}
    unknown = result(changed(gates=GateSpec(required_fields=["no_such_field"])), "completeness")
    assert (unknown.status, unknown.value) == ("fail", 0.0)
    assert "no such field: no_such_field" in unknown.what


def test_target_coverage_misses_bars_whose_later_price_is_missing(sound, changed, missed):
    rows = sound.panel.rows
    lost = (
        rows.filter(every(12))
        .drop("split")
        .with_columns(
            pl.lit(None, dtype=pl.Float64).alias("target_price_90d"),
            pl.lit("no price 90 to 95 days later").alias("reason"),
        )
    )
    damaged = changed(rows=rows.filter(~every(12)), quarantine=pl.concat([sound.panel.quarantine, lost]))
    assert missed(damaged) == {"target_coverage"}


def test_the_last_horizon_has_no_target_by_nature(sound, result):
    # 1,000 bars, of which those with bars 95 days later count
    assert "905 bars old enough" in result(sound, "target_coverage").what


def test_outliers_misses_wild_values(sound, changed, missed, result):
    wild = pl.when(every(12)).then(5.0).otherwise(pl.col("log_return_1d")).alias("log_return_1d")
    damaged = changed(rows=sound.panel.rows.with_columns(wild))
    assert missed(damaged) == {"outliers"}
    worst = result(damaged, "outliers").details[0]
    assert (worst["asset"], worst["field"], worst["outliers"]) == ("COIN", "log_return_1d", 60)


def test_two_wild_months_in_years_of_rows_are_two_values(sound, changed, missed, result):
    month = pl.col("field") == "unemployment_rate"
    wild = pl.col("event_at").dt.strftime("%Y-%m").is_in(["2021-04", "2021-05"])
    facts = sound.facts.observations.with_columns(pl.when(month & wild).then(14.7).otherwise("value").alias("value"))
    rows = sound.panel.rows
    joined = rows["decision_at"].is_between(pl.lit(rows["decision_at"][300]), pl.lit(rows["decision_at"][360]))
    damaged = changed(
        observations=facts,
        rows=rows.with_columns(pl.when(joined).then(14.7).otherwise("unemployment_rate").alias("unemployment_rate")),
    )
    assert missed(damaged) == set()
    (found,) = [row for row in result(damaged, "outliers").details if row["field"] == "unemployment_rate"]
    assert (found["asset"], found["outliers"], found["on"][:7]) == ("all", 2, "2021-04")
    assert found["share"] > 0.02 > found["at_least"]


def test_gaps_misses_a_fortnight_without_bars(sound, changed, missed, result):
    bars = sound.facts.bars
    damaged = changed(bars=bars.filter(~ROW.is_between(500, 512)))
    assert missed(damaged) == {"gaps"}
    (asset,) = result(damaged, "gaps").details
    # 2020-01-01 + 499 days and + 513 days
    assert asset == {
        "asset": "COIN",
        "bars": 987,
        "missing_sessions": 13,
        "holes": 1,
        "longest_days": 14,
        "after": "2021-05-14",
        "until": "2021-05-28",
    }


def test_a_week_without_bars_is_no_gap_but_seven_days_are_the_limit(sound, changed, missed):
    bars = sound.facts.bars
    assert missed(changed(bars=bars.filter(~ROW.is_between(500, 505)))) == set()  # 7 days from bar to bar
    assert missed(changed(bars=bars.filter(~ROW.is_between(500, 506)))) == {"gaps"}


def test_correlations_misses_a_feature_that_is_the_target(sound, changed, missed):
    hint = (pl.col("target_return_90d") * 3 + 1).alias("momentum_5d")
    assert missed(changed(rows=sound.panel.rows.with_columns(hint))) == {"correlations"}


def test_the_band_of_chance_comes_from_independent_blocks(sound, result):
    # decisions of 711 days hold 8 labels of 90 days without overlap: 1.96 / sqrt(8)
    assert result(sound, "correlations").details[0]["chance"] == pytest.approx(0.6930, abs=1e-4)


def test_staleness_misses_a_series_that_stopped(sound, changed, missed, result):
    damaged = changed(rows=sound.panel.rows.with_columns(without("vix", pl.len() - 60 <= ROW)))
    assert missed(damaged) == {"staleness"}
    worst = result(damaged, "staleness")
    assert "stopped before the last row: vix" in worst.what
    assert worst.details[0]["null_at_end"] == 60
    assert worst.value == pytest.approx(60 / 711, abs=1e-5)


def test_rows_before_a_series_begins_are_not_stale(sound, changed, missed):
    late = sound.panel.rows.with_columns(without("vix", pl.int_range(pl.len()) < 300))
    assert missed(changed(rows=late)) == set()


def test_duplicates_misses_a_fact_sent_twice(sound, changed, missed):
    twice = rejected_frame("bars of COIN", ["a", "b"], ["primary_key"] * 2)
    assert missed(changed(rejected=twice)) == {"duplicates"}


def test_duplicates_misses_two_rows_of_one_day(sound, changed, missed):
    rows = sound.panel.rows
    assert missed(changed(rows=pl.concat([rows, rows.head(1)]))) == {"duplicates"}


@pytest.mark.parametrize("times", [100.0, 0.1])
def test_unit_breaks_misses_a_series_that_changes_its_unit(sound, changed, missed, result, times):
    late = (pl.col("field") == "vix") & (pl.col("event_at") >= sound.facts.bars["event_at"][700])
    value = pl.when(late).then(pl.col("value") * times).otherwise("value").alias("value")
    damaged = changed(observations=sound.facts.observations.with_columns(value))
    assert missed(damaged) == {"unit_breaks"}
    (jump,) = result(damaged, "unit_breaks").details
    assert (jump["name"], jump["at"]) == ("vix", "2021-12-01")
    assert jump["times"] == pytest.approx(times, rel=0.1)


def test_a_split_is_no_change_of_unit(sound, changed, missed):
    bars = sound.facts.bars
    late = pl.col("event_at") >= bars["event_at"][700]
    prices = [
        pl.when(late).then(pl.col(name) / 10).otherwise(name).alias(name) for name in ("open", "high", "low", "close")
    ]
    split = pl.DataFrame(
        {"symbol": "COIN", "event_at": bars["event_at"][700:701], "ratio": 10.0, "source": "t", "origin": "recorded"}
    )
    damaged = changed(bars=bars.with_columns(prices))
    told = replace(damaged, facts=replace(damaged.facts, splits=split))
    assert "unit_breaks" in missed(damaged)
    assert "unit_breaks" not in missed(told)


def test_undeclared_splits_misses_a_share_that_opens_at_two_thirds(sound, changed, missed, result):
    bars = sound.facts.bars.with_columns(pl.lit("equity").alias("asset_class"))
    closed, opened = bars["close"][299], bars["open"][300]
    late = pl.col("event_at") >= bars["event_at"][300]
    prices = [
        pl.when(late).then(pl.col(name) * (closed / 1.5 / opened)).otherwise(name).alias(name)
        for name in ("open", "high", "low", "close")
    ]
    assert "undeclared_splits" not in missed(changed(bars=bars))
    damaged = changed(bars=bars.with_columns(prices))
    assert "undeclared_splits" in missed(damaged)
    (night,) = result(damaged, "undeclared_splits").details
    assert (night["at"], night["like"]) == (f"{bars['event_at'][300]:%Y-%m-%d}", "3:2")
    assert night["move"] == pytest.approx(1 / 1.5)


def test_undeclared_splits_is_skipped_without_shares(sound, result):
    assert result(sound, "undeclared_splits").status == "skipped"


def test_second_source_misses_a_market_value_that_runs_a_day_ahead(sound, changed, missed, result):
    facts = sound.facts.observations
    early = (pl.col("field") == "market_cap") & (pl.col("event_at") < sound.facts.bars["event_at"][366])
    ahead = pl.when(early).then(pl.col("event_at") - timedelta(days=1)).otherwise("event_at").alias("event_at")
    damaged = changed(observations=facts.with_columns(ahead))
    assert missed(damaged) == {"second_source"}
    found = result(damaged, "second_source")
    assert "(365 of them the next day's)" in found.what  # 2020, whose first day moved before the first bar
    worst = found.details[0]
    assert worst["day_after"] < worst["same_day"] / 2 < worst["day_before"]
    assert worst["quarter"].startswith("2020")


def test_second_source_is_skipped_without_one(sound, changed, result):
    bare = sound.facts.observations.filter(pl.col("field") != "market_cap")
    assert result(changed(observations=bare), "second_source").status == "skipped"


def test_broken_bars_misses_a_source_of_impossible_candles(sound, changed, missed):
    rule = "low_and_high_bound_open_and_close, close min_exclusive"
    assert missed(changed(rejected=rejected_frame("bars of COIN", ["x"] * 30, [rule] * 30))) == {"broken_bars"}
    unfinished = rejected_frame("bars of COIN", ["x"] * 30, ["unfinished candle"] * 30)
    assert missed(changed(rejected=unfinished)) == set()


def test_assumed_lags_misses_if_too_many_release_dates_are_declared(sound, changed, missed, result):
    facts = sound.facts.observations.with_columns(
        pl.when(pl.col("field") == "vix").then(pl.lit("assumed")).otherwise("basis").alias("basis")
    )
    assert missed(changed(observations=facts)) == set()  # allowed unless a plan says otherwise
    damaged = changed(observations=facts, gates=GateSpec(assumed_share_max=0.4))
    assert missed(damaged) == {"assumed_lags"}
    # 1,000 of the coin, 1,000 of the VIX, 34 months
    assert result(damaged, "assumed_lags").value == pytest.approx(1000 / 2034, abs=1e-5)


def test_simulated_share_misses_a_made_up_market_where_none_is_allowed(sound, changed, missed):
    bars = sound.facts.bars.with_columns(pl.lit("simulated").alias("origin"))
    assert missed(changed(bars=bars, gates=GateSpec(simulated_share_max=0))) == {"simulated_share"}


def test_quarantine_misses_when_a_quarter_of_the_bars_makes_no_row(sound, changed, missed, result):
    rows = sound.panel.rows
    aside = rows.filter(every(4)).drop("split").with_columns(pl.lit("price did not move in 90 bars").alias("reason"))
    damaged = changed(rows=rows.filter(~every(4)), quarantine=pl.concat([sound.panel.quarantine, aside]))
    assert missed(damaged) == {"quarantine"}
    reasons = {row["reason"]: row["rows"] for row in result(damaged, "quarantine").details}
    assert reasons["price did not move in 90 bars"] == len(aside)
    assert reasons["warm-up: sma_200 needs 200 bars"] == 199


def test_a_plan_says_what_a_miss_does(sound, changed):
    rows = sound.panel.rows.with_columns(without("rsi_14", every(10)))
    for severity, status in {"fail": "fail", "warn": "warn", "off": "off"}.items():
        damaged = changed(rows=rows, gates=GateSpec(severity={"completeness": severity}))
        report = measure("test", damaged)
        assert report.results[0].status == status
        assert report.failed == (("completeness",) if severity == "fail" else ())
