"""Reads the evidence of a built folder back, so that it can be judged again, by other gates too. Measures nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from foretune.config import parse_config, put_over
from foretune.datasets.facts import FOLDER, Facts
from foretune.datasets.manifest import FILE_NAME, Manifest
from foretune.datasets.panel import Panel, PanelSpec
from foretune.datasets.parquet import damaged, read_built
from foretune.datasets.schema import panel_schema
from foretune.errors import DataError, EmptyData
from foretune.quality.evidence import Evidence
from foretune.quality.gates import GateSpec
from foretune.tables.schemas import REJECTED_SCHEMA


def load(folder: Path, overrides: Sequence[str] = ()) -> tuple[str, Evidence]:
    """The name and the evidence of the dataset that 'foretune build' left in `folder`.

    Gates are those of the build, each `key=value` of `overrides` put over them; a key is a path
    such as `completeness_min` or `severity.outliers`.

    Raises:
        DataError: a file is missing, damaged, or not of the types a build writes.
        EmptyData: the panel has no rows.
        ConfigError: the manifest was edited into something it cannot say, or an override is no
            gate or has a value it cannot take.
    """
    manifest = _manifest(folder / FILE_NAME)
    where = f"{folder / FILE_NAME}: spec"
    spec = parse_config(
        {name: manifest.spec[name] for name in PanelSpec.model_fields if name in manifest.spec}, PanelSpec, where=where
    )
    gates = copy.deepcopy(manifest.spec.get("gates", {}))
    for text in overrides:
        put_over(gates, text, example="completeness_min=0.99")
    return manifest.name, Evidence(
        _panel(folder, spec.horizon_days),
        read_built(folder / "rejected.parquet", REJECTED_SCHEMA),
        Facts.read(folder / FOLDER),
        parse_config(gates, GateSpec, where=f"{where}.gates" + (" with --set" if overrides else "")),
        manifest.absent,
        spec.horizon_days,
        spec.tolerance_days,
    )


def _manifest(path: Path) -> Manifest:
    if not path.is_file():
        raise DataError(f"{path.parent}: no {path.name} here; make the dataset first with 'foretune build'")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(data, ensure_ascii=False).encode("utf-8")  # half a surrogate pair could not be written out again
    except (OSError, ValueError, RecursionError) as exc:
        raise damaged(path) from exc
    return parse_config(data, Manifest, where=str(path))


def _panel(folder: Path, horizon_days: int) -> Panel:
    columns = panel_schema(horizon_days)
    types = {column.name: column.dtype for column in columns}
    rows = read_built(folder / "panel.parquet", types)
    if rows.is_empty():
        raise EmptyData(f"{folder / 'panel.parquet'}: has no rows to judge; build the dataset again")
    holes = [column.name for column in columns if column.needed and rows[column.name].null_count()]
    if holes:
        raise DataError(
            f"{folder / 'panel.parquet'}: values are missing in {', '.join(holes[:5])}, which every row of a build "
            "has; build the dataset again with 'foretune build'"
        )
    aside = {name: kind for name, kind in types.items() if name != "split"} | {"reason": pl.String()}
    return Panel(rows, read_built(folder / "quarantine.parquet", aside))
