"""The folder a build writes into: checked first, filled beside the old one, moved in whole.

Nothing that is not provably an earlier dataset of ours is ever removed. What a killed or refused
build had fetched is kept for the same build to go on with.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from foretune.datasets.manifest import FILE_NAME as MANIFEST_FILE
from foretune.datasets.manifest import Manifest
from foretune.errors import ConfigError, RateLimited, SourceUnavailable

MARKER: Final = ".foretune-unfinished"
RESPONSES: Final = ".responses"
FRESH_S: Final = 24 * 3600.0
"""An unfinished build older than this begins anew: markets went on meanwhile."""


@contextmanager
def workspace(out: Path, key: str = "") -> Iterator[Path]:
    """A folder to build in; on success it becomes `out`, on failure `out` stays as it was.

    `key` stands for everything that decides what the build fetches. If a build of the same key was
    killed, interrupted, or refused by a busy provider less than a day ago, the folder already
    holds its `RESPONSES`; everything else is made again. `RESPONSES` never reaches `out`.

    Raises:
        ConfigError: `out` or the folder beside it holds something else, or cannot be written.
    """
    out = out.resolve()  # a link is followed, "." gets its name
    partial, old = out.with_name(f"{out.name}.partial"), out.with_name(f"{out.name}.old")
    _check_replaceable(out)
    try:
        _remove_unfinished(old)
        if _resumable(partial, key):
            _keep_only_responses(partial)
        else:
            _remove_unfinished(partial)
            partial.mkdir(parents=True)
            (partial / MARKER).write_text(key, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"{out}: cannot be written ({exc.strerror or exc}); give another folder") from exc
    try:
        yield partial
    except (KeyboardInterrupt, SourceUnavailable, RateLimited):
        if key and (partial / RESPONSES).is_dir():
            _keep_only_responses(partial)  # the same command goes on from here
        else:
            shutil.rmtree(partial, ignore_errors=True)
        raise
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    shutil.rmtree(partial / RESPONSES, ignore_errors=True)
    (partial / MARKER).unlink()
    # the old folder goes only when the new one is in its place: a kill in between loses neither
    if out.exists():
        out.rename(old)
        (old / MARKER).touch()
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _resumable(partial: Path, key: str) -> bool:
    marker = partial / MARKER
    if not key or not marker.is_file() or not (partial / RESPONSES).is_dir():
        return False
    age = time.time() - marker.stat().st_mtime
    return age < FRESH_S and marker.read_text(encoding="utf-8") == key


def _keep_only_responses(partial: Path) -> None:
    for path in partial.iterdir():
        if path.name in (MARKER, RESPONSES):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _check_replaceable(out: Path) -> None:
    if out.is_file():
        raise ConfigError(f"{out} is a file; give a folder to build into")
    if not out.is_dir() or not any(out.iterdir()):
        return
    try:
        manifest = Manifest.model_validate_json((out / MANIFEST_FILE).read_bytes())
    except (OSError, ValidationError, ValueError):
        raise ConfigError(f"{out} holds files that are no dataset of ours; give an empty or new folder") from None
    known = {*manifest.files, MANIFEST_FILE}
    foreign = sorted(
        found for path in out.rglob("*") if path.is_file() and (found := path.relative_to(out).as_posix()) not in known
    )
    if foreign:
        raise ConfigError(f"{out} holds {foreign[0]!r}, which no build of ours wrote; move it or give a new folder")


def _remove_unfinished(folder: Path) -> None:
    """Remove what a killed build left; anything without its marker is somebody else's."""
    if not folder.exists():
        return
    if not (folder / MARKER).is_file():
        raise ConfigError(f"{folder} is in the way and was not left by a build of ours; move it")
    shutil.rmtree(folder)
