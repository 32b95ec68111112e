"""One answer of a provider as it came, with where and when it came from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from foretune.errors import MalformedResponse
from foretune.origin import Origin

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


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
        return parse_json(self, self.text())


def parse_json(response: RawResponse, text: str, *, control_characters: bool = False) -> Any:
    """`text`, which is the body of `response` or made from it, as JSON that other programs can take too.

    NaN and Infinity are refused, and so is half of a surrogate pair: no UTF-8 can hold it.
    `control_characters` may stand raw inside strings where a provider is known to let them.

    Raises:
        MalformedResponse: not JSON; the message shows how the body begins.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, strict=not control_characters)
        if _SURROGATE.search(text):  # most stand in pairs, so what counts is what they became
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as exc:
        start = text[:60].replace("\n", " ")  # its repr escapes what does not print
        raise MalformedResponse(response.provider, f"{response.path}: expected JSON, found {start!r}") from exc
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
