"""Which rows a dataset folder offers to trainers, and their files below `rows/`. No text is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from foretune.config import Config
from foretune.datasets.answer_rows import answer_rows, preference_rows
from foretune.datasets.example import Example, Split
from foretune.datasets.facts import Facts
from foretune.datasets.preferences import PreferencePair
from foretune.datasets.row_files import FileType, write_rows
from foretune.datasets.row_formats import RowFormat, in_format
from foretune.datasets.rows import DIGITS, KEYS, feature_rows
from foretune.datasets.shards import Shard, shards
from foretune.datasets.windows import window_rows
from foretune.features.registry import FIELDS
from foretune.tables.corporate_actions import with_split_factor

FOLDER = "rows"
PAIRS = "pairs"
"""The one layout of preferences: `prompt`, `chosen`, `rejected`."""

Content = Literal["features", "window", "answers", "preferences"]


class ExportSpec(Config):
    """What is written below `rows/`.

    `contents`: `features` (a JSON object of features and one of the outcome), `window` (the last
    closes and the return), `answers` (the analyst's examples), `preferences` (its pairs, which have
    one layout of their own). `features`: `canonical` for the guide's fields, `all` for every
    numeric feature, or names of panel columns. `shard` cuts files by decision date, `max_rows`
    by size; `digits` is how many significant digits a number keeps; `system` is a system turn for
    the formats that have one.
    """

    contents: Sequence[Content] = ("features", "window", "answers", "preferences")
    formats: Sequence[RowFormat] = tuple(RowFormat)
    files: Sequence[FileType] = ("jsonl", "parquet", "csv")
    features: Literal["canonical", "all"] | Annotated[Sequence[str], Field(min_length=1)] = "canonical"
    window: int = Field(30, ge=2, le=1000)
    digits: int = Field(DIGITS, ge=3, le=15)
    shard: Shard = "none"
    max_rows: int | None = Field(None, ge=1)
    system: Annotated[str, Field(min_length=1)] | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """`rows` counts them per `<split>/<content>-<format>`; `left_out` panel rows without one, per
    `<content>: <reason>`."""

    rows: Mapping[str, int]
    left_out: Mapping[str, int]


def export(
    panel: pl.DataFrame,
    facts: Facts,
    examples: Sequence[Example],
    pairs: Sequence[PreferencePair],
    folder: Path,
    spec: ExportSpec,
    *,
    horizon_days: int = 90,
) -> Exported:
    """Write `rows/<split>/<content>-<format>[-<shard>].{jsonl,parquet,csv}` below `folder`.

    Args:
        panel: rows of a `Panel`; purged ones make no row.
        facts: what it was made from; windows take their closes from the bars, adjusted for splits.
        examples: what `answers` and `preferences` are written from.
        pairs: of these examples.
        folder: of the dataset.
        spec: which files.
        horizon_days: of the panel's target.

    Raises:
        ConfigError, DataError: see `feature_rows` and `window_rows`.
    """
    bars = with_split_factor(facts.bars, facts.splits)
    counts: dict[str, int] = {}
    left_out: dict[str, int] = {}
    for content in dict.fromkeys(spec.contents):
        if content == "preferences":
            _write(preference_rows(pairs, examples), f"{content}-{PAIRS}", None, folder, spec, counts)
            continue
        if content == "answers":
            rows = answer_rows(examples)
        elif content == "features":
            rows = feature_rows(panel, chosen_features(spec), horizon_days=horizon_days, digits=spec.digits)
        else:
            found = window_rows(panel, bars, window=spec.window, horizon_days=horizon_days, digits=spec.digits)
            rows = found.rows
            left_out |= {f"{content}: {reason}": count for reason, count in found.left_out.items()}
        for layout in dict.fromkeys(spec.formats):
            _write(rows, f"{content}-{layout.value}", layout, folder, spec, counts)
    return Exported(counts, left_out)


def _write(
    rows: pl.DataFrame, name: str, layout: RowFormat | None, folder: Path, spec: ExportSpec, counts: dict[str, int]
) -> None:
    for split in Split:
        chosen = rows.filter(pl.col("split") == split.value)
        if chosen.is_empty():
            continue
        counts[f"{split.value}/{name}"] = len(chosen)
        for shard, part in shards(chosen, spec.shard, spec.max_rows):
            text = part.drop(KEYS)
            if layout is not None:
                text = in_format(text, layout, system=spec.system)
            path = folder / FOLDER / split.value / (f"{name}-{shard}" if shard else name)
            for kind in dict.fromkeys(spec.files):
                write_rows(text, path, kind)


def chosen_features(spec: ExportSpec) -> Sequence[str]:
    """The panel columns that `spec.features` asks for, in the panel's order unless they are named one by one.

    `all` leaves the missing flags out: in an object without a field, its absence says the same.
    """
    if spec.features == "canonical":
        return [field.name for field in FIELDS if field.canonical]
    if spec.features == "all":
        return ["return_1d_pct", *(field.name for field in FIELDS if field.group != "flag")]
    return spec.features
