"""Panel rows into instruction rows: the features as a JSON object, the outcome as another. No files.

Numbers stand as the panel has them, not normalised, rounded to significant digits. A field without
a value is left out of the object: a model that reads `null` learns to write it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import time

import polars as pl

from foretune.datasets.example import Split
from foretune.errors import ConfigError, DataError

DIGITS = 7
"""Significant digits of a number in a row: cents survive in prices below 100,000."""

PROVENANCE = ("id", "task", "symbol", "decision_at", "label_end_at", "origin")
"""Columns every row carries beside its text. The dates are ISO 8601 text, the one form all file types agree on."""

KEYS = ("split", "decided")
"""Two more columns, for cutting rows into files: split, and the decision as a date and time. Not exported."""

_IDENTITY = ("asset_symbol", "asset_class", "decision_at", "label_end_at", "origin", "split")
_TOLERANCE = 1e-9


def feature_rows(
    panel: pl.DataFrame, fields: Sequence[str], *, horizon_days: int = 90, digits: int = DIGITS
) -> pl.DataFrame:
    """One row per labelled panel row: what is known at the decision, and what came of it.

    `input` is a JSON object of `price_close` and those of `fields` that have a value, in this order.
    `output` holds `predicted_price_Hd`, `predicted_return_Hd` (log) and `predicted_return_pct_Hd`,
    each from the one observed price. The text names asset, class and horizon, and no date: a
    pretrained model could recall what happened after one.

    Returns:
        `instruction`, `input`, `output`, the columns of `PROVENANCE` and of `KEYS`, sorted by
        decision and symbol. Purged rows make none.

    Raises:
        ConfigError: a field is no numeric column of the panel, or looks ahead.
        DataError: a number is not finite, or the target columns contradict each other.
    """
    names = ["price_close", *(name for name in dict.fromkeys(fields) if name != "price_close")]
    _check_fields(panel, names, horizon_days)
    rows = labelled(panel, horizon_days, names)
    filled = [name for name in names if rows[name].null_count() < len(rows)]
    text = json_object(filled, digits, small=below(rows, 10**digits))
    text = _without_nulls(text, [name for name in filled if rows[name].null_count()])
    asks = (
        f" in {horizon_days} days, and the log and percent return until then, from these features known today. "
        "Answer with one JSON object."
    )
    return rows.select(
        pl.concat_str(
            pl.lit("Predict the price of "), "asset_symbol", pl.lit(" ("), "asset_class", pl.lit(")"), pl.lit(asks)
        ).alias("instruction"),
        text.alias("input"),
        outcome(rows, horizon_days, digits, price=True).alias("output"),
        *provenance(rows, "features"),
    )


def labelled(panel: pl.DataFrame, horizon_days: int, fields: Sequence[str]) -> pl.DataFrame:
    """The panel rows that belong to a split, by decision and symbol, their target checked.

    Only the columns that rows are written from are kept: `fields`, the target, identity and clocks.

    Raises:
        DataError: a target is missing, or price, log and percent return do not fit together.
    """
    price, log, percent = (f"target_{name}_{horizon_days}d" for name in ("price", "return", "return_pct"))
    needed = dict.fromkeys((*_IDENTITY, "price_close", price, log, percent, *fields))
    in_a_split = pl.col("split").is_in([split.value for split in Split])
    rows = panel.select(*needed).filter(in_a_split).sort("decision_at", "asset_symbol")
    growth = pl.col(price) / pl.col("price_close")
    fits = (
        ((pl.col(log) - growth.log()).abs() <= _TOLERANCE)
        & ((pl.col(percent) / 100 - growth + 1).abs() <= _TOLERANCE * (1 + growth))
    ).fill_null(value=False)
    wrong = rows.filter(~fits)
    if not wrong.is_empty():
        row = wrong.row(0, named=True)
        raise DataError(
            f"{row['asset_symbol']} at {row['decision_at']:%Y-%m-%d}: {price} {row[price]}, {log} {row[log]} and "
            f"{percent} {row[percent]} do not belong to one outcome of price_close {row['price_close']} "
            f"({len(wrong)} such rows); build the panel again"
        )
    return rows


def json_object(names: Sequence[str], digits: int, *, small: Collection[str] = ()) -> pl.Expr:
    """A JSON object of the columns `names`, nulls included, each rounded to `digits` significant digits.

    `small` names columns that have no value of 10^digits or more, whose rounding is cheaper.

    >>> frame = pl.DataFrame({"price_close": [45000.5], "rsi_14": [65.21234567]})
    >>> frame.select(json_object(["price_close", "rsi_14"], 7)).item()
    '{"price_close":45000.5,"rsi_14":65.21235}'
    """
    return pl.struct(significant(pl.col(name), digits, small=name in small) for name in names).struct.json_encode()


def significant(values: pl.Expr, digits: int, *, small: bool = False) -> pl.Expr:
    """`values` as the doubles nearest to their decimals of `digits` significant digits.

    Exactly so for magnitudes from 10^(digits - 22) to 1e15, outside within one unit in the last place of a
    double. `small` promises that none reaches 10^digits.

    >>> pl.select(significant(pl.lit(110208123456.0), 7)).item()
    110208100000.0
    """
    rounded = values.cast(pl.Float64).round_sig_figs(digits)
    if small:
        return rounded
    # above the digits asked for, round_sig_figs gives 110208099999.99998
    return pl.when(rounded.abs() >= 10**digits).then(rounded.round(0)).otherwise(rounded)


def below(rows: pl.DataFrame, size: float) -> Collection[str]:
    """The number columns of `rows` without a magnitude of `size` or more."""
    numbers = rows.select(pl.selectors.numeric())
    large = numbers.select((pl.all().abs() >= size).any()).row(0)
    return {name for name, found in zip(numbers.columns, large, strict=True) if not found}


def outcome(rows: pl.DataFrame, horizon_days: int, digits: int, *, price: bool) -> pl.Expr:
    """The answer as a JSON object: return in log and percent, and with `price` the price they lead to."""
    kinds = ("price", "return", "return_pct") if price else ("return", "return_pct")
    small = below(rows, 10**digits)
    columns = {f"target_{kind}_{horizon_days}d": f"predicted_{kind}_{horizon_days}d" for kind in kinds}
    return pl.struct(
        significant(pl.col(column), digits, small=column in small).alias(name) for column, name in columns.items()
    ).struct.json_encode()


def provenance(rows: pl.DataFrame, task: str) -> list[pl.Expr]:
    """The columns of `PROVENANCE` and `KEYS` for `rows` of a panel that become rows of `task`."""
    ends = _once_a_run(rows["decision_at"], lambda at: at.dt.date().cast(pl.String) + f":{task}")
    return [
        pl.concat_str("asset_symbol", pl.lit(":"), pl.lit(ends)).alias("id"),
        pl.lit(task).alias("task"),
        pl.col("asset_symbol").cast(pl.String).alias("symbol"),
        pl.lit(_once_a_run(rows["decision_at"], _iso)).alias("decision_at"),
        pl.lit(_once_a_run(rows["label_end_at"], _iso)).alias("label_end_at"),
        pl.col("origin").cast(pl.String),
        pl.col("split").cast(pl.String),
        pl.col("decision_at").alias("decided"),
    ]


def _once_a_run(values: pl.Series, write: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`write(values)`, but each run of equal neighbours is written once: assets share their days."""
    run = values.rle_id()
    return write(values.filter(run.diff().fill_null(1) != 0)).gather(run)


