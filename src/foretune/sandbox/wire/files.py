"""CSV files by name: daily series that no provider serves, and release calendars."""

from __future__ import annotations

from collections.abc import Mapping

from foretune.sandbox.market import Market
from foretune.sandbox.wire.answer import Answer


def answer(market: Market, path: str, query: Mapping[str, str]) -> Answer:
    """Answer GET `/<name>.csv`."""
    name = path.removeprefix("/").removesuffix(".csv")
    if not path.endswith(".csv") or name not in market.listing.files:
        return Answer.text(f"no file {path[:80]}; this market has: {', '.join(market.listing.files)}\n", 404)
    body = market.file(name)
    # a client can tell a whole file from a cut one only by its last line break
    return Answer(body if body.endswith(b"\n") else body + b"\n", "text/csv")
