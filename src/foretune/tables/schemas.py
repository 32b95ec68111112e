"""The fact tables, and validation that keeps the reasons for what it turns away."""

from __future__ import annotations

from dataclasses import dataclass

import dataframely as dy
import polars as pl

_ORIGIN = r"^(live|recorded|simulated)$"


class Bars(dy.Schema):
    """One finished bar of one asset.

    `event_at` is the bar's start, `known_at` the first moment its close could be known (UTC).
    `volume` counts units of the asset, `volume_quote` money; each is null where the provider
    does not give it. Prices are raw: no split or dividend is applied.
    """

    symbol = dy.String(primary_key=True, min_length=1)
    event_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC")
    known_at = dy.Datetime(time_unit="us", time_zone="UTC")
    asset_class = dy.String(regex=r"^(crypto|equity|fx|commodity)$")
    open = dy.Float64(min_exclusive=0, allow_inf=False, allow_nan=False)
    high = dy.Float64(min_exclusive=0, allow_inf=False, allow_nan=False)
    low = dy.Float64(min_exclusive=0, allow_inf=False, allow_nan=False)
    close = dy.Float64(min_exclusive=0, allow_inf=False, allow_nan=False)
    volume = dy.Float64(nullable=True, min=0, allow_inf=False, allow_nan=False)
    volume_quote = dy.Float64(nullable=True, min=0, allow_inf=False, allow_nan=False)
    source = dy.String()
    origin = dy.String(regex=_ORIGIN)

    @dy.rule()
    def low_and_high_bound_open_and_close(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("low") <= pl.min_horizontal("open", "close")) & (
            pl.col("high") >= pl.max_horizontal("open", "close")
        )

    @dy.rule()
    def known_after_it_began(cls) -> pl.Expr:  # noqa: N805
        return pl.col("known_at") > pl.col("event_at")


class Observations(dy.Schema):
    """One value of one series for one period.

    Several rows may share `series` and `event_at`: each is a vintage with its own `known_at`.
    `basis` says how `known_at` was decided: `published` (the provider or a release calendar
    says so), `assumed` (a declared lag), `close` (struck on a market at the end of the day),
    `first_seen` (a revision that we met on a later fetch: known when we fetched it).
    """

    series = dy.String(primary_key=True, min_length=1)
    event_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC")
    known_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC")
    value = dy.Float64(allow_inf=False, allow_nan=False)
    basis = dy.String(regex=r"^(published|assumed|close|first_seen)$")
    source = dy.String()
    origin = dy.String(regex=_ORIGIN)

    @dy.rule()
    def not_known_before_its_period_began(cls) -> pl.Expr:  # noqa: N805
        return pl.col("known_at") >= pl.col("event_at")


class Splits(dy.Schema):
    """A share split: from `event_at` (00:00 UTC of its effective day) one old share is `ratio` new ones.

    It counts as known when it takes effect, although it is announced before.
    """

    symbol = dy.String(primary_key=True, min_length=1)
    event_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC")
    ratio = dy.Float64(min_exclusive=0, allow_inf=False, allow_nan=False)
    source = dy.String()
    origin = dy.String(regex=_ORIGIN)


@dataclass(frozen=True, slots=True)
class Validated:
    """`rows` passed every rule; `rejected` holds the others as `raw` text with a `reason`."""

    rows: pl.DataFrame
    rejected: pl.DataFrame

    def __post_init__(self) -> None:
        if self.rejected.columns != ["table", "raw", "reason"]:
            raise ValueError(f"rejected rows need table, raw and reason, found {self.rejected.columns}")


REJECTED_SCHEMA = {"table": pl.String, "raw": pl.String, "reason": pl.String}


def rejected_frame(table: str, raw: list[str], reasons: list[str]) -> pl.DataFrame:
    """Rows turned away, one reason each."""
    return pl.DataFrame({"table": [table] * len(raw), "raw": raw, "reason": reasons}, schema=REJECTED_SCHEMA)


def validate(schema: type[dy.Schema], frame: pl.DataFrame) -> Validated:
    """Split `frame` into valid rows and rejected ones.

    `frame` has the columns of `schema` plus `raw`, the row as the provider sent it. Duplicate
    keys are rejected on every side: which of them is right cannot be known here.
    """
    table = schema.__name__.lower()
    keyed = frame.with_row_index("_row")
    typed = keyed.select(*schema.column_names())
    good, failure = schema.filter(typed)
    if len(failure) == 0:
        return Validated(good, rejected_frame(table, [], []))
    # dataframely keeps the input order, so failed rows can be matched back by position
    details = failure.details()
    rules = [name for name in details.columns if name not in schema.column_names()]
    reasons = [
        ", ".join(rule.replace("|", " ") for rule, state in zip(rules, row, strict=True) if state == "invalid")
        for row in details.select(rules).iter_rows()
    ]
    failed = typed.with_columns(keyed["raw"]).join(
        details.select(schema.column_names()).unique(), on=schema.column_names(), how="semi", nulls_equal=True
    )
    return Validated(good, rejected_frame(table, failed["raw"].to_list(), reasons))
