"""Looks at output paths before long work starts. Nothing is made or written here."""

from __future__ import annotations

import os
from pathlib import Path

from foretune.errors import ConfigError


def check_folder(path: Path, option: str) -> None:
    """Raise ConfigError unless `path` is a folder to write into, or one can be made there."""
    there = path
    while not there.exists():
        there = there.parent
    if not there.is_dir():
        raise ConfigError(f"{option} {path}: {there} is a file; give a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(f"{option} {path}: {there} may not be written to; give another folder")


def check_file(path: Path, option: str) -> None:
    """Raise ConfigError unless `path` is a file to write to, or one can be made there."""
    if path.is_dir():
        raise ConfigError(f"{option} {path}: is a folder; give a file in it")
    check_folder(path.parent, option)
    if path.exists() and not os.access(path, os.W_OK):
        raise ConfigError(f"{option} {path}: may not be written to; give another file")
