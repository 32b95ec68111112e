"""Examples meet their realised returns in the panel, by symbol and decision time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from foretune.answers.analyst import forecast_90d, market_analysis
from foretune.answers.context import MarketContext
from foretune.datasets.example import Example, write_examples
from foretune.errors import DataError
from foretune.forecasting.outcomes import forecast_cases

AT = datetime(2024, 1, 1, tzinfo=UTC)


def context(symbol: str, at: datetime) -> MarketContext:
    return MarketContext(
        symbol=symbol, as_of=at, origin="recorded", price=100.0, change_24h_pct=1.0, high_24h=101.0, low_24h=99.0,
        vs_sma_50_pct=2.0, vs_sma_200_pct=-3.0, rsi_14=55.0, volatility_30d=0.5, volatility_90d=0.5,
    )  # fmt: skip


def write(folder: Path, asked: list[tuple[str, int]], rows: list[tuple[str, int, float, float | None]]) -> Path:
    """`asked`: symbol and day of each example; `rows`: symbol, day, close, target of the panel."""
    found = []
    for symbol, day in asked:
        snapshot = context(symbol, AT + timedelta(days=day))
        name = f"{symbol}:{day}"
        found.append(
            Example(
                id=f"{name}:f", task="forecast_90d", split="test", context=snapshot, answer=forecast_90d(snapshot, 0)
            )
        )
        found.append(
            Example(
                id=f"{name}:a", task="market_analysis", split="test", context=snapshot, answer=market_analysis(snapshot)
            )
        )
    write_examples(found, folder)
    pl.DataFrame(
        {
            "asset_symbol": [row[0] for row in rows],
            "decision_at": [AT + timedelta(days=row[1]) for row in rows],
            "price_close": [row[2] for row in rows],
            "target_return_90d": pl.Series([row[3] for row in rows], dtype=pl.Float64),
            "label_end_at": [AT + timedelta(days=row[1] + 90) for row in rows],
        }
    ).write_parquet(folder / "panel.parquet")
    return folder


def test_each_forecast_meets_its_own_outcome(tmp_path: Path) -> None:
    rows = [("A", 0, 10.0, 0.1), ("A", 1, 11.0, 0.2), ("B", 0, 5.0, -0.3)]
    cases = forecast_cases([write(tmp_path, [("B", 0), ("A", 1)], rows)])
    assert [(case.symbol, case.log_return) for case in cases] == [("A", 0.2), ("B", -0.3)]
    assert cases[0].label_end_at == AT + timedelta(days=91)
    assert cases[0].history.prices.tolist() == [10.0, 11.0]


def test_an_example_without_outcome_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = write(tmp_path, [("A", 1)], [("A", 0, 10.0, 0.1), ("A", 1, 11.0, None)])
    with pytest.raises(DataError, match=r"A:1:f .*build again"):
        forecast_cases([folder])


def test_a_dataset_without_panel_says_how_to_make_one(tmp_path: Path) -> None:
    folder = write(tmp_path, [("A", 0)], [("A", 0, 10.0, 0.1)])
    (folder / "panel.parquet").unlink()
    with pytest.raises(DataError, match="foretune build"):
        forecast_cases([folder])


def test_a_panel_without_targets_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, [("A", 0)], [("A", 0, 10.0, 0.1)])
    path = folder / "panel.parquet"
    pl.read_parquet(path).drop("target_return_90d").write_parquet(path)
    with pytest.raises(DataError, match="no column target_return_90d"):
        forecast_cases([folder])
