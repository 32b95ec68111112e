"""A dataset folder as the audit sees it: whoever made it, whatever of it is there. No check is here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import polars.selectors as cs
from polars.exceptions import PolarsError
from pydantic import ValidationError

from foretune.datasets.facts import FOLDER, Facts
from foretune.datasets.manifest import FILE_NAME, Manifest
from foretune.datasets.parquet import damaged
from foretune.errors import DataError, EmptyData

PANEL = "panel.parquet"
KEY = ("asset_symbol", "decision_at")
_TARGET = re.compile(r"^target_return_(\d+)d$")
_ABOUT_ROWS = {"asset_symbol", "timestamp", "decision_at", "split", "label_start_at", "label_end_at"}
"""Where and when a row stands; every other column could be shown to a model."""
_OUTCOME = re.compile(r"^target_(price|return|return_pct)_\d+d$")
_UTC_US = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class AuditedDataset:
    """`rows` is the panel, sorted by asset and decision, always with `label_start_at` and `label_end_at`.

    Its text, dates and durations are numbers here (see `as_numbers`), so that no check passes them by.
    `derived_labels` counts the rows whose label interval was not given: they hold the decision and
    the decision plus the horizon. `facts` and `manifest` are None where the folder has none.
    `panel` is the panel as it lies there, from which examples and rows are made again.
    """

    folder: Path
    rows: pl.DataFrame
    horizon_days: int
    derived_labels: int
    manifest: Manifest | None
    facts: Facts | None
    panel: pl.DataFrame | None = None

    @property
    def target(self) -> str:
        return f"target_return_{self.horizon_days}d"

    @property
    def features(self) -> list[str]:
        return feature_columns(self.rows)

    @property
    def unread(self) -> list[str]:
        """Columns that no check can look into: lists, structures, bytes."""
        numbers = set(self.features)
        return [name for name in self.rows.columns if _could_be_shown(name) and name not in numbers]


def feature_columns(rows: pl.DataFrame) -> list[str]:
    """Columns with numbers that a model could be shown at the decision: neither key, target nor label."""
    return [name for name in rows.select(cs.numeric() | cs.boolean()).columns if _could_be_shown(name)]


def _could_be_shown(name: str) -> bool:
    """No prefix hides a column: only the exact names of keys, labels and targets are no features."""
    return name not in _ABOUT_ROWS and _OUTCOME.match(name) is None


def as_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """Text, categories, dates and durations as numbers; keys, labels, numbers and other types stay.

    Text that is a number throughout becomes it, other text its place among the sorted texts; a date
    or a duration becomes microseconds, an all-null column a column of numbers.

    >>> as_numbers(pl.DataFrame({"mood": ["up", "down", None, "up"], "typed": ["1.5", "2", "3", None]})).rows()
    [(1.0, 1.5), (0.0, 2.0), (None, 3.0), (1.0, None)]
    """
    return rows.with_columns(_number(rows[name]) for name in rows.columns if _could_be_shown(name))


def _number(column: pl.Series) -> pl.Series:
    match column.dtype:
        case pl.Null():
            return column.cast(pl.Float64)
        case pl.Date() | pl.Datetime():
            return column.dt.epoch("us").cast(pl.Float64)
        case pl.Duration():
            return column.dt.total_microseconds().cast(pl.Float64)
        case pl.Time():
            return column.cast(pl.Int64).cast(pl.Float64)
        case pl.String() | pl.Categorical() | pl.Enum():
            text = column.cast(pl.String)
            typed = text.cast(pl.Float64, strict=False)
            if typed.null_count() == text.null_count():
                return typed
            return (text.rank("dense") - 1).cast(pl.Float64)
    return column


def matrix(rows: pl.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.float64]:
    """`columns` as numbers, (rows, columns); missing and not finite are NaN."""
    values = rows.select(pl.col(columns).cast(pl.Float64)).to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def read_dataset(path: Path) -> AuditedDataset:
    """The dataset folder at `path`, or a single Parquet file of panel rows.

    Raises:
        DataError: no panel there, it is damaged, or it lacks `asset_symbol`, `decision_at` (or
            `timestamp`) or a `target_return_<days>d`; the message names what is missing, or what
            is of a type it cannot have.
        EmptyData: the panel has no rows.
    """
    single = path.suffix == ".parquet"
    folder, panel = (path.parent, path) if single else (path, path / PANEL)
    if not panel.is_file():
        raise DataError(f"{path}: no {PANEL} here; give a folder that 'foretune build' made, or a Parquet file")
    try:
        found = rows = pl.read_parquet(panel)
    except (PolarsError, OSError) as exc:
        raise damaged(panel) from exc
    manifest = None if single else _manifest(folder / FILE_NAME)
    horizon = _horizon(panel, rows.columns, manifest)
    rows = _with_words_and_outcomes(panel, _with_times(panel, rows))
    for name in ("label_start_at", "label_end_at"):
        if name not in rows.columns:
            rows = rows.with_columns(pl.lit(None, dtype=_UTC_US).alias(name))
    derived = rows.select((pl.col("label_start_at").is_null() | pl.col("label_end_at").is_null()).sum()).item()
    rows = rows.with_columns(
        pl.col("label_start_at").fill_null(pl.col("decision_at")),
        pl.col("label_end_at").fill_null(pl.col("decision_at") + pl.duration(days=horizon)),
    )
    facts = Facts.read(folder / FOLDER) if not single and (folder / FOLDER).is_dir() else None
    rows = as_numbers(rows.sort(KEY, maintain_order=True))
    return AuditedDataset(path, rows, horizon, derived, manifest, facts, found)


def _manifest(path: Path) -> Manifest | None:
    if not path.is_file():
        return None
    try:
        manifest = Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError, OSError) as exc:
        raise DataError(f"{path}: not a manifest of this version; build the dataset again") from exc
    if not _is_plan(manifest.spec):
        raise DataError(f"{path}: spec.assets or spec.fields is no plan of a build; build the dataset again")
    return manifest


def _is_plan(spec: Mapping[str, Any]) -> bool:
    """Whether `assets` and `fields` are shaped as checks expect; what they name is the checks' own business."""
    assets = spec.get("assets", [])
    if not isinstance(assets, list) or not all(isinstance(asset, dict) for asset in assets):
        return False
    fields = [plan.get("fields", {}) for plan in (spec, *assets)]
    return all(isinstance(each, dict) and all(isinstance(feed, dict) for feed in each.values()) for each in fields)


