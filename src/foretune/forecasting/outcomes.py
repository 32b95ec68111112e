"""What happened: pairs forecast examples with realised returns from their dataset's panel.

The outcome is for scoring; nothing here may reach a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from foretune.answers.tasks import Task
from foretune.datasets.example import Example, Split, read_examples
from foretune.datasets.parquet import damaged, read_built
from foretune.errors import DataError, EmptyData
from foretune.forecasting.history import PriceHistory

PANEL_FILE = "panel.parquet"
_COLUMNS = ("asset_symbol", "decision_at", "price_close", "target_return_90d", "label_end_at")


@dataclass(frozen=True)
class ForecastCase:
    """One origin: the example a model is asked, and what followed.

    `log_return` is realised at `label_end_at` (UTC). `history` runs beyond the origin, for pictures.
    """

    example: Example
    log_return: float
    label_end_at: datetime
    history: PriceHistory

    @property
    def symbol(self) -> str:
        return self.example.context.symbol

    @property
    def decision_at(self) -> datetime:
        return self.example.context.as_of


def forecast_cases(folders: Sequence[Path], *, split: Split = Split.TEST) -> list[ForecastCase]:
    """Every forecast example of `split` whose outcome is known, by symbol and time.

    Each folder holds `examples.parquet` and the `panel.parquet` it was made from; they meet on
    asset_symbol and decision_at == context.as_of.

    Raises:
        DataError: no panel or a damaged one, a column is missing, or an example has no row in its panel.
        EmptyData: the folders hold no examples of `split`.
    """
    cases: list[ForecastCase] = []
    for folder in folders:
        examples = [e for e in read_examples([folder], split=split) if e.task is Task.FORECAST_90D]
        if not examples:
            continue
        panel = _read_panel(folder / PANEL_FILE)
        histories = {str(key[0]): _history(str(key[0]), rows) for key, rows in panel.group_by("asset_symbol")}
        labelled = panel.filter(pl.col("target_return_90d").is_finite())
        outcomes = {
            (symbol, at): (value, end)
            for symbol, at, value, end in labelled.select(
                "asset_symbol", "decision_at", "target_return_90d", "label_end_at"
            ).iter_rows()
        }
        for example in examples:
            found = outcomes.get((example.context.symbol, example.context.as_of))
            if found is None:
                raise DataError(
                    f"{folder}: {example.id} ({example.context.symbol} at {example.context.as_of:%Y-%m-%d %H:%M}) has "
                    f"no labelled row in {PANEL_FILE}; examples and panel are of different builds, build again"
                )
            cases.append(ForecastCase(example, float(found[0]), found[1], histories[example.context.symbol]))
    return sorted(cases, key=lambda case: (case.symbol, case.decision_at))


def _read_panel(path: Path) -> pl.DataFrame:
    utc = pl.Datetime("us", "UTC")
    panel = read_built(path, _COLUMNS)
    try:
        panel = panel.with_columns(
            pl.col("decision_at", "label_end_at").cast(utc), pl.col("price_close", "target_return_90d").cast(pl.Float64)
        )
    except PolarsError as exc:  # other types than were written
        raise damaged(path) from exc
    if panel.is_empty():
        raise EmptyData(f"{path}: has no rows; widen the dates of the build")
    return panel.sort("asset_symbol", "decision_at")


def _history(symbol: str, rows: pl.DataFrame) -> PriceHistory:
    known = rows.filter(pl.col("price_close").is_finite()).sort("decision_at")
    return PriceHistory(
        symbol,
        known["decision_at"].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]"),
        known["price_close"].to_numpy().astype(np.float64),
    )
