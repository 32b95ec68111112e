"""Panel rows into instruction rows that show the last closes. No files; nothing after the decision.

Closes are taken from the bars, not from the panel, whose first rows come after a long warm-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from foretune.datasets.rows import DIGITS, json_object, labelled, outcome, provenance, significant
from foretune.errors import ConfigError, DataError

_LONGEST_GAP_DAYS: Mapping[str, int] = {"crypto": 1}
_LONGEST_GAP_ELSEWHERE = 5
"""Days between two bars that are no gap: one where the market never closes, a long weekend elsewhere."""


@dataclass(frozen=True, slots=True)
class Windows:
    """`rows` in the form of `feature_rows`; `left_out` counts the panel rows that make none, by reason."""

    rows: pl.DataFrame
    left_out: Mapping[str, int]


def window_rows(
    panel: pl.DataFrame, bars: pl.DataFrame, *, window: int = 30, horizon_days: int = 90, digits: int = DIGITS
) -> Windows:
    """One row per labelled panel row that has `window` closes in a row.

    `input` is a JSON object: `context_window`, the last `window` closes up to the decision, oldest
    first, the decision's own last; `current_price`, equal to that last one; `rsi_14` and
    `volatility_30d`. `output` holds log and percent return. Closes before a share split are in
    the units of the decision's day.

    Args:
        panel: rows with `split`, target columns, `rsi_14` and `volatility_30d`.
        bars: `Bars` of the same assets, with `split_factor` where there were splits (see
            `tables.corporate_actions.with_split_factor`). Bars after a decision are not looked at.
        window: how many closes, 2 or more.
        horizon_days: of the target columns.
        digits: significant digits of a number.

    Raises:
        ConfigError: a window of fewer than 2 closes.
        DataError: a panel row has no bar, or its price is not the bar's.
    """
    if window < 2:
        raise ConfigError(f"a window of {window} closes shows no history; ask for 2 or more")
    known = _with_windows(bars, window)
    rows = labelled(panel, horizon_days, ("timestamp", "rsi_14", "volatility_30d"))
    joined = rows.join(
        known, left_on=["asset_symbol", "timestamp"], right_on=["symbol", "event_at"], how="left", maintain_order="left"
    )
    astray = joined.filter(pl.col("close").is_null() | (pl.col("close") != pl.col("price_close")))
    if not astray.is_empty():
        row = astray.row(0, named=True)
        raise DataError(
            f"{row['asset_symbol']} at {row['timestamp']:%Y-%m-%d}: the panel's price is {row['price_close']}, the "
            f"bar's {row['close']} ({len(astray)} such rows); give the bars the panel was made from"
        )
    judged = joined.with_columns(
        pl.when(pl.col("context_window").is_null())
        .then(pl.lit(f"fewer than {window} closes"))
        .when(pl.col("widest") > _longest_gap())
        .then(pl.lit(f"a gap within the last {window} closes"))
        .when(pl.col("latest_known") > pl.col("decision_at"))
        .then(pl.lit(f"one of the last {window} closes was not known yet"))
        .when(pl.any_horizontal(pl.col("rsi_14", "volatility_30d").is_null()))
        .then(pl.lit("no rsi_14 or volatility_30d"))
        .alias("reason")
    )
    counted = judged["reason"].drop_nulls().value_counts().sort("reason")
    kept = judged.filter(pl.col("reason").is_null())
    return Windows(_texts(kept, window, horizon_days, digits), dict(counted.rows()))


def _texts(kept: pl.DataFrame, window: int, horizon_days: int, digits: int) -> pl.DataFrame:
    flat = kept["context_window"].explode(empty_as_null=False).to_frame()
    closes = flat.select(significant(pl.first(), digits)).to_series().reshape((len(kept), window))
    rounded = kept.with_columns(closes.alias("context_window"), pl.col("price_close").alias("current_price"))
    numbers = json_object(["current_price", "rsi_14", "volatility_30d"], digits)
    asks = (
        f", oldest first, predict its log and percent return over the next {horizon_days} days. "
        "Answer with one JSON object."
    )
    return rounded.select(
        pl.concat_str(
            pl.lit(f"Given the last {window} daily closes of "),
            "asset_symbol",
            pl.lit(" ("),
            "asset_class",
            pl.lit(")"),
            pl.lit(asks),
        ).alias("instruction"),
        # one object from two: the window is no number, so it is encoded on its own
        pl.concat_str(
            pl.struct("context_window").struct.json_encode().str.strip_suffix("}"), pl.lit(","), numbers.str.slice(1)
        ).alias("input"),
        outcome(kept, horizon_days, digits, price=False).alias("output"),
        *provenance(kept, "window"),
    )


def _with_windows(bars: pl.DataFrame, window: int) -> pl.DataFrame:
    """Bars with `context_window` (null where the asset has fewer bars), the widest step in it in days, and
    when the last of its closes became known."""
    ordered = bars.sort("symbol", "event_at")
    close = ordered["close"].to_numpy()
    factor = ordered["split_factor"].to_numpy() if "split_factor" in ordered.columns else np.ones(len(close))
    lists = np.empty((len(close), window))
    if len(close) >= window:
        adjusted = np.lib.stride_tricks.sliding_window_view(close * factor, window)
        lists[window - 1 :] = adjusted / factor[window - 1 :, None]
        lists[:, -1] = close  # exactly, whatever the factor rounds to
    lists[: window - 1] = np.nan
    step = pl.col("event_at").diff().over("symbol").dt.total_days()
    return ordered.select(
        "symbol",
        "event_at",
        "close",
        step.rolling_max(window - 1, min_samples=1).over("symbol").alias("widest"),
        pl.col("known_at").rolling_max(window, min_samples=1).over("symbol").alias("latest_known"),
        pl.when(pl.int_range(pl.len()).over("symbol") >= window - 1)
        .then(pl.Series(lists, dtype=pl.Array(pl.Float64, window)))
        .alias("context_window"),
    )


def _longest_gap() -> pl.Expr:
    return pl.col("asset_class").replace_strict(
        _LONGEST_GAP_DAYS, default=_LONGEST_GAP_ELSEWHERE, return_dtype=pl.Int64
    )
