"""Reads the evidence of a built folder back, so that it can be judged again, by other gates too. Measures nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from foretune.config import parse_config
from foretune.datasets.facts import FOLDER, Facts
from foretune.datasets.manifest import FILE_NAME, Manifest
from foretune.datasets.panel import Panel, panel_columns
from foretune.datasets.parquet import damaged, read_built
from foretune.errors import ConfigError, DataError
from foretune.quality.evidence import Evidence
from foretune.quality.gates import GateSpec
from foretune.tables.schemas import REJECTED_SCHEMA


def load(folder: Path, overrides: Sequence[str] = ()) -> tuple[str, Evidence]:
    """The name and the evidence of the dataset that 'foretune build' left in `folder`.

    Gates are those of the build, each `key=value` of `overrides` put over them; a key is a path
    such as `completeness_min` or `severity.outliers`.

    Raises:
        DataError: a file is missing or damaged.
        ConfigError: an override is no gate, or has a value it cannot take.
    """
    manifest = _manifest(folder / FILE_NAME)
    horizon = int(manifest.spec.get("horizon_days", 90))
    columns = panel_columns(horizon)
    panel = Panel(
        read_built(folder / "panel.parquet", columns),
        read_built(folder / "quarantine.parquet", (*columns[:-1], "reason")),
    )
    gates = _with_overrides(dict(manifest.spec.get("gates", {})), overrides)
    return manifest.name, Evidence(
        panel,
        read_built(folder / "rejected.parquet", list(REJECTED_SCHEMA)).cast(REJECTED_SCHEMA),  # type: ignore[arg-type]
        Facts.read(folder / FOLDER),
        parse_config(gates, GateSpec, where=f"{folder / FILE_NAME}: spec.gates" + (" with --set" if overrides else "")),
        manifest.absent,
        horizon,
        int(manifest.spec.get("tolerance_days", 5)),
    )


def _manifest(path: Path) -> Manifest:
    if not path.is_file():
        raise DataError(f"{path.parent}: no {path.name} here; make the dataset first with 'foretune build'")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise damaged(path) from exc
    return parse_config(data, Manifest, where=str(path))


def _with_overrides(gates: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    for text in overrides:
        key, equals, value = text.partition("=")
        first, dot, last = key.strip().partition(".")
        if not equals or not first or (dot and not last):
            raise ConfigError(f"--set {text!r}: write gate=value, as in --set completeness_min=0.99")
        try:
            read = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as exc:
            # beside its own errors, PyYAML lets those of its constructors through (a date such as 2024-13-45)
            raise ConfigError(f"--set {text!r}: the value is not valid YAML: {exc}") from exc
        inner = gates.get(first, {})
        if dot and not isinstance(inner, dict):
            raise ConfigError(f"--set {text!r}: {first} is {inner!r}, which has no {last!r} in it")
        gates[first] = {**inner, last: read} if dot else read
    return gates
