"""alternative.me's Crypto Fear & Greed index. One endpoint; attribution is asked for by the provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foretune.errors import MalformedResponse, RequestRefused
from foretune.sources.excerpt import excerpt
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse

PROVIDER: Final = "alternative_me"


class AlternativeMeSource:
    """The index below `base`."""

    def __init__(self, http: HttpClient, base: str) -> None:
        self._http = http
        self._base = base

    def fear_greed(self, limit: int = 0) -> RawResponse:
        """The newest `limit` readings, newest first; 0 asks for all of them.

        Raises:
            RequestRefused: `metadata.error` is set.
            MalformedResponse: the body has no list `data`.
        """
        return self._http.get(PROVIDER, self._base, "/fng/", {"limit": str(limit)}, check=_check)


def _check(response: RawResponse, headers: Mapping[str, str]) -> None:
    body = response.json()
    metadata = body.get("metadata") if isinstance(body, dict) else None
    error = metadata.get("error") if isinstance(metadata, dict) else None
    if error is not None:
        raise RequestRefused(PROVIDER, f"{response.path}: {excerpt(str(error))}")
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise MalformedResponse(PROVIDER, f"{response.path}: no list 'data' in {excerpt(response.text())!r}")
