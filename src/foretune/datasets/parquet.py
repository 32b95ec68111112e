"""Opens a table that 'foretune build' wrote; damage becomes a sentence. Knows no table's meaning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from foretune.errors import DataError


def read_built(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """`columns` of the Parquet file at `path`, in this order.

    Raises:
        DataError: there is no such file, it is damaged, or a column is missing.
    """
    if not path.is_file():
        raise DataError(f"{path.parent}: no {path.name} here; make the dataset first with 'foretune build'")
    try:
        missing = [name for name in columns if name not in pl.read_parquet_schema(path)]
        if not missing:
            return pl.read_parquet(path, columns=list(columns)).select(columns)
    except (PolarsError, OSError) as exc:
        raise damaged(path) from exc
    raise DataError(f"{path}: has no column {', '.join(missing)}; build the dataset again with 'foretune build'")


def damaged(path: Path) -> DataError:
    """The error for a file whose content cannot be what was written."""
    return DataError(f"{path}: damaged, or not written by 'foretune build'; build the dataset again")
