"""The 20 indicators against their definitions written out, and the promise never to look ahead."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.errors import DataError
from foretune.features.kernel import technical_features
from foretune.features.technical import TECHNICAL_FIELDS, TECHNICAL_NAMES

DAY = 86_400_000_000


def bars(close, *, symbol="A", asset_class="crypto", spread=0.01) -> pa.Table:
    close = np.asarray(close, dtype=float)
    return pa.table(
        {
            "symbol": [symbol] * close.size,
            "asset_class": [asset_class] * close.size,
            "event_at": pa.array(np.arange(close.size) * DAY).cast(pa.timestamp("us", "UTC")),
            "known_at": pa.array((np.arange(close.size) + 1) * DAY).cast(pa.timestamp("us", "UTC")),
            "high": close * (1 + spread),
            "low": close * (1 - spread),
            "close": close,
        }
    )


def walk(n: int, seed: int = 0) -> np.ndarray:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.03, n)))


def column(table: pa.Table, name: str) -> list[float | None]:
    return table[name].to_pylist()


def test_the_guides_twenty_names():
    assert len(TECHNICAL_NAMES) == 20
    assert TECHNICAL_NAMES[:4] == ("rsi_14", "macd", "macd_signal", "macd_histogram")


@pytest.mark.parametrize("field", TECHNICAL_FIELDS, ids=lambda field: field.name)
def test_warm_up_is_null_for_exactly_the_declared_lookback(field):
    values = column(technical_features(bars(walk(260))), field.name)
    assert values[: field.lookback - 1] == [None] * (field.lookback - 1)
    assert None not in values[field.lookback - 1 :]


def test_means_bands_momentum_and_volatility_are_what_they_say():
    close = walk(260)
    table = technical_features(bars(close))
    at = 255
    last = close[: at + 1]
    returns = np.diff(np.log(last))
    assert column(table, "sma_200")[at] == pytest.approx(last[-200:].mean(), rel=1e-12)
    assert column(table, "bb_upper")[at] == pytest.approx(last[-20:].mean() + 2 * last[-20:].std(ddof=0), rel=1e-10)
    assert column(table, "momentum_30d")[at] == pytest.approx(last[-1] / last[-31] - 1, rel=1e-12)
    for window in (30, 60, 90):
        expected = returns[-window:].std(ddof=1) * math.sqrt(365)
        assert column(table, f"volatility_{window}d")[at] == pytest.approx(expected, rel=1e-9)


def test_ema_is_recursive_and_starts_from_the_mean_of_its_first_window():
    close = walk(60)
    expected = close[:12].mean()
    for price in close[12:]:
        expected += 2 / 13 * (price - expected)
    assert column(technical_features(bars(close)), "ema_12")[-1] == pytest.approx(expected, rel=1e-12)


def test_rsi_is_wilders_smoothing_of_gains_and_losses():
    close = walk(80)
    change = np.diff(close)
    gain, loss = np.clip(change, 0, None), np.clip(-change, 0, None)
    average_gain, average_loss = gain[:14].mean(), loss[:14].mean()
    for up, down in zip(gain[14:], loss[14:], strict=True):
        average_gain, average_loss = (13 * average_gain + up) / 14, (13 * average_loss + down) / 14
    expected = 100 * average_gain / (average_gain + average_loss)
    assert column(technical_features(bars(close)), "rsi_14")[-1] == pytest.approx(expected, rel=1e-10)


def test_macd_histogram_is_not_always_zero():
    table = technical_features(bars(walk(120)))
    macd, signal, histogram = (column(table, name)[-1] for name in ("macd", "macd_signal", "macd_histogram"))
    assert histogram == pytest.approx(macd - signal, rel=1e-9)
    assert abs(histogram) > 1e-6


def test_session_markets_have_252_periods_a_year():
    close = walk(120)
    crypto = column(technical_features(bars(close)), "volatility_30d")[-1]
    equity = column(technical_features(bars(close, asset_class="equity")), "volatility_30d")[-1]
    assert crypto / equity == pytest.approx(math.sqrt(365 / 252), rel=1e-12)


@given(n=st.integers(1, 260), at=st.integers(0, 259), seed=st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_what_comes_later_changes_no_bit_of_what_came_before(n, at, seed):
    close = walk(n, seed)
    at = min(at, n - 1)
    changed = close.copy()
    changed[at + 1 :] *= 7.0
    before, after = technical_features(bars(close)), technical_features(bars(changed))
    for name in TECHNICAL_NAMES:
        assert column(before, name)[: at + 1] == column(after, name)[: at + 1]


def test_assets_do_not_see_each_other():
    first, second = bars(walk(250, 1), symbol="A"), bars(walk(250, 2), symbol="B")
    together = technical_features(pa.concat_tables([first, second]))
    assert together.slice(250).equals(technical_features(second))


@pytest.mark.parametrize("close", [[5.0], [5.0, 5.0], [5.0] * 35, [5.0] * 250, [1e-9] * 250, [1e12] * 250])
def test_short_flat_tiny_and_huge_series_do_not_crash(close):
    table = technical_features(bars(close, spread=0.0))
    for name in TECHNICAL_NAMES:
        assert all(value is None or math.isfinite(value) for value in column(table, name))


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), 0.0, -1.0])
def test_a_price_that_would_poison_every_later_value_is_refused(poison):
    close = walk(50)
    close[20] = poison
    with pytest.raises(DataError, match="not finite and positive"):
        technical_features(bars(close))


def test_unsorted_and_repeated_rows_are_refused():
    table = bars(walk(30))
    with pytest.raises(DataError, match="does not rise at row 1"):
        technical_features(table.take([1, 0, 2]))
    mixed = pa.concat_tables([bars(walk(3), symbol="A"), bars(walk(3), symbol="B"), bars(walk(3), symbol="A")])
    with pytest.raises(DataError, match="not contiguous"):
        technical_features(mixed)