def _horizon(panel: Path, columns: Sequence[str], manifest: Manifest | None) -> int:
    found = [int(match[1]) for name in columns if (match := _TARGET.match(name))]
    declared = manifest.spec.get("horizon_days") if manifest is not None else None
    if isinstance(declared, int) and declared in found:
        return declared
    if not found:
        raise DataError(f"{panel}: has no column target_return_<days>d; name the target that way to have it audited")
    return max(found)


def _with_times(panel: Path, rows: pl.DataFrame) -> pl.DataFrame:
    if "decision_at" not in rows.columns and "timestamp" in rows.columns:
        rows = rows.with_columns(pl.col("timestamp").alias("decision_at"))
    missing = [name for name in KEY if name not in rows.columns]
    if missing:
        raise DataError(f"{panel}: has no column {', '.join(missing)}; without it no row can be placed in time")
    times = [name for name in ("timestamp", "decision_at", "label_start_at", "label_end_at") if name in rows.columns]
    for name in times:
        kind = rows.schema[name]
        if not isinstance(kind, pl.Datetime | pl.Date):
            raise DataError(f"{panel}: {name} is {kind}, not a time; write it as a UTC timestamp")
        at = pl.col(name).cast(pl.Datetime("us")) if isinstance(kind, pl.Date) else pl.col(name)
        zoned = isinstance(kind, pl.Datetime) and kind.time_zone is not None
        at = at.dt.convert_time_zone("UTC") if zoned else at.dt.replace_time_zone("UTC")
        rows = rows.with_columns(at.cast(_UTC_US))
    if rows.is_empty():
        raise EmptyData(f"{panel}: has no rows to audit; build the dataset again")
    if rows["decision_at"].null_count() or rows["asset_symbol"].null_count():
        raise DataError(
            f"{panel}: rows without asset_symbol or decision_at; a row must be placed in time to be audited"
        )
    return rows


def _with_words_and_outcomes(panel: Path, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with names as text, after all outcomes were seen to be numbers."""
    for name, kind in rows.schema.items():
        if name in ("asset_symbol", "split"):
            if not isinstance(kind, pl.String | pl.Categorical | pl.Enum):
                raise DataError(f"{panel}: {name} is {kind}, not text; write names as text")
            rows = rows.with_columns(pl.col(name).cast(pl.String))
        elif _OUTCOME.match(name) is not None and not kind.is_numeric():
            raise DataError(f"{panel}: {name} is {kind}, not a number; an outcome is one")
    return rows
