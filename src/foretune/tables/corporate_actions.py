"""Share splits: what they make of a price as of each day. Raw prices stay as they are; no dividends.

Prices are stored raw. Day t's adjusted price is `raw * F(t)`, where F(t) is the product of the
ratios of all splits effective at or before t: the scale of the first bar is kept and later splits
never reach back, so that an adjusted history does not tell of a split that is still to come.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from foretune.errors import DataError

SPLIT_FACTOR = "split_factor"

SPLIT_RATIO = 1.8
"""A close-to-close ratio from here on (or its inverse) is taken for a split.

Splits of 3:2 or 5:4 lie below it, as does one of 2:1 on a day of +15 %, but so do real moves of a
third in a day: those are only pointed out, by `suspected_splits`.
"""

SIMPLE_SPLITS = {"2:1": 2.0, "3:2": 3 / 2, "4:3": 4 / 3, "5:4": 5 / 4}
_NEAR = 0.02
_ORDINARY_RANGES = 2.0
_BARS_BEFORE = 20


def with_split_factor(bars: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """`bars` with `split_factor`, the F(t) of each bar (float64); rows and their order are kept.

    Args:
        bars: `symbol` and `event_at` at least. A `split_factor` that is there already is replaced.
        splits: a table of `Splits`. Splits of symbols without bars change nothing, nor do those
            before a symbol's first bar: F counts from there, so that it is 1 on every first bar.

    Raises:
        DataError: two splits of one symbol on one day, or a ratio that is not positive.

    >>> from datetime import UTC, datetime
    >>> days = [datetime(2020, 8, day, tzinfo=UTC) for day in (28, 31)]
    >>> bars = pl.DataFrame({"symbol": "AAPL", "event_at": days, "close": [499.23, 129.04]})
    >>> splits = pl.DataFrame({"symbol": "AAPL", "event_at": days[1:], "ratio": [4.0]})
    >>> with_split_factor(bars, splits)["split_factor"].to_list()
    [1.0, 4.0]
    """
    bars = bars.drop(SPLIT_FACTOR, strict=False)
    own = splits.join(bars.group_by("symbol").agg(pl.col("event_at").min().alias("_first")), on="symbol")
    own = own.filter(pl.col("event_at") > pl.col("_first")).sort("symbol", "event_at")
    _refuse_contradictions(own)
    if own.is_empty():
        return bars.with_columns(pl.lit(1.0).alias(SPLIT_FACTOR))
    factors = own.select(
        "symbol",
        pl.col("event_at").cast(bars.schema["event_at"]),
        pl.col("ratio").cum_prod().over("symbol").alias(SPLIT_FACTOR),
    ).sort("event_at")
    return (
        bars.with_row_index("_row")
        .sort("event_at")
        # both sides are sorted by time, which polars cannot check within groups
        .join_asof(factors, on="event_at", by="symbol", strategy="backward", check_sortedness=False)
        .sort("_row")
        .drop("_row")
        .with_columns(pl.col(SPLIT_FACTOR).fill_null(1.0))
    )


def refuse_unadjusted_splits(bars: pl.DataFrame, splits: pl.DataFrame | None = None) -> None:
    """Raise DataError if an equity's adjusted close still jumps like a split between two bars.

    The adjusted close is `close * split_factor`, or `close` where there is no such column. A jump
    that is left would become a return, an indicator and a label. Prices alone cannot tell a split
    from a real move of that size (Apple on 2000-09-29: -52 %), so that is refused as well, unless
    `splits` has a row of ratio 1 for that day, which says: the move is real.
    """
    equities = bars.filter(pl.col("asset_class") == "equity").sort("symbol", "event_at")
    factor = pl.col(SPLIT_FACTOR) if SPLIT_FACTOR in bars.columns else pl.lit(1.0)
    jumps = (
        equities.with_columns(factor.alias("_factor"), _real_moves(equities, splits).alias("_real"))
        .with_columns(
            (pl.col("close") / pl.col("close").shift()).over("symbol").alias("_raw"),
            (pl.col("_factor") / pl.col("_factor").shift()).over("symbol").alias("_split"),
        )
        .with_columns((pl.col("_raw") * pl.col("_split")).alias("_ratio"))
        .filter(~pl.col("_real") & ((pl.col("_ratio") >= SPLIT_RATIO) | (pl.col("_ratio") <= 1 / SPLIT_RATIO)))
    )
    if len(jumps):
        raise DataError(_jump(jumps.row(0, named=True), len(jumps)))


def suspected_splits(bars: pl.DataFrame, splits: pl.DataFrame | None = None) -> pl.DataFrame:
    """Nights over which an equity moved like a split that nobody gave: for a warning, as it proves nothing.

    Named are moves from a close to the next open (after `split_factor`, where there is one) within
    2 % of one of `SIMPLE_SPLITS` or its inverse, into a day like any other: its range, high over low, is at
    most twice the median of the 20 bars before, all of which must be there. Bad news of that size
    makes a wild day; a split does not. A split on a wild day or into a gap of more than 2 % is missed.
    A row of ratio 1 in `splits` says that the move of that day was real, as it does for
    `refuse_unadjusted_splits`.

    Args:
        bars: rows of `Bars`, with or without `split_factor`.

    Returns:
        `symbol`, `event_at` (of the bar that opens after the move), `move` (the open in closes of
        the bar before) and `like` (`3:2`, or `2:3` for a reverse split), sorted by symbol and time.
    """
    equities = bars.filter(pl.col("asset_class") == "equity").sort("symbol", "event_at")
    factor = pl.col(SPLIT_FACTOR) if SPLIT_FACTOR in bars.columns else pl.lit(1.0)
    adjusted = equities.with_columns(
        (pl.col("open") * factor).alias("_open"),
        (pl.col("close") * factor).alias("_close"),
        (pl.col("high") / pl.col("low")).log().alias("_range"),
        _real_moves(equities, splits).alias("_real"),
    )
    before = pl.col("_range").shift().rolling_median(_BARS_BEFORE).over("symbol")
    ordinary = pl.col("_range") <= _ORDINARY_RANGES * before
    shapes = {name: 1 / ratio for name, ratio in SIMPLE_SPLITS.items()}
    shapes |= {name[::-1]: ratio for name, ratio in SIMPLE_SPLITS.items()}
    near = [
        pl.when((pl.col("move") / move - 1).abs() <= _NEAR).then(pl.lit(name)).otherwise(None)
        for name, move in shapes.items()
    ]
    return (
        adjusted.with_columns((pl.col("_open") / pl.col("_close").shift()).over("symbol").alias("move"))
        .with_columns(pl.coalesce(*near).alias("like"))
        .filter(pl.col("like").is_not_null() & ordinary & ~pl.col("_real"))
        .select("symbol", "event_at", "move", "like")
    )


def _real_moves(bars: pl.DataFrame, splits: pl.DataFrame | None) -> pl.Series:
    """For each of the sorted `bars`, whether the move since the bar before is declared to be real."""
    if splits is None:
        return pl.repeat(False, len(bars), eager=True)
    declared = splits.filter(pl.col("ratio") == 1).with_columns(pl.lit(2.0).alias("ratio"))
    marked = with_split_factor(bars, declared)  # doubles on each declared day
    return marked.select((pl.col(SPLIT_FACTOR) != pl.col(SPLIT_FACTOR).shift()).over("symbol").fill_null(False))[
        SPLIT_FACTOR
    ]


def _jump(row: dict[str, Any], count: int) -> str:
    at = f"{row['symbol']}: the close of {row['event_at']:%Y-%m-%d} is {row['_raw']:.3g} times the one before"
    days = f"({count} such {'day' if count == 1 else 'days'})"
    if row["_split"] == 1:
        return (
            f"{at}, as after a split, and no split is given for that day {days}; give the asset's splits, or a split "
            "of ratio 1 for a day on which the price really moved so far"
        )
    return (
        f"{at}, and with the split of {row['_split']:.3g} given for that day {row['_ratio']:.3g} times {days}; if "
        "the prices are adjusted already, give no splits for them, else correct the split's day or ratio"
    )


def _refuse_contradictions(splits: pl.DataFrame) -> None:
    twice = splits.filter(pl.struct("symbol", "event_at").is_duplicated())
    if len(twice):
        row = twice.row(0, named=True)
        raise DataError(
            f"{row['symbol']}: two splits on {row['event_at']:%Y-%m-%d} with ratios "
            f"{', '.join(f'{ratio:g}' for ratio in twice['ratio'][:2])}; give each split once"
        )
    wrong = splits.filter(~(pl.col("ratio").is_finite() & (pl.col("ratio") > 0)) | pl.col("ratio").is_null())
    if len(wrong):
        row = wrong.row(0, named=True)
        raise DataError(
            f"{row['symbol']}: the split of {row['event_at']:%Y-%m-%d} has the ratio {row['ratio']}; one old share "
            "becomes `ratio` new ones, so it is above 0"
        )
