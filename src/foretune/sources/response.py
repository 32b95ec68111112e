"""One answer of a provider as it came, with where and when it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from foretune.errors import MalformedResponse
from foretune.origin import Origin


@dataclass(frozen=True, slots=True)
class RawResponse:
    """Bytes and provenance. `params` never holds a secret; `fetched_at` is UTC."""

    provider: str
    path: str
    params: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    origin: Origin

    @property
    def sha256(self) -> str:
        """Content address of the body, as written into manifests."""
        return hashlib.sha256(self.body).hexdigest()

    def text(self) -> str:
        """The body as UTF-8.

        Raises:
            MalformedResponse: the bytes are not UTF-8.
        """
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError as exc:
            raise MalformedResponse(self.provider, f"{self.path}: the body is not UTF-8 text") from exc

    def json(self) -> Any:
        """The body as JSON (NaN and Infinity, which JSON does not have, are refused).

        Raises:
            MalformedResponse: not JSON; the message shows how the body begins.
        """
        text = self.text()
        try:
            return json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as exc:
            start = text[:60].replace("\n", " ")
            raise MalformedResponse(self.provider, f"{self.path}: expected JSON, found {start!r}") from exc


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
