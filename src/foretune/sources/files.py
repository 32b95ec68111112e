"""Daily series that no provider serves: CSV files, served by the sandbox or lying on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from foretune.errors import MalformedResponse, RequestRefused
from foretune.origin import Origin
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse

PROVIDER: Final = "files"
_NAME: Final = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")


class FilesSource:
    """Files by name below `base`, or by path. `base` is None where only paths can be read."""

    def __init__(self, http: HttpClient, base: str | None) -> None:
        self._http = http
        self._base = base

    def series(self, name: str | Path) -> RawResponse:
        """`<base>/<name>.csv`, or the file itself where `name` is a `Path` (origin: recorded).

        A release calendar is a series too: `CPIAUCSL.releases`.

        Raises:
            RequestRefused: no such file, not a plain name, or a name where there is no server.
        """
        if isinstance(name, Path):
            return _local(name)
        if self._base is None and not self._http.replaying:
            raise RequestRefused(PROVIDER, f"no server has '{name}'; give the path of a CSV file of yours")
        if not _NAME.fullmatch(name):
            raise RequestRefused(PROVIDER, f"'{name}' is not a series name (letters, digits, '_' and inner dots)")
        return self._http.get(PROVIDER, self._base or "", f"/{name}.csv", {}, check=_check)


def _check(response: RawResponse, headers: Mapping[str, str]) -> None:
    if not response.body.endswith(b"\n"):
        raise MalformedResponse(PROVIDER, f"{response.path}: the file stops within a line; ask again")


def _local(path: Path) -> RawResponse:
    try:
        body = path.read_bytes()
    except OSError as exc:
        raise RequestRefused(PROVIDER, f"{path}: cannot be read ({exc.strerror or exc}); check the path") from exc
    return RawResponse(
        provider=PROVIDER,
        path=path.as_posix(),
        params={},
        body=body,
        fetched_at=datetime.now(UTC),
        origin=Origin.RECORDED,
    )
