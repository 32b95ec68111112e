"""How many independent outcomes a panel holds: overlapping labels share their days. Draws no conclusion from it."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

_SCHEMA = {"split": pl.String, "asset_symbol": pl.String, "rows": pl.Int64, "blocks": pl.Int64}


def independent_blocks(rows: pl.DataFrame, horizon_days: int) -> dict[str, int]:
    """Per split, how many labels fit one after the other without overlap, all assets together.

    Assets share their days, and move together: they do not add outcomes. This, not the number of
    rows, is the size of the sample.

    Args:
        rows: `split` and `decision_at`; each label covers `horizon_days` days from its decision.

    >>> from datetime import UTC, datetime, timedelta
    >>> days = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(100)]
    >>> independent_blocks(pl.DataFrame({"split": "test", "decision_at": days}), horizon_days=90)
    {'test': 2}
    """
    return {
        str(split): _fitting(part, horizon_days)
        for (split,), part in sorted(rows.group_by("split"), key=lambda g: g[0])
    }


def blocks_per_asset(rows: pl.DataFrame, horizon_days: int) -> pl.DataFrame:
    """`split`, `asset_symbol`, `rows`, `blocks`: the same count for each asset by itself, sorted."""
    found = [
        (split, symbol, len(part), _fitting(part, horizon_days))
        for (split, symbol), part in rows.group_by("split", "asset_symbol")
    ]
    return pl.DataFrame(found, schema=_SCHEMA, orient="row").sort("split", "asset_symbol")


def _fitting(rows: pl.DataFrame, horizon_days: int) -> int:
    """The largest number of decisions at least a horizon apart: always take the earliest that is free."""
    decisions = rows["decision_at"].unique().sort()
    horizon = timedelta(days=horizon_days)
    count, at = 0, 0
    while at < len(decisions):
        count += 1
        at = int(decisions.search_sorted(decisions[at] + horizon, side="left"))
    return count
