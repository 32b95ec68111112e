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
    return Answer(market.file(name), "text/csv")
