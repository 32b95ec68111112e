"""The 19 fields beside the guide's 20, against their definitions written out by hand or by scipy."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from foretune.features.kernel import bar_features
from foretune.features.price import PRICE_FIELDS, PRICE_NAMES
from foretune.features.technical import TECHNICAL_NAMES

DAY = 86_400_000_000
AT = 255  # a row past every warm-up


def bars(close, *, volume=None, volume_quote=None, spread=0.01, asset_class="crypto", **more) -> pa.Table:
    close = np.asarray(close, dtype=float)
    columns = {
        "symbol": ["A"] * close.size,
        "asset_class": [asset_class] * close.size,
        "event_at": pa.array(np.arange(close.size) * DAY).cast(pa.timestamp("us", "UTC")),
        "open": close * (1 + spread / 2),
        "high": close * (1 + spread),
        "low": close * (1 - spread),
        "close": close,
    }
    for name, values in {"volume": volume, "volume_quote": volume_quote, **more}.items():
        if values is not None:
            columns[name] = pa.array(values, type=pa.float64())
    return pa.table(columns)


def walk(n: int, seed: int = 0) -> np.ndarray:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.03, n)))


def traded(n: int, seed: int = 1) -> list[float]:
    return np.random.default_rng(seed).lognormal(5, 1, n).tolist()


def column(table: pa.Table, name: str) -> list[float | None]:
    return table[name].to_pylist()


def test_nineteen_fields_follow_the_guides_twenty_and_volume_alone_may_be_missing():
    table = bar_features(bars(walk(3)))
    assert tuple(table.column_names[-39:]) == TECHNICAL_NAMES + PRICE_NAMES
    assert len(PRICE_FIELDS) == 19
    assert [field.name for field in PRICE_FIELDS if not field.needed] == [
        "volume_ratio_20d",
        "volume_zscore_60d",
        "volume_trend_5d_60d",
    ]
    assert max(field.lookback for field in PRICE_FIELDS) == 200


@pytest.mark.parametrize("field", PRICE_FIELDS, ids=lambda field: field.name)
def test_warm_up_is_null_for_exactly_the_declared_lookback(field):
    values = column(bar_features(bars(walk(260), volume=traded(260))), field.name)
    assert values[: field.lookback - 1] == [None] * (field.lookback - 1)
    assert None not in values[field.lookback - 1 :]


def test_returns_drawdowns_and_distances_are_what_they_say():
    close = walk(260)
    table = bar_features(bars(close))
    for days in (1, 5, 20, 60, 90, 180):
        assert column(table, f"log_return_{days}d")[AT] == pytest.approx(math.log(close[AT] / close[AT - days]))
    for days in (90, 200):
        window = close[AT - days + 1 : AT + 1]
        assert column(table, f"drawdown_{days}d")[AT] == pytest.approx(close[AT] / window.max() - 1)
    for days in (20, 200):
        window = close[AT - days + 1 : AT + 1]
        # highs are 1 % above the closes and lows 1 % below
        assert column(table, f"distance_high_{days}d")[AT] == pytest.approx(close[AT] / (window.max() * 1.01) - 1)
        assert column(table, f"distance_low_{days}d")[AT] == pytest.approx(close[AT] / (window.min() * 0.99) - 1)


def test_range_volatilities_follow_parkinson_and_garman_klass():
    table = bar_features(bars(walk(60)))
    spread = math.log(1.01 / 0.99)  # every bar has the same range, and opens 0.5 % above its close
    body = math.log(1 / 1.005)
    parkinson = math.sqrt(365 * spread**2 / (4 * math.log(2)))
    garman_klass = math.sqrt(365 * (0.5 * spread**2 - (2 * math.log(2) - 1) * body**2))
    assert column(table, "volatility_parkinson_30d")[59] == pytest.approx(parkinson, rel=1e-12)
    assert column(table, "volatility_garman_klass_30d")[59] == pytest.approx(garman_klass, rel=1e-12)
    equity = bar_features(bars(walk(60), asset_class="equity"))
    assert column(equity, "volatility_parkinson_30d")[59] == pytest.approx(parkinson * math.sqrt(252 / 365))


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
def test_skew_and_kurtosis_are_scipys_whatever_the_price_level(scale):
    close = walk(260) * scale
    table = bar_features(bars(close))
    for at in (60, 150, AT):
        returns = np.diff(np.log(close[at - 60 : at + 1]))
        assert column(table, "skew_60d")[at] == pytest.approx(stats.skew(returns, bias=False), rel=1e-8)
        assert column(table, "kurtosis_60d")[at] == pytest.approx(stats.kurtosis(returns, bias=False), rel=1e-8)


def test_a_steady_climb_with_a_ripple_keeps_its_skew():
    # the mean return is 10,000 times the deviation: raw powers would lose every digit here
    returns = 0.01 + 1e-6 * np.random.default_rng(3).gamma(1.0, size=120)
    close = 100 * np.exp(np.cumsum(returns))
    expected = np.diff(np.log(close))[-60:]
    table = bar_features(bars(close))
    assert column(table, "skew_60d")[-1] == pytest.approx(stats.skew(expected, bias=False), rel=1e-9)
    assert column(table, "kurtosis_60d")[-1] == pytest.approx(stats.kurtosis(expected, bias=False), rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 19, 20, 59, 60, 61, 260])
@pytest.mark.parametrize("price", [1e-9, 5.0, 1e12])
def test_flat_prices_have_no_shape_and_nothing_is_infinite(n, price):
    table = bar_features(bars([price] * n, volume=[7.0] * n, spread=0.0))
    for name in PRICE_NAMES:
        assert all(value is None or math.isfinite(value) for value in column(table, name))
    assert set(column(table, "skew_60d")) == set(column(table, "kurtosis_60d")) == {None}
    assert set(column(table, "volume_zscore_60d")) == {None}
    if n >= 60:
        assert column(table, "volume_ratio_20d")[-1] == 1
        assert column(table, "volume_trend_5d_60d")[-1] == 0


def test_a_flat_stretch_after_a_wild_one_is_flat_to_the_bit():
    table = bar_features(bars(np.concatenate([walk(100) * 1e6, np.full(100, 3.0)]), spread=0.0))
    assert column(table, "skew_60d")[-1] is None


def test_volume_fields_are_what_they_say():
    volume = traded(260)
    table = bar_features(bars(walk(260), volume=volume))
    last = np.asarray(volume[: AT + 1])
    assert column(table, "volume_ratio_20d")[AT] == pytest.approx(last[-1] / last[-20:].mean())
    zscore = (last[-1] - last[-60:].mean()) / last[-60:].std(ddof=1)
    assert column(table, "volume_zscore_60d")[AT] == pytest.approx(zscore)
    assert column(table, "volume_trend_5d_60d")[AT] == pytest.approx(last[-5:].mean() / last[-60:].mean() - 1)


def test_one_missing_volume_is_felt_by_the_windows_that_hold_it_and_by_no_other():
    volume = traded(260)
    whole = bar_features(bars(walk(260), volume=volume))
    volume[100] = None
    holed = bar_features(bars(walk(260), volume=volume))
    for name, window in (("volume_ratio_20d", 20), ("volume_zscore_60d", 60), ("volume_trend_5d_60d", 60)):
        expected = column(whole, name)
        expected[100 : 100 + window] = [None] * window
        assert column(holed, name) == expected


def test_money_stands_in_where_units_are_not_known():
    close, money = walk(100), traded(100)
    by_money = bar_features(bars(close, volume=[None] * 100, volume_quote=money))
    by_units = bar_features(bars(close, volume=money))
    neither = bar_features(bars(close))
    for name in PRICE_NAMES[-3:]:
        assert column(by_money, name) == column(by_units, name)
        assert column(neither, name) == [None] * 100


@pytest.mark.parametrize("volume", [0.0, 1e300, 1e-300])
def test_volumes_of_nothing_or_beyond_measure_give_no_infinity(volume):
    table = bar_features(bars(walk(90), volume=[volume] * 89 + [volume / 2]))
    for name in PRICE_NAMES[-3:]:
        assert all(value is None or math.isfinite(value) for value in column(table, name))


@given(n=st.integers(1, 230), at=st.integers(0, 229), seed=st.integers(0, 50), hole=st.integers(0, 229))
@settings(max_examples=60, deadline=None)
def test_what_comes_later_changes_no_bit_of_what_came_before(n, at, seed, hole):
    close, volume, money = walk(n, seed), traded(n, seed), traded(n, seed + 1)
    if hole < n:
        volume[hole] = None
    at = min(at, n - 1)
    changed = close.copy()
    changed[at + 1 :] *= 7.0
    after = bars(changed, volume=volume[: at + 1] + [None] * (n - at - 1), volume_quote=money)
    before = bars(close, volume=volume, volume_quote=money)
    kept = bar_features(before).slice(0, at + 1).select(PRICE_NAMES)
    assert kept.equals(bar_features(after).slice(0, at + 1).select(PRICE_NAMES))
