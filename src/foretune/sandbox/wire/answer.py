"""One answer on the wire, before any HTTP server: status, headers, bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
