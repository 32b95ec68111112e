"""Share splits in the kernel: what moves with the number of shares, and what must not notice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from foretune.errors import DataError
from foretune.features.kernel import bar_features
from foretune.features.price import PRICE_NAMES
from foretune.features.technical import LEVELS, TECHNICAL_NAMES

DAY = 86_400_000_000
N, SPLIT = 300, 250
LEVEL_NAMES = [TECHNICAL_NAMES[row] for row in LEVELS]
SCALE_FREE = [name for name in (*TECHNICAL_NAMES, *PRICE_NAMES) if name not in LEVEL_NAMES]


def company(ratio: float | None, *, n: int = N) -> pa.Table:
    """Raw bars of a share that is split `ratio` for one on day 250; None is the same company unsplit."""
    rng = np.random.default_rng(4)
    worth = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, n)))
    factor = np.where(np.arange(n) < SPLIT, 1.0, ratio or 1.0)
    close = worth / factor
    table = {
        "symbol": ["A"] * n,
        "asset_class": ["equity"] * n,
        "event_at": pa.array(np.arange(n) * DAY).cast(pa.timestamp("us", "UTC")),
        "open": close * 1.002,
        "high": close * 1.01,
        "low": close * 0.99,
        "close": close,
        "volume": rng.lognormal(9, 1, n) * factor,
    }
    return pa.table(table if ratio is None else {**table, "split_factor": factor})


def values(table: pa.Table, name: str) -> np.ndarray:
    return table[name].to_numpy()


def test_levels_are_the_twelve_that_are_prices():
    assert LEVEL_NAMES == [
        "macd", "macd_signal", "macd_histogram", "bb_upper", "bb_middle", "bb_lower",
        "sma_20", "sma_50", "sma_200", "ema_12", "ema_26", "atr_14",
    ]  # fmt: skip


@pytest.mark.parametrize("ratio", [4.0, 1.5, 0.1])
def test_a_split_changes_no_feature_but_the_unit_of_the_levels(ratio):
    split, unsplit = bar_features(company(ratio)), bar_features(company(None))
    for name in SCALE_FREE:
        np.testing.assert_allclose(values(split, name), values(unsplit, name), rtol=1e-9, atol=1e-11, err_msg=name)
    for name in LEVEL_NAMES:
        in_days_units = values(unsplit, name) / np.where(np.arange(N) < SPLIT, 1.0, ratio)
        np.testing.assert_allclose(values(split, name), in_days_units, rtol=1e-9, atol=1e-11, err_msg=name)


def test_before_a_split_every_bit_is_as_if_there_never_was_one():
    with_split = bar_features(company(20.0)).drop_columns(["split_factor"])
    assert with_split.slice(0, SPLIT).equals(bar_features(company(None, n=N)).slice(0, SPLIT))
    assert with_split.slice(0, SPLIT).equals(bar_features(company(None).slice(0, SPLIT)))


def test_without_the_factor_a_split_is_a_crash():
    unaware = bar_features(company(20.0).drop_columns(["split_factor"]))
    assert values(unaware, "log_return_1d")[SPLIT] < -2.9


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), None])
def test_a_factor_that_is_none_is_refused(factor):
    table = company(2.0)
    factors = table["split_factor"].to_pylist()
    factors[3] = factor
    broken = table.set_column(table.column_names.index("split_factor"), "split_factor", pa.array(factors, pa.float64()))
    with pytest.raises(DataError, match="split_factor has a value that is not finite and positive"):
        bar_features(broken)
