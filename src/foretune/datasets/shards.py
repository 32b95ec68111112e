"""Cuts rows into parts that become files of their own: by the date of the decision, and by size. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import polars as pl

Shard = Literal["none", "year", "quarter", "month"]
"""The date range a file covers."""


def shards(rows: pl.DataFrame, by: Shard, max_rows: int | None = None) -> Iterator[tuple[str, pl.DataFrame]]:
    """The parts of `rows` with their names, in order of time; no part is empty.

    `rows` has `decided` (UTC) and is sorted by it. A name sorts as its dates do: `2021`, `2021-Q3`,
    `2021-07`; it is empty for `none`. Parts larger than `max_rows` are cut again and numbered from
    `00001`, whether or not one part turns out to be enough.

    >>> from datetime import datetime
    >>> rows = pl.DataFrame({"decided": [datetime(2020, 12, 31), datetime(2021, 1, 1), datetime(2021, 8, 9)]})
    >>> [(name, len(part)) for name, part in shards(rows, "year")]
    [('2020', 1), ('2021', 2)]
    >>> [name for name, part in shards(rows, "quarter", max_rows=10)]
    ['2020-Q4-00001', '2021-Q1-00001', '2021-Q3-00001']
    """
    for name, part in _by_date(rows, by):
        if max_rows is None:
            yield name, part
            continue
        for number, chunk in enumerate(part.iter_slices(max_rows), start=1):
            yield f"{name}-{number:05d}".removeprefix("-"), chunk


def _by_date(rows: pl.DataFrame, by: Shard) -> Iterator[tuple[str, pl.DataFrame]]:
    if rows.is_empty():
        return
    if by == "none":
        yield "", rows
        return
    decided = pl.col("decided").dt
    names = {
        "year": decided.to_string("%Y"),
        "quarter": pl.concat_str(decided.to_string("%Y-Q"), decided.quarter()),
        "month": decided.to_string("%Y-%m"),
    }[by]
    for (name,), part in rows.group_by(names.alias("_shard"), maintain_order=True):
        yield str(name), part
