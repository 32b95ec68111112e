"""Opens a table that 'foretune build' wrote; damage becomes a sentence. Knows no table's meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PolarsError

from foretune.errors import DataError

Columns = Sequence[str] | Mapping[str, pl.DataType | type[pl.DataType]]
"""Names of columns, or names with the type that each must have."""

_TOLD: Final = 5  # of the columns of another type; a file of somebody else has many


def read_built(path: Path, columns: Columns) -> pl.DataFrame:
    """`columns` of the Parquet file at `path`, in this order; a mapping also says which type each must have.

    Raises:
        DataError: there is no such file, it is damaged, or a column is missing or of another type.
    """
    if not path.is_file():
        raise DataError(f"{path.parent}: no {path.name} here; make the dataset first with 'foretune build'")
    try:
        found = pl.read_parquet_schema(path)
        wrong = _differences(found, columns)
        if not wrong:
            return pl.read_parquet(path, columns=list(columns)).select(list(columns))
    except (PolarsError, OSError) as exc:
        raise damaged(path) from exc
    raise DataError(f"{path}: {wrong}; build the dataset again with 'foretune build'")


def _differences(found: Mapping[str, pl.DataType], columns: Columns) -> str:
    """What is wrong with the columns of a file, empty if nothing is."""
    missing = [name for name in columns if name not in found]
    if missing:
        return f"has no column {', '.join(missing)}"
    if not isinstance(columns, Mapping):
        return ""
    other = [f"{name} is {found[name]}, not {kind}" for name, kind in columns.items() if found[name] != kind]
    return ", ".join(other[:_TOLD])


def damaged(path: Path) -> DataError:
    """The error for a file whose content cannot be what was written."""
    return DataError(f"{path}: damaged, or not written by 'foretune build'; build the dataset again")
