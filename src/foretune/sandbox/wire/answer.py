"""One answer on the wire, before any HTTP server: status, headers, bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

_JSON_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MOST_DIGITS: Final = 15


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out; `media_type` without charset where the provider sends none."""

    body: bytes
    media_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, content: Any, status: int = 200) -> Answer:
        """Compact JSON, as the providers send it."""
        return cls(json.dumps(content, separators=(",", ":")).encode(), "application/json", status)

    @classmethod
    def text(cls, content: str, status: int = 200, media_type: str = "text/plain") -> Answer:
        return cls(content.encode(), media_type, status)


def whole(text: str) -> int | None:
    """A number of at most 15 plain digits, None for anything else a client may send.

    >>> whole("200"), whole("-1"), whole("²"), whole("9" * 5000)
    (200, None, None, None)
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def number(text: str) -> str:
    """A market's number as a JSON number with the same characters; an empty text is null.

    Only what JSON does not allow, such as `.5`, is spelt anew.

    >>> number("97.10"), number(""), number(".5")
    ('97.10', 'null', '0.5')
    """
    if not text:
        return "null"
    return text if _JSON_NUMBER.fullmatch(text) else f"{Decimal(text):f}"
