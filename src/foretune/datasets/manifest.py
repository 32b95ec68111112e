"""What a dataset was made from and what it holds, so that anybody can check or repeat it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from foretune.config import Config
from foretune.origin import Origin
from foretune.sources.response import RawResponse

FILE_NAME = "manifest.json"


class InputRecord(Config):
    """One body a provider sent. `fetched_at` is kept for live data only: a replay has no date."""

    provider: str
    path: str
    params: Mapping[str, str]
    sha256: str
    bytes: int
    origin: Origin
    fetched_at: str | None = None

    @classmethod
    def of(cls, response: RawResponse) -> Self:
        """What is kept of `response`."""
        return cls(
            provider=response.provider,
            path=response.path,
            params=response.params,
            sha256=response.sha256,
            bytes=len(response.body),
            origin=response.origin,
            fetched_at=response.fetched_at.isoformat() if response.origin is Origin.LIVE else None,
        )


class Manifest(Config):
    """Written last: a dataset folder without it is incomplete.

    `notes` says in words what a reader must know before trusting the numbers.
    """

    name: str
    foretune: str
    origin: Origin
    spec: Mapping[str, Any]
    inputs: Sequence[InputRecord]
    rows: Mapping[str, int]
    splits: Mapping[str, Mapping[str, str | int]]
    coverage: Mapping[str, float]
    known_at_basis: Mapping[str, Mapping[str, int]]
    independent_blocks: Mapping[str, int]
    quarantine: Mapping[str, int]
    absent: Mapping[str, str] = {}
    """Fields no source had, by name, with the provider's reason."""
    quality: Mapping[str, str] = {}
    """Verdict per quality gate."""
    files: Mapping[str, str]
    notes: Sequence[str]


def write_manifest(manifest: Manifest, folder: Path) -> Path:
    """Write `manifest.json`; the same manifest gives the same bytes."""
    path = folder / FILE_NAME
    text = json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every visible file below `folder`, by relative path, in name order."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }
