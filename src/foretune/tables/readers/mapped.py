"""Any CSV or Parquet table into facts, by naming its columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

import polars as pl

from foretune.errors import ConfigError
from foretune.sources.response import RawResponse
from foretune.tables.readers.tabular import closest, number, pick, read_table, utc
from foretune.tables.schemas import Bars, Observations, Validated, validate

PRICES = ("open", "high", "low", "close")
VOLUMES = ("volume", "volume_quote")


def read_mapped_bars(
    response: RawResponse,
    columns: Mapping[str, str],
    symbol: str,
    asset_class: str,
    *,
    bar: timedelta = timedelta(days=1),
    stamp: Literal["open", "close"] = "open",
) -> Validated:
    """A table of bars into `Bars` named `symbol`, oldest first.

    `columns` maps `time`, `open`, `high`, `low`, `close` and, where there are any, `volume` and
    `volume_quote` to columns of the table. `stamp` says which end of its bar `time` names; a bar
    counts as known when it closes. The times `utc` takes are taken; an empty price is rejected, an
    empty volume is unknown.

    Raises:
        ConfigError: a column that is needed is not mapped, not there, or not known here.
        MalformedResponse: neither CSV nor Parquet.
    """
    where = f"{response.path} ({symbol})"
    _check_keys(columns, needed=("time", *PRICES), optional=VOLUMES, where=where)
    frame = pick(read_table(response), columns, where=where)
    opened = utc(frame, "time") if stamp == "open" else utc(frame, "time") - bar
    volumes = [number(name) if name in columns else pl.lit(None, dtype=pl.Float64).alias(name) for name in VOLUMES]
    return validate(
        Bars,
        frame.with_columns(
            opened.alias("event_at"),
            (opened + bar).alias("known_at"),
            *(number(name).alias(name) for name in PRICES),
            *(volume.alias(name) for name, volume in zip(VOLUMES, volumes, strict=True)),
            pl.lit(symbol).alias("symbol"),
            pl.lit(asset_class).alias("asset_class"),
            pl.lit(response.provider).alias("source"),
            pl.lit(response.origin.value).alias("origin"),
        ).sort("event_at", nulls_last=True),
    )


def read_mapped_series(
    response: RawResponse,
    columns: Mapping[str, str],
    series: str,
    known_after: timedelta,
    *,
    between: tuple[float, float] = (float("-inf"), float("inf")),
    whole: bool = False,
) -> Validated:
    """A table of values into `Observations` of `series`, oldest first.

    `columns` maps `time` and `value`. A value counts as known `known_after` its time, basis
    `assumed`: for a time that names the start of a day this is a day at least. An empty value is no
    fact and leaves no row; one outside `between` (both ends included), or with decimals where
    `whole` ones are wanted, is rejected.

    Raises:
        ConfigError: a column is not mapped, not there, or not known here; or `known_after` is negative.
        MalformedResponse: neither CSV nor Parquet.
    """
    where = f"{response.path} ({series})"
    _check_keys(columns, needed=("time", "value"), optional=(), where=where)
    if known_after < timedelta(0):
        raise ConfigError(f"{where}: known_after is {known_after}; a value is not known before its time")
    frame = pick(read_table(response), columns, where=where)
    there = pl.col("value").cast(pl.String, strict=False).str.strip_chars().fill_null("") != ""
    value, at = number("value"), utc(frame, "time")
    good = value.is_between(*between) & ((value == value.floor()) if whole else pl.lit(True))
    return validate(
        Observations,
        frame.filter(there)
        .with_columns(
            pl.lit(series).alias("series"),
            at.alias("event_at"),
            (at + known_after).alias("known_at"),
            pl.when(good).then(value).alias("value"),
            pl.lit("assumed").alias("basis"),
            pl.lit(response.provider).alias("source"),
            pl.lit(response.origin.value).alias("origin"),
        )
        .sort("event_at", nulls_last=True),
    )


def _check_keys(columns: Mapping[str, str], *, needed: tuple[str, ...], optional: tuple[str, ...], where: str) -> None:
    for name in needed:
        if name not in columns:
            raise ConfigError(f"{where}: columns do not say which one is '{name}'; needed: {', '.join(needed)}")
    for name in columns:
        if name not in (*needed, *optional):
            raise ConfigError(f"{where}: columns has '{name}', which means nothing here{closest(name, needed)}")
