"""The folder a build writes into: checked first, filled beside the old one, moved in whole.

Nothing that is not provably an earlier dataset of ours is ever removed. What a killed or refused
build had fetched is kept for the same build to go on with.

    <out>            the finished dataset
    <out>.partial    the build that is running, or was stopped; locked while it runs
    <out>.old        the dataset that is being replaced, for the moment of the swap
    <out>.failed     the quality report of a build that missed a gate
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Sequence
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


def beside(out: Path, suffix: str) -> Path:
    """`<out>.<suffix>`; a link is followed, "." gets its name.

    Raises:
        ConfigError: `out` is the root of the file system, which has no name.
    """
    out = out.resolve()
    if not out.name:
        raise ConfigError(f"{out}: give a folder with a name to build into")
    return out.with_name(f"{out.name}.{suffix}")


@contextmanager
def workspace(out: Path, key: str = "", *, apart: Sequence[Path] = ()) -> Iterator[Path]:
    """A folder to build in; on success it becomes `out`, on failure `out` stays as it was.

    `key` stands for everything that decides what the build fetches. If a build of the same key was
    killed, interrupted, or refused by a busy provider less than a day ago, the folder already
    holds its `RESPONSES`; everything else is made again. `RESPONSES` never reaches `out`. `apart`
    are folders that outlive the build and may therefore not lie in any of its own.

    Raises:
        ConfigError: `out` or a folder beside it holds something else, cannot be written, or is
            being built into by another run.
    """
    partial, old, failed = (beside(out, suffix) for suffix in ("partial", "old", "failed"))
    out = out.resolve()
    _check_apart((out, partial, old, failed), apart)
    try:
        _recover(out, old)
        _check_replaceable(out)
        for leftover in (old, failed):
            _remove_unfinished(leftover)
        lock = _locked(partial)
    except OSError as exc:
        raise ConfigError(f"{out}: cannot be written ({exc.strerror or exc}); give another folder") from exc
    try:
        with _filled(partial, key):
            yield partial
        shutil.rmtree(partial / RESPONSES, ignore_errors=True)
        _check_replaceable(out)  # once more: whatever was put there meanwhile is not ours to remove
        _swap(partial, out, old)
    finally:
        os.close(lock)


@contextmanager
def _filled(partial: Path, key: str) -> Iterator[None]:
    """`partial` prepared for a build of `key`, and cleared away again if that fails."""
    try:
        if _resumable(partial, key):
            _keep_only_responses(partial)
        else:
            _check_unfinished(partial)
            _clear(partial)
            (partial / MARKER).write_text(key, encoding="utf-8")
        yield
    except (KeyboardInterrupt, SourceUnavailable, RateLimited):
        if key and (partial / RESPONSES).is_dir():
            _keep_only_responses(partial)  # the same command goes on from here
        else:
            shutil.rmtree(partial, ignore_errors=True)
        raise
    except BaseException:
        if not any(partial.iterdir()) or (partial / MARKER).is_file():
            shutil.rmtree(partial, ignore_errors=True)
        raise


def _locked(partial: Path) -> int:
    """Make `partial` and hold its lock; the system drops the lock with the process.

    The folder itself is locked, so that nothing is left to clean up.
    """
    while True:
        partial.mkdir(parents=True, exist_ok=True)
        held = os.open(partial, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise ConfigError(
                f"{partial}: another build is writing here; wait for it, or give another folder"
            ) from None
        # between opening and locking, another build may have moved its finished folder to its place
        if partial.is_dir() and os.path.samestat(os.fstat(held), partial.stat()):
            return held
        os.close(held)


def _swap(partial: Path, out: Path, old: Path) -> None:
    """Put `partial` in the place of `out`. Killed anywhere in between, `_recover` finds one of the two whole."""
    if out.exists():
        (out / MARKER).touch()
        out.rename(old)
    partial.rename(out)
    (out / MARKER).unlink()
    shutil.rmtree(old, ignore_errors=True)


def _recover(out: Path, old: Path) -> None:
    """Undo a swap that was killed: the dataset that was moved aside comes back, a finished one is unmarked."""
    if not out.exists() and (old / MARKER).is_file() and _manifest(old) is not None:
        old.rename(out)
    if _manifest(out) is not None:
        (out / MARKER).unlink(missing_ok=True)


def _check_apart(own: Sequence[Path], apart: Sequence[Path]) -> None:
    for path in apart:
        found = next((folder for folder in own if folder == path.resolve() or folder in path.resolve().parents), None)
        if found is not None:
            raise ConfigError(f"{path} lies in {found}, which a build replaces; keep it in another folder")


def _resumable(partial: Path, key: str) -> bool:
    marker = partial / MARKER
    if not key or not marker.is_file() or not (partial / RESPONSES).is_dir():
        return False
    age = time.time() - marker.stat().st_mtime
    return age < FRESH_S and marker.read_text(encoding="utf-8") == key


def _keep_only_responses(partial: Path) -> None:
    _clear(partial, keep=(MARKER, RESPONSES))


def _clear(folder: Path, keep: Sequence[str] = ()) -> None:
    for path in folder.iterdir():
        if path.name in keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _check_replaceable(out: Path) -> None:
    if out.is_file():
        raise ConfigError(f"{out} is a file; give a folder to build into")
    if not out.is_dir() or not any(out.iterdir()):
        return
    manifest = _manifest(out)
    if manifest is None:
        raise ConfigError(f"{out} holds files that are no dataset of ours; give an empty or new folder")
    known = {*manifest.files, MANIFEST_FILE, MARKER}
    foreign = sorted(
        found for path in out.rglob("*") if path.is_file() and (found := path.relative_to(out).as_posix()) not in known
    )
    if foreign:
        raise ConfigError(f"{out} holds {foreign[0]!r}, which no build of ours wrote; move it or give a new folder")


def _manifest(folder: Path) -> Manifest | None:
    """The manifest of a dataset of ours; None where there is none."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ValidationError, ValueError):
        return None


def _check_unfinished(folder: Path) -> None:
    """Raise ConfigError if `folder` holds something without the marker of a build: it is somebody else's."""
    if folder.exists() and not (folder / MARKER).is_file() and (folder.is_file() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is in the way and was not left by a build of ours; move it")


def _remove_unfinished(folder: Path) -> None:
    """Remove what an earlier build left; anything without its marker is somebody else's."""
    _check_unfinished(folder)
    if folder.exists():
        shutil.rmtree(folder)
