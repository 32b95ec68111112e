"""The kernel as a function of tables: what it accepts, what it leaves alone, what it refuses."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from foretune.errors import ConfigError, DataError
from foretune.features.kernel import bar_features, technical_features
from foretune.features.price import PRICE_FIELDS, PRICE_NAMES
from foretune.features.technical import TECHNICAL_FIELDS, TECHNICAL_NAMES

DAY = 86_400_000_000
NAMES = (*TECHNICAL_NAMES, *PRICE_NAMES)


def bars(symbols: str = "AB", n: int = 220) -> pa.Table:
    rng = np.random.default_rng(7)
    rows = n * len(symbols)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, rows)))
    return pa.table(
        {
            "symbol": [symbol for symbol in symbols for _ in range(n)],
            "asset_class": ["fx"] * rows,
            "event_at": pa.array(np.tile(np.arange(n) * DAY, len(symbols))).cast(pa.timestamp("us", "UTC")),
            "open": close * 1.001,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": rng.lognormal(5, 1, rows),
            "note": ["kept"] * rows,
        }
    )


def features(table: pa.Table) -> pa.Table:
    return bar_features(table).select(NAMES)


def test_input_columns_stay_and_features_follow_in_the_declared_order():
    table = bars()
    out = bar_features(table)
    assert out.column_names == [*table.column_names, *NAMES]
    assert out.select(table.column_names).equals(table)
    assert tuple(field.name for field in (*TECHNICAL_FIELDS, *PRICE_FIELDS)) == NAMES


def test_the_twenty_are_the_same_with_and_without_the_rest():
    table = bars()
    assert technical_features(table).select(TECHNICAL_NAMES).equals(bar_features(table).select(TECHNICAL_NAMES))


def test_no_bars_have_all_columns_and_no_rows():
    out = bar_features(bars().slice(0, 0))
    assert len(out) == 0
    assert set(NAMES) <= set(out.column_names)


@pytest.mark.parametrize("n", [1, 2, 5, 14, 35])
def test_a_history_that_is_too_short_has_no_long_features(n):
    row = bar_features(bars("A", n)).slice(n - 1).to_pylist()[0]
    for field in (*TECHNICAL_FIELDS, *PRICE_FIELDS):
        assert (row[field.name] is None) == (n < field.lookback), field.name


def test_how_texts_and_chunks_are_laid_out_makes_no_difference():
    table = bars()
    expected = features(table)
    by_polars = pl.DataFrame(table).to_arrow()
    assert features(by_polars).equals(expected)
    encoded = table.set_column(0, "symbol", table["symbol"].dictionary_encode())
    assert features(encoded).equals(expected)
    in_pieces = pa.concat_tables([table.slice(0, 100), table.slice(100, 150), table.slice(250)])
    assert features(in_pieces).equals(expected)


def test_a_missing_price_is_refused_with_the_name_of_its_column():
    table = bars()
    at = table.column_names.index("open")
    holed = table.set_column(at, "open", pa.array([None, *table["open"].to_pylist()[1:]], pa.float64()))
    with pytest.raises(DataError, match="open has a value that is not finite and positive; clean the bars"):
        bar_features(holed)


def test_an_asset_class_without_a_year_is_refused():
    table = bars()
    odd = table.set_column(1, "asset_class", pa.array(["art"] * len(table)))
    with pytest.raises(ConfigError, match=r"'art' has no periods per year; known: \['commodity', 'crypto'"):
        bar_features(odd)
