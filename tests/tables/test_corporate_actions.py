"""Raw prices that jump like a split are refused for equities, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from foretune.errors import DataError
from foretune.tables.corporate_actions import refuse_unadjusted_splits


def bars(*close: float, asset_class: str = "equity", symbol: str = "AAPL") -> pl.DataFrame:
    first = datetime(2020, 8, 28, tzinfo=UTC)
    return pl.DataFrame(
        {
            "symbol": symbol,
            "asset_class": asset_class,
            "event_at": [first + timedelta(days=day) for day in range(len(close))],
            "close": close,
        },
        schema_overrides={"close": pl.Float64},
    )


@pytest.mark.parametrize("after", [124.8, 250.0, 1000.0])  # 4:1, 2:1 and a 1:2 reverse split of 500
def test_a_split_is_named_with_its_day(after):
    with pytest.raises(DataError, match=r"AAPL: the close of 2020-08-29 is .* as after a split"):
        refuse_unadjusted_splits(bars(500.0, after))


@pytest.mark.parametrize(
    "rows",
    [
        bars(500.0, 400.0, 500.0),  # -20 % and +25 %
        bars(500.0, 200.0, asset_class="crypto"),
        pl.concat([bars(500.0), bars(5.0, symbol="F")]),  # two assets are no jump
    ],
)
def test_ordinary_moves_and_other_markets_pass(rows):
    assert refuse_unadjusted_splits(rows) is None