def _iso(times: pl.Series) -> pl.Series:
    """UTC times as ISO 8601 text, as `datetime.isoformat` writes them."""
    if (times.dt.time() == time()).all():  # daily data: writing the date alone takes half the time
        return times.dt.date().cast(pl.String) + "T00:00:00+00:00"
    return times.dt.to_string("%Y-%m-%dT%H:%M:%S%.f+00:00")


def _without_nulls(text: pl.Expr, names: Sequence[str]) -> pl.Expr:
    """The objects without the members `names` where these are null. None of them is the first, so a comma precedes it.

    The names stand in the pattern because a search for them is three times as fast as one for any name.
    """
    return text.str.replace_all(f',"(?:{"|".join(names)})":null', "") if names else text


def _check_fields(panel: pl.DataFrame, names: Sequence[str], horizon_days: int) -> None:
    ahead = {f"target_{kind}_{horizon_days}d" for kind in ("price", "return", "return_pct")}
    for name in names:
        if name in ahead or name.startswith("target_"):
            raise ConfigError(f"field '{name}' looks ahead: it is the answer, and cannot be in the question")
        if name not in panel.columns:
            raise ConfigError(f"field '{name}' is no column of the panel; 'foretune schema panel' lists them")
        if not panel.schema[name].is_numeric():
            raise ConfigError(f"field '{name}' is {panel.schema[name]}, and rows hold numbers; leave it out")
    floats = [name for name in names if panel.schema[name].is_float()]
    odd = panel.select((~pl.col(name).is_finite()).any() for name in floats).row(0)
    bad = [name for name, found in zip(floats, odd, strict=True) if found]
    if bad:
        raise DataError(f"{', '.join(bad)}: a value is not finite, which JSON cannot hold; build the panel again")
    if panel["price_close"].null_count():
        raise DataError("price_close: a row has no price; build the panel again")
