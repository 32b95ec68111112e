"""The facts a panel is made from, as one value and as a folder. Nothing is fetched or joined here.

Kept beside the panel they make, so that anybody can make the panel again: the leakage audit does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dataframely as dy
import polars as pl

from foretune.datasets.parquet import read_built
from foretune.tables.schemas import Bars, Observations, Splits

FOLDER = "facts"

OBSERVATION_COLUMNS = ("field", "symbol", *Observations.column_names())


@dataclass(frozen=True, slots=True)
class Facts:
    """`bars` and `splits` are tables of those schemas.

    `observations` are `Observations` with two more columns: `field`, the panel field they are the
    source of (a level: no transform is applied yet), and `symbol`, the asset they belong to, null
    where they belong to all.
    """

    bars: pl.DataFrame
    observations: pl.DataFrame
    splits: pl.DataFrame

    def write(self, folder: Path) -> None:
        """Write `bars.parquet`, `observations.parquet`, `splits.parquet` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.bars.write_parquet(folder / "bars.parquet")
        self.observations.write_parquet(folder / "observations.parquet")
        self.splits.write_parquet(folder / "splits.parquet")

    @classmethod
    def read(cls, folder: Path) -> Facts:
        """The facts that `write` left in `folder`.

        Raises:
            DataError: a table is missing, damaged, or has a column of another type than `write` gave it.
        """
        observations = {"field": pl.String(), "symbol": pl.String(), **_types(Observations)}
        return cls(
            bars=read_built(folder / "bars.parquet", _types(Bars)),
            observations=read_built(folder / "observations.parquet", observations),
            splits=read_built(folder / "splits.parquet", _types(Splits)),
        )


def _types(table: type[dy.Schema]) -> dict[str, pl.DataType]:
    return {name: column.dtype for name, column in table.columns().items()}


def no_splits() -> pl.DataFrame:
    """An empty table of splits."""
    return Splits.create_empty()


def no_observations() -> pl.DataFrame:
    """An empty table of observations, `field` and `symbol` included."""
    empty = Observations.create_empty()
    return empty.with_columns(
        pl.lit(None, dtype=pl.String).alias("field"), pl.lit(None, dtype=pl.String).alias("symbol")
    ).select(OBSERVATION_COLUMNS)
