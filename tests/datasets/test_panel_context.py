"""The panel's context columns: always there, from the right series, and blind to whatever follows."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.datasets.facts import OBSERVATION_COLUMNS, Facts, no_observations, no_splits
from foretune.datasets.panel import Panel, PanelSpec, build_panel, panel_columns
from foretune.datasets.splits import SplitSpec
from foretune.errors import DataError
from foretune.features.macro import SERIES_FIELDS
from foretune.features.registry import FIELDS

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = 420
UTC_US = pl.Datetime("us", "UTC")
SPEC = PanelSpec(horizon_days=30, split=SplitSpec(validation=0, test=0.4))
FEATURES = ["return_1d_pct", "price_close", *(field.name for field in FIELDS)]


def day(number: float) -> datetime:
    return FIRST + timedelta(days=number)


def bars(symbol: str, seed: int, asset_class: str = "crypto", days: int = DAYS) -> pl.DataFrame:
    close = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, days)))
    return pl.DataFrame(
        {
            "symbol": symbol,
            "event_at": [day(n) for n in range(days)],
            "known_at": [day(n + 1) for n in range(days)],
            "asset_class": asset_class,
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": close * 7,
            "volume_quote": None,
            "source": "test",
            "origin": "recorded",
        },
        schema_overrides={"event_at": UTC_US, "known_at": UTC_US, "volume_quote": pl.Float64},
    )


def observed(field: str, rows: list[tuple[float, float, float]], symbol: str | None = None) -> pl.DataFrame:
    """(event day, known day, value)"""
    return pl.DataFrame(
        {
            "field": field,
            "symbol": symbol,
            "series": f"series of {field}",
            "event_at": [day(event) for event, _, _ in rows],
            "known_at": [day(known) for _, known, _ in rows],
            "value": [value for _, _, value in rows],
            "basis": "published",
            "source": "test",
            "origin": "recorded",
        },
        schema_overrides={"event_at": UTC_US, "known_at": UTC_US, "symbol": pl.String, "value": pl.Float64},
    ).select(OBSERVATION_COLUMNS)


def daily(field: str, symbol: str | None = None) -> pl.DataFrame:
    """Daily values, each known a day later, every tenth of them revised after nine days."""
    values = 50 + np.random.default_rng(len(field)).normal(0, 1, DAYS).cumsum()
    rows = [(n, n + 1, v) for n, v in enumerate(values)]
    return observed(field, [*rows, *((n, n + 9, v + 0.5) for n, _, v in rows[::10])], symbol)


def monthly(field: str) -> pl.DataFrame:
    """Two years of months and quarters before and in the span, each known after 40 days, revised after 80."""
    months = [datetime(2018 + m // 12, m % 12 + 1, 1, tzinfo=UTC) for m in range(38)]
    numbers = [(at - FIRST).days for at in months]
    rows = [(n, n + 40, 200.0 + m * m % 7 + m) for m, n in enumerate(numbers)]
    return observed(field, [*rows, *((n, n + 80, v + 1) for n, _, v in rows)])


@cache
def everything() -> Facts:
    """Two coins and a share that splits 4:1 on day 150 and 1:2 on day 300, with every field fed."""
    released = [name for name, field in SERIES_FIELDS.items() if field.released]
    own = ["funding_rate", "open_interest", "market_cap", "news_sentiment_score"]
    observations = [
        *(monthly(name) for name in released),
        *(daily(name, "BTC-USD") for name in own),
        *(
            daily(name)
            for name in SERIES_FIELDS
            if name not in (*released, "funding_rate", "open_interest", "market_cap")
        ),
    ]
    splits = pl.DataFrame(
        {
            "symbol": "SHARE",
            "event_at": [day(150), day(300)],
            "ratio": [4.0, 0.5],
            "source": "test",
            "origin": "recorded",
        },
        schema_overrides={"event_at": UTC_US},
    )
    share = bars("SHARE", 3, "equity")
    factor = (
        pl.when(pl.col("event_at") < day(150)).then(1.0).when(pl.col("event_at") < day(300)).then(4.0).otherwise(2.0)
    )
    share = share.with_columns(pl.col("open", "high", "low", "close") / factor, pl.col("volume") * factor)
    return Facts(pl.concat([bars("BTC-USD", 1), bars("ETH-USD", 2), share]), pl.concat(observations), splits)


@cache
def whole() -> Panel:
    return build_panel(everything(), SPEC)


def panel(*observations: pl.DataFrame) -> Panel:
    facts = Facts(bars("BTC-USD", 1), pl.concat([no_observations(), *observations]), no_splits())
    return build_panel(facts, SPEC)


def as_bytes(built: Panel) -> bytes:
    buffer = io.BytesIO()
    built.rows.write_parquet(buffer)
    built.quarantine.write_parquet(buffer)
    return buffer.getvalue()


def test_all_columns_are_there_in_one_order_and_type_whatever_is_fed():
    bare, full = panel(), whole()
    assert tuple(bare.rows.columns) == panel_columns(30)
    assert tuple(bare.quarantine.columns) == (*panel_columns(30)[:-1], "reason")
    assert bare.rows.schema == full.rows.schema
    assert bare.quarantine.schema == full.quarantine.schema
    for field in FIELDS:
        assert full.rows.schema[field.name] == (pl.Boolean if field.group == "flag" else pl.Float64)


def test_with_everything_fed_every_context_field_has_values():
    rows = whole().rows.filter(pl.col("asset_symbol") == "BTC-USD")
    empty = [field.name for field in FIELDS if field.group != "flag" and rows[field.name].null_count() == len(rows)]
    assert empty == []


def test_without_a_source_a_field_is_null_and_its_flag_says_so():
    rows = panel(daily("vix")).rows
    assert rows["gold_price"].null_count() == len(rows)
    assert rows["gold_price_missing"].all()
    assert not rows["vix_missing"].any()
    assert rows["corr_vix_30d"].null_count() == 0
    assert rows["corr_gold_30d"].null_count() == len(rows)


def test_an_asset_with_its_own_series_uses_that_one_alone():
    shared = observed("news_sentiment_score", [(n, n + 1, 1.0) for n in range(DAYS)])
    own = observed("news_sentiment_score", [(n, n + 1, 2.0) for n in range(250)], "BTC-USD")
    facts = Facts(pl.concat([bars("BTC-USD", 1), bars("ETH-USD", 2)]), pl.concat([shared, own]), no_splits())
    rows = build_panel(facts, SPEC).rows
    score = {name: part["news_sentiment_score"] for (name,), part in rows.group_by("asset_symbol")}
    assert score["ETH-USD"].to_list() == [1.0] * len(score["ETH-USD"])
    # where its own ended the shared one does not step in: that would be a fall nobody observed
    assert set(score["BTC-USD"]) == {2.0, None}
    changes = rows.filter(pl.col("asset_symbol") == "BTC-USD")["news_sentiment_change_7d"]
    assert set(changes.drop_nulls()) == {0.0}


def test_the_yield_slope_is_the_difference_of_the_rows_own_yields():
    rows = whole().rows
    assert rows["yield_curve_slope"].to_list() == (rows["us10y_yield"] - rows["us2y_yield"]).to_list()


def test_returns_and_target_see_through_splits_while_prices_stay_raw():
    rows = whole().rows.filter(pl.col("asset_symbol") == "SHARE")
    plain = bars("SHARE", 3, "equity")["close"]  # as if there had never been a split
    on = {
        name: rows.filter(pl.col("timestamp") == day(n)).row(0, named=True)
        for name, n in (("before", 299), ("after", 300))
    }
    assert on["after"]["price_close"] == pytest.approx(plain[300] / 2)
    assert on["after"]["return_1d_pct"] == pytest.approx((plain[300] / plain[299] - 1) * 100)
    # a share of day 299 becomes half of one on day 300: its target is told in shares of day 299
    assert on["before"]["target_price_30d"] == pytest.approx(plain[329] / 4)
    assert on["before"]["target_return_30d"] == pytest.approx(np.log(plain[329] / plain[299]))


@pytest.mark.parametrize("horizon", [30, 90, 180])
def test_the_horizon_names_the_target_and_sets_its_distance(horizon):
    prices = bars("BTC-USD", 1, days=800)
    spec = PanelSpec(horizon_days=horizon, split=SplitSpec(validation=0, test=0.2))
    rows = build_panel(Facts(prices, no_observations(), no_splits()), spec).rows
    assert rows["timestamp"][0] == day(199)
    assert rows[f"target_price_{horizon}d"][0] == prices["close"][199 + horizon]
    assert rows["label_end_at"][0] == day(199 + horizon + 1)


def test_the_order_of_the_facts_makes_no_difference_to_a_byte():
    facts = everything()
    mixed = Facts(
        *(table.sample(fraction=1.0, shuffle=True, seed=5) for table in (facts.bars, facts.observations, facts.splits))
    )
    assert as_bytes(build_panel(mixed, SPEC)) == as_bytes(whole())


@given(cut=st.integers(260, 400), rubbish=st.floats(0.01, 100))
@settings(max_examples=8, deadline=None)
def test_whatever_comes_after_a_decision_changes_no_bit_of_its_features(cut, rubbish):
    facts, known = everything(), day(cut)
    later = pl.col("known_at") > known
    changed = Facts(
        facts.bars.filter(pl.col("asset_class") == "crypto").with_columns(
            pl.when(later).then(pl.col(name) * rubbish).otherwise(pl.col(name))
            for name in ("open", "high", "low", "close")
        ),
        facts.observations.with_columns(pl.when(later).then(rubbish).otherwise(pl.col("value")).alias("value")),
        facts.splits,
    )
    seen = pl.col("decision_at") <= known
    before = whole().rows.filter(seen & (pl.col("asset_class") == "crypto"))
    after = build_panel(changed, SPEC).rows.filter(seen)
    assert len(before) > 100
    assert after.select(FEATURES).equals(before.select(FEATURES))


@given(cut=st.integers(290, 400))
@settings(max_examples=6, deadline=None)
def test_features_do_not_know_whether_history_goes_on(cut):
    facts, known = everything(), day(cut)
    short = Facts(
        facts.bars.filter(pl.col("known_at") <= known),
        facts.observations.filter(pl.col("known_at") <= known),
        facts.splits.filter(pl.col("event_at") < known),
    )
    spec = PanelSpec(horizon_days=1, split=SplitSpec(validation=0, test=0.2))
    ended = build_panel(short, spec).rows
    going_on = build_panel(facts, spec).rows.filter(pl.col("decision_at") <= ended["decision_at"].max())
    assert len(ended) > 200
    assert ended.select(FEATURES).equals(going_on.select(FEATURES))


def test_every_bar_is_a_row_or_quarantined():
    built, facts = whole(), everything()
    assert len(built.rows) + len(built.quarantine) == len(facts.bars)
    assert built.quarantine["reason"].null_count() == 0


def test_a_price_that_stands_still_has_no_moves_to_measure():
    still = bars("BTC-USD", 1).with_columns(
        pl.when(pl.col("event_at") > day(250)).then(100.0).otherwise(pl.col(name)).alias(name)
        for name in ("open", "high", "low", "close")
    )
    built = build_panel(Facts(still, no_observations(), no_splits()), SPEC)
    reasons = set(built.quarantine["reason"])
    assert "price did not move in 90 bars: a move in standard deviations has no meaning" in reasons
    # already after 60 equal bars their skew is no number
    assert any(reason.startswith("no value for skew_60d") for reason in reasons)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (observed("moon_phase", [(1, 2, 3.0)]), "'moon_phase', from which no column is made"),
        (observed("funding_rate", [(1, 2, 3.0)], "BTCUSDT"), "belong to 'BTCUSDT', but there are bars of BTC-USD only"),
        (
            pl.concat([observed("vix", [(1, 2, 3.0)]), daily("vix").with_columns(pl.lit("other").alias("series"))]),
            "'vix' of all assets is fed by 2 series, other, series of vix",
        ),
    ],
    ids=["unknown field", "unknown asset", "two series"],
)
def test_observations_that_belong_nowhere_are_refused(rows, says):
    with pytest.raises(DataError, match=says):
        panel(rows)
