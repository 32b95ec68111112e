"""The folder a build writes into: checked first, filled beside the old one, moved in whole.

Nothing that is not provably an earlier dataset of ours is ever removed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from foretune.datasets.manifest import FILE_NAME as MANIFEST_FILE
from foretune.datasets.manifest import Manifest
from foretune.errors import ConfigError

MARKER = ".foretune-unfinished"


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """A folder to build in; on success it becomes `out`, on failure `out` stays as it was.

    Raises:
        ConfigError: `out` or the folder beside it holds something else, or cannot be written.
    """
    out = out.resolve()  # a link is followed, "." gets its name
    partial, old = out.with_name(f"{out.name}.partial"), out.with_name(f"{out.name}.old")
    _check_replaceable(out)
    try:
        for leftover in (partial, old):
            _remove_unfinished(leftover)
        partial.mkdir(parents=True)
        (partial / MARKER).touch()
    except OSError as exc:
        raise ConfigError(f"{out}: cannot be written ({exc.strerror or exc}); give another folder") from exc
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    (partial / MARKER).unlink()
    # the old folder goes only when the new one is in its place: a kill in between loses neither
    if out.exists():
        out.rename(old)
        (old / MARKER).touch()
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)


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
