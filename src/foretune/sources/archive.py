"""Answers of providers kept on disk, so that a build can be resumed, repeated and run offline.

    bodies/<ab>/<sha256>.gz      every body once, under the hash of its bytes
    requests/<sha256>.json       one entry per request: what was asked, which body came, when, whence
    archive.json                 version of this layout, and the one origin its answers have

A request is its provider, path and parameters. Base addresses and secrets are no part of it: what
one person recorded with a key, another replays without. Nothing here decides what may be asked.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode

from pydantic import AwareDatetime, Field, ValidationError

from foretune.config import Config
from foretune.errors import DataError, MalformedResponse
from foretune.origin import Origin
from foretune.sources.response import RawResponse

VERSION: Final = 1
KEPT_HEADERS: Final = frozenset({"content-type", "x-bapi-limit-reset-timestamp"})
"""What a source's check may look at, in lower case. Others may carry cookies or addresses, and stay out."""

_HEX: Final = r"^[0-9a-f]{64}$"


class _Head(Config):
    """`archive.json`."""

    version: Literal[1]
    origin: Origin


class _Entry(Config):
    """`requests/<sha256>.json`."""

    version: Literal[1]
    provider: str
    path: str
    params: Mapping[str, str]
    body_sha256: str = Field(pattern=_HEX)
    body_bytes: int = Field(ge=0)
    origin: Origin
    fetched_at: AwareDatetime
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Archived:
    """An answer as it came, `origin` and `fetched_at` of that day included, and the headers kept with it."""

    response: RawResponse
    headers: Mapping[str, str]


class ResponseArchive:
    """Answers below `folder`, which is made with the first one. Safe to share by threads and processes.

    All answers of an archive have one origin: an answer of a simulated market must never be taken
    up by a later run that asks the real one. Every file is written aside and renamed, body before
    entry, so that a kill leaves nothing half written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def origin(self) -> Origin | None:
        """The origin of all answers; None while there is none.

        Raises:
            DataError: the folder is no archive, or one of another version.
        """
        path = self.folder / "archive.json"
        try:
            return _Head.model_validate_json(path.read_bytes()).origin
        except FileNotFoundError:
            return None
        except ValidationError as exc:
            raise DataError(f"{path}: damaged, or of another version than {VERSION}; record into a new folder") from exc

    def get(self, provider: str, path: str, params: Mapping[str, str]) -> Archived | None:
        """The newest answer to this request, None where there is none.

        Raises:
            MalformedResponse: its entry or its body is damaged or gone; the message names the file.
        """
        entry_path = self._entry_path(provider, path, params)
        try:
            entry = _Entry.model_validate_json(entry_path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as exc:
            raise _damaged(provider, entry_path, "it is no entry of an archive") from exc
        if (entry.provider, entry.path, dict(entry.params)) != (provider, path, dict(params)):
            raise _damaged(provider, entry_path, "it is about another request")
        response = RawResponse(
            provider=provider,
            path=path,
            params=dict(params),
            body=self._body(provider, entry),
            fetched_at=entry.fetched_at.astimezone(UTC),
            origin=entry.origin,
        )
        return Archived(response, entry.headers)

    def put(self, response: RawResponse, headers: Mapping[str, str]) -> None:
        """Keep `response` as the newest answer to its request, with those of `headers` that checks need.

        Raises:
            DataError: the archive holds answers of another origin.
        """
        self._claim(response.origin)
        body_path = self._body_path(response.sha256)
        if not body_path.is_file():
            _write(body_path, gzip.compress(response.body, mtime=0))
        entry = _Entry(
            version=VERSION,
            provider=response.provider,
            path=response.path,
            params=response.params,
            body_sha256=response.sha256,
            body_bytes=len(response.body),
            origin=response.origin,
            fetched_at=response.fetched_at,
            headers={name.lower(): value for name, value in headers.items() if name.lower() in KEPT_HEADERS},
        )
        _write(self._entry_path(response.provider, response.path, response.params), _json(entry))

    def _claim(self, origin: Origin) -> None:
        held = self.origin
        if held is None:
            _write(self.folder / "archive.json", _json(_Head(version=VERSION, origin=origin)))
        elif held is not origin:
            raise DataError(
                f"{self.folder}: this archive holds {held} answers, a {origin} one may not join them; use another "
                "folder"
            )

    def _body(self, provider: str, entry: _Entry) -> bytes:
        path = self._body_path(entry.body_sha256)
        try:
            unpacked = zlib.decompressobj(wbits=31)  # gzip; never more bytes than the entry speaks of
            body = unpacked.decompress(path.read_bytes(), entry.body_bytes + 1)
        except FileNotFoundError as exc:
            raise _damaged(provider, path, "it is gone") from exc
        except zlib.error as exc:
            raise _damaged(provider, path, f"it cannot be unpacked ({exc})") from exc
        if hashlib.sha256(body).hexdigest() != entry.body_sha256:
            raise _damaged(provider, path, "its content has another hash than its name")
        return body

    def _entry_path(self, provider: str, path: str, params: Mapping[str, str]) -> Path:
        asked = json.dumps([provider, path, sorted(params.items())], ensure_ascii=False)
        return self.folder / "requests" / f"{hashlib.sha256(asked.encode()).hexdigest()}.json"

    def _body_path(self, sha256: str) -> Path:
        return self.folder / "bodies" / sha256[:2] / f"{sha256}.gz"


def described(path: str, params: Mapping[str, str]) -> str:
    """What was asked for, on one line, without secrets: those are never in `params`.

    >>> described("/v5/market/kline", {"symbol": "BTCUSDT"})
    '/v5/market/kline?symbol=BTCUSDT'
    """
    return f"{path}?{urlencode(params)}" if params else path


def _damaged(provider: str, path: Path, why: str) -> MalformedResponse:
    return MalformedResponse(provider, f"{path}: {why}; delete the file, and record the request again")


def _json(model: Config) -> bytes:
    return (json.dumps(model.model_dump(mode="json"), sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    """Write aside and rename: readers see the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
