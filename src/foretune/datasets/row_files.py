"""Writes one frame of rows as JSONL, CSV or Parquet: same rows, same bytes. Decides nothing about their content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow.parquet as pq

from foretune.datasets.row_formats import as_json_text

FileType = Literal["jsonl", "parquet", "csv"]

_REPEATING = ("instruction", "task", "symbol", "origin", "flaw")
"""Text columns with few different values: the only ones a dictionary makes smaller."""

_ROW_GROUP = 100_000


def write_rows(rows: pl.DataFrame, path: Path, kind: FileType) -> Path:
    """Write `rows` to `path` with the suffix of `kind` (folders are made), and return that path.

    JSONL is UTF-8 with one JSON object a line. CSV holds nested columns as JSON text. Parquet is
    zstd, with a dictionary on columns that repeat and on no other.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.with_name(f"{path.name}.{kind}")
    _WRITERS[kind](rows, target)
    return target


def _jsonl(rows: pl.DataFrame, target: Path) -> None:
    rows.write_ndjson(target)


def _csv(rows: pl.DataFrame, target: Path) -> None:
    as_json_text(rows).write_csv(target)


def _parquet(rows: pl.DataFrame, target: Path) -> None:
    repeating = [name for name in _REPEATING if name in rows.columns]
    pq.write_table(
        rows.to_arrow(compat_level=pl.CompatLevel.oldest()),
        target,
        compression="zstd",
        use_dictionary=repeating,
        row_group_size=_ROW_GROUP,
    )


_WRITERS: Mapping[FileType, Callable[[pl.DataFrame, Path], None]] = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}
