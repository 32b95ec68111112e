"""The panel: only what was known, every row accounted for."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from foretune.datasets.example import Example, read_examples, write_examples
from foretune.datasets.facts import OBSERVATION_COLUMNS, Facts, no_observations, no_splits
from foretune.datasets.instructions import make_examples
from foretune.datasets.panel import Panel, PanelSpec, build_panel, coverage
from foretune.datasets.preferences import FAILS, Flaw, make_pairs, spoil, verify
from foretune.datasets.splits import SplitSpec
from foretune.errors import DataError, EmptyData
from foretune.features.technical import TECHNICAL_NAMES

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
UTC_US = pl.Datetime("us", "UTC")


def bars(days: int = 900, symbol: str = "BTC-USD", scale: float = 1.0, after: int | None = None) -> pl.DataFrame:
    close = 100 * np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.03, days)))
    if after is not None:
        close[after + 1 :] *= scale
    events = [FIRST + timedelta(days=day) for day in range(days)]
    return pl.DataFrame(
        {
            "symbol": symbol,
            "event_at": events,
            "known_at": [at + timedelta(days=1) for at in events],
            "asset_class": "crypto",
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": None,
            "volume_quote": 1.0,
            "source": "test",
            "origin": "recorded",
        },
        schema_overrides={"event_at": UTC_US, "known_at": UTC_US, "volume": pl.Float64},
    )


def observed(
    field: str, events: list[datetime], known: list[datetime], values: list[float], symbol: str | None = None
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "field": field,
            "symbol": symbol,
            "series": f"series of {field}",
            "event_at": events,
            "known_at": known,
            "value": values,
            "basis": "published",
            "source": "test",
            "origin": "recorded",
        },
        schema_overrides={"event_at": UTC_US, "known_at": UTC_US, "symbol": pl.String, "value": pl.Float64},
    ).select(OBSERVATION_COLUMNS)


def monthly_cpi() -> pl.DataFrame:
    periods = [datetime(2018 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(60)]
    known = [at + timedelta(days=45) for at in periods]
    return observed("cpi_yoy", periods, known, [100 * 1.002**month for month in range(60)])


def daily(field: str, seed: int, days: int = 900, symbol: str | None = None) -> pl.DataFrame:
    """A positive series of closes, each known at the end of its day."""
    events = [FIRST + timedelta(days=day) for day in range(days)]
    values = 50 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, days)))
    return observed(field, events, [at + timedelta(days=1) for at in events], values.tolist(), symbol)


def panel(
    prices: pl.DataFrame | None = None,
    *observations: pl.DataFrame,
    splits: pl.DataFrame | None = None,
    horizon_days: int = 90,
) -> Panel:
    facts = Facts(
        bars() if prices is None else prices,
        pl.concat([no_observations(), *observations]),
        no_splits() if splits is None else splits,
    )
    return build_panel(facts, PanelSpec(horizon_days=horizon_days, split=SplitSpec(validation=0)))


def test_every_bar_is_in_the_panel_or_in_the_quarantine_with_a_reason():
    built = panel()
    # 900 bars: 199 lack the 200-day average, and the last 90 have no price 90 days later
    assert len(built.rows) == 900 - 199 - 90
    assert len(built.quarantine) == 199 + 90
    assert built.quarantine["reason"].null_count() == 0
    reasons = built.quarantine["reason"]
    assert reasons[198] == "warm-up: sma_200 needs 200 bars"
    assert reasons.to_list().count("no price 90 to 95 days later") == 90
    assert all(built.rows[name].null_count() == 0 for name in TECHNICAL_NAMES)


def test_a_change_across_missing_days_is_not_taken_for_one_days():
    day = FIRST + timedelta(days=500)
    gap = bars().filter(~pl.col("event_at").is_between(day, day + timedelta(days=20)))
    built = panel(gap)
    after = built.quarantine.filter(pl.col("timestamp") == day + timedelta(days=21))
    assert after["reason"].to_list() == ["bars are missing just before this one: its daily change is not known"]
    assert built.rows["return_1d_pct"].null_count() == 0


def test_cpi_is_not_visible_before_its_release():
    rows = panel(None, monthly_cpi()).rows
    # January 2021 (event 2021-01-01) is known on 15 February 2021
    before, after = (
        rows.filter(pl.col("decision_at") == datetime(2021, 2, day, tzinfo=UTC))["cpi_yoy"].item() for day in (14, 15)
    )
    rate = (1.002**12 - 1) * 100
    assert before == pytest.approx(rate)  # December's, known since 15 January
    assert after == pytest.approx(rate)
    moved = monthly_cpi().with_columns(
        pl.when(pl.col("event_at") == datetime(2021, 1, 1, tzinfo=UTC))
        .then(999.0)
        .otherwise(pl.col("value"))
        .alias("value")
    )
    changed = panel(None, moved).rows
    differs = changed.filter(changed["cpi_yoy"] != rows["cpi_yoy"])["decision_at"]
    assert differs.min() == datetime(2021, 2, 15, tzinfo=UTC)


def test_prices_after_a_day_change_no_feature_up_to_that_day():
    original, changed = panel().rows, panel(bars(scale=3.0, after=600)).rows
    names = [*TECHNICAL_NAMES, "return_1d_pct", "price_close"]
    cut = FIRST + timedelta(days=601)
    same = [frame.filter(pl.col("decision_at") <= cut).select(names) for frame in (original, changed)]
    assert len(same[0]) > 300
    assert same[0].equals(same[1])


def test_one_simulated_series_makes_every_row_simulated():
    simulated = monthly_cpi().with_columns(pl.lit("simulated").alias("origin"))
    assert set(panel(None, simulated).rows["origin"]) == {"simulated"}
    assert set(panel(None, monthly_cpi()).rows["origin"]) == {"recorded"}


def test_a_series_that_ended_long_ago_is_missing_and_counted():
    rows = panel(None, monthly_cpi().head(30)).rows
    assert 0 < coverage(rows)["cpi_yoy"] < 0.6


def test_no_usable_row_is_an_error_that_names_the_commonest_reason():
    with pytest.raises(EmptyData, match="warm-up"):
        panel(bars(150))


@cache
def examples() -> list[Example]:
    return list(make_examples(panel().rows))


def test_examples_carry_the_interval_their_label_covers():
    made = examples()
    forecasts = [e for e in made if e.task == "forecast_90d"]
    assert all(e.label_end_at == e.context.as_of + timedelta(days=90) for e in forecasts)
    assert all(e.label_end_at is None for e in made if e.task == "market_analysis")
    assert len({e.id for e in made}) == len(made)


def test_examples_come_back_from_their_file_unchanged(tmp_path):
    made = examples()
    write_examples(made, tmp_path)
    assert read_examples([tmp_path]) == made
    with pytest.raises(DataError, match="foretune build"):
        read_examples([tmp_path / "nowhere"])


def test_each_pair_has_exactly_its_one_flaw_and_all_flaws_occur():
    pairs = make_pairs(examples(), seed=1)
    assert {pair.flaw for pair in pairs} == set(Flaw)
    assert all(pair.chosen != pair.rejected for pair in pairs)
    assert make_pairs(examples(), seed=1) == pairs


@pytest.mark.parametrize("flaw", list(Flaw))
def test_a_flaw_that_is_not_the_declared_one_is_refused(flaw):
    example = examples()[0]
    spoiled = spoil(example, flaw, random.Random(0))
    assert spoiled is not None
    verify(example, spoiled, FAILS[flaw])
    with pytest.raises(DataError, match="should fail"):
        verify(example, spoiled, frozenset())
