"""A body as a provider sends it, with its provenance."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foretune.origin import Origin
from foretune.sources.response import RawResponse


@pytest.fixture(scope="session")
def answer() -> Callable[..., RawResponse]:
    """`answer(content, provider=…, params=…, origin=…)`: bytes stay as they are, anything else becomes JSON."""

    def make(
        content: object,
        provider: str = "x",
        params: dict[str, str] | None = None,
        origin: Origin = Origin.RECORDED,
        fetched_at: datetime = datetime(2024, 6, 1, tzinfo=UTC),
    ) -> RawResponse:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return RawResponse(provider, "/x", params or {}, body, fetched_at, origin)

    return make


@pytest.fixture(scope="session")
def wire_root() -> Path:
    """The providers' recorded bodies, which are not part of the project."""
    root = Path(os.environ.get("FORETUNE_WIRE") or Path(__file__).parents[2] / "../shared/wire").resolve()
    if not root.is_dir():
        pytest.skip("the recorded provider bodies are not here; set FORETUNE_WIRE to their folder")
    return root
