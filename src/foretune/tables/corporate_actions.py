"""Corporate actions: until prices can be adjusted as of a decision, those that need it are refused."""

from __future__ import annotations

import polars as pl

from foretune.errors import DataError

SPLIT_RATIO = 1.8
"""A close-to-close ratio from here on (or its inverse) is taken for a split: the smallest common one is 2:1."""


def refuse_unadjusted_splits(bars: pl.DataFrame) -> None:
    """Raise DataError if an equity's raw close jumps like a split between two bars.

    A split would otherwise become a return, an indicator and a label. A real move of that size
    is refused as well: prices alone cannot tell the two apart.
    """
    equities = bars.filter(pl.col("asset_class") == "equity").sort("symbol", "event_at")
    ratio = pl.col("close") / pl.col("close").shift().over("symbol")
    jumps = equities.with_columns(ratio.alias("ratio")).filter(
        (pl.col("ratio") >= SPLIT_RATIO) | (pl.col("ratio") <= 1 / SPLIT_RATIO)
    )
    if jumps.is_empty():
        return
    row = jumps.row(0, named=True)
    raise DataError(
        f"{row['symbol']}: the close of {row['event_at']:%Y-%m-%d} is {row['ratio']:.3g} times the one before, as "
        f"after a split, and raw prices are not adjusted here ({len(jumps)} such days); choose dates without "
        "one, or an index"
    )
