"""What a run folder says about itself: which models belong together, and until when they were trained.

Read by those who use the models; it imports nothing that trains.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from foretune.errors import ConfigError
from foretune.tuning.stages import read_record

MANIFEST = "manifest.json"
STAGES = ("base", "sft", "dpo")


def stage_folders(run: Path) -> list[Path]:
    """The model folders of a run, untuned first; each was made from the one before it.

    Folders without a record, as of models that were tuned elsewhere, are taken as they are.

    Raises:
        ConfigError: there is no model, or the stages are not of one run (one was made anew from other
            data or another recipe, and those that build on it were not).
    """
    folders = [run / stage for stage in STAGES if (run / stage / "config.json").is_file()]
    if not folders:
        raise ConfigError(f"{run}: holds none of {', '.join(STAGES)}; train them with 'foretune tune'")
    records = [read_record(folder) for folder in folders]
    if any(records):
        for at in range(1, len(folders)):
            earlier, later = records[at - 1], records[at]
            if earlier is None or later is None or later.parent != earlier.key:
                raise ConfigError(
                    f"{folders[at]}: was not made from {folders[at - 1]}, so the two cannot be compared; run "
                    f"'foretune tune' again with this --out"
                )
    return folders


def trained_until(run: Path) -> dict[str, datetime] | None:
    """Last training label end (UTC) per kind of market ('simulated', 'real'), from the run's manifest.

    None for a folder without manifest, as of models that were tuned elsewhere.

    Raises:
        ConfigError: the manifest cannot be read, or is not of the models that lie there.
    """
    path = run / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        ends = {kind: datetime.fromisoformat(end) for kind, end in manifest["training_ends"].items()}
        told = {name: stage["key"] for name, stage in manifest["stages"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
        raise ConfigError(
            f"{path}: does not say until when the models were trained; run 'foretune tune' again with this --out"
        ) from exc
    made = {name: record.key for name in STAGES if (record := read_record(run / name)) is not None}
    if any(told.get(name) != key for name, key in made.items()):
        raise ConfigError(f"{path}: is of an earlier run than the models; run 'foretune tune' again with this --out")
    return ends
