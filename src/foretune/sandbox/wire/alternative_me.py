"""alternative.me's Fear & Greed index: newest first, numbers as text, times in UNIX seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foretune.sandbox.market import DAY_MS, Market, epoch_ms
from foretune.sandbox.wire.answer import Answer, whole


def answer(market: Market, path: str, query: Mapping[str, str]) -> Answer:
    """Answer GET `/fng/` with `limit` (default 1, 0 for all); refusals are in `metadata.error`."""
    if path.rstrip("/") != "/fng":
        return Answer.text("404 page not found", 404)
    limit = whole(query.get("limit", "1"))
    if not market.listing.fear_greed:
        return _body([], "no readings in this market")
    if limit is None:
        return _body([], "limit must be a number")
    if query.keys() & {"date_format"} or query.get("format", "json") != "json":
        return _body([], "this sandbox answers in JSON with UNIX times only")
    readings = market.fear_greed()
    newest = readings[::-1] if limit == 0 else readings[-limit:][::-1]
    rows: list[dict[str, str]] = [
        {"value": row.value, "value_classification": row.classification, "timestamp": str(row.time_s)} for row in newest
    ]
    if rows:
        rows[0]["time_until_update"] = str((DAY_MS - epoch_ms(market.now) % DAY_MS) // 1000)
    return _body(rows, None)


def _body(rows: list[dict[str, str]], error: str | None) -> Answer:
    content: dict[str, Any] = {"name": "Fear and Greed Index", "data": rows, "metadata": {"error": error}}
    return Answer.json(content)
