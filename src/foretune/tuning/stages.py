"""Stages of a run as folders that are either complete or absent. Knows nothing about training.

A stage works in `<name>.partial`, where an interrupted run finds its checkpoints again, and is
renamed to `<name>` when everything is written; what stood there before waits in `<name>.old` until
then, so that at any moment a complete result is somewhere. `stage.json` inside holds the hash of all it was
made from: the same inputs skip the work, other inputs redo it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from foretune.errors import TuningError

RECORD = "stage.json"


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What `stage.json` says. `seconds` of training and saving, interrupted parts included as far
    as they were logged; `facts` are the stage's own figures. `parent` is the key of the stage it
    started from, None for the first."""

    name: str
    key: str
    seconds: float
    facts: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None


def content_key(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of `inputs` as canonical JSON.

    >>> content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_record(folder: Path) -> StageRecord | None:
    """The record of a complete stage folder, or None if there is none to trust."""
    try:
        return StageRecord(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def run_stage(
    out: Path,
    name: str,
    key: str,
    work: Callable[[Path, Path], tuple[float, dict[str, Any]]],
    *,
    parent: str | None = None,
) -> tuple[StageRecord, bool]:
    """The record of stage `name` for inputs `key`, and whether it was already there.

    `work(result, checkpoints)` fills `result` and returns (seconds, facts); `checkpoints`
    survives an interruption and is offered again to the same key only.

    Raises:
        TuningError: something that is no stage stands where the stage would go.
    """
    folder, partial, old = out / name, out / f"{name}.partial", out / f"{name}.old"
    _recover(folder, old)
    marker, result, checkpoints = partial / "key", partial / "result", partial / "checkpoints"
    marked = marker.read_text(encoding="utf-8") if marker.is_file() else None
    done = read_record(folder)
    if done is not None and done.key == key:
        if marked in (None, key):  # left over; work for other inputs is kept until they come again
            _drop(partial)
        return done, True
    if marked != key:
        _drop(partial)
    record = read_record(result)
    if record is None or record.key != key:
        if result.exists():  # half written when the run was interrupted
            shutil.rmtree(result)
        checkpoints.mkdir(parents=True, exist_ok=True)
        marker.write_text(key, encoding="utf-8")
        result.mkdir()
        seconds, facts = work(result, checkpoints)
        record = StageRecord(name, key, round(seconds, 2), facts, parent)
        (result / RECORD).write_text(json.dumps(asdict(record), indent=2), encoding="utf-8")
    if folder.exists():
        folder.rename(old)
    result.rename(folder)
    _drop(partial)
    if old.exists():
        _discard(old)
    return record, False


def _recover(folder: Path, old: Path) -> None:
    """Undo or finish a swap of `folder` that was interrupted; refuse what no stage has left there."""
    for place in (folder, old):
        if place.exists() and read_record(place) is None and (not place.is_dir() or any(place.iterdir())):
            raise TuningError(f"{place}: is in the way and no stage (it holds no {RECORD}); choose another --out")
    if old.exists():
        if read_record(folder) is not None:
            _discard(old)
        else:
            if folder.exists():
                folder.rmdir()
            old.rename(folder)


def _drop(partial: Path) -> None:
    """Delete a working folder, its key first: half deleted it is never resumed."""
    (partial / "key").unlink(missing_ok=True)
    if partial.exists():
        shutil.rmtree(partial)


def _discard(folder: Path) -> None:
    """Delete a stage's folder, its record last: half deleted it can still be told from files of others."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != RECORD:
            path.unlink()
    (folder / RECORD).unlink(missing_ok=True)
    folder.rmdir()
