"""FRED's keyless graph CSV: one series a request, missing values written as a dot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from foretune.sandbox.market import Market
from foretune.sandbox.wire.answer import Answer


def answer(market: Market, path: str, query: Mapping[str, str]) -> Answer:
    """Answer GET `/graph/fredgraph.csv` with `id`, `cosd` and `coed` (both ends included)."""
    if path != "/graph/fredgraph.csv":
        return _page(404, "Page not found")
    series_id = query.get("id", "")
    if series_id not in market.listing.fred:
        return _page(404, "Series not found")
    try:
        first = date.fromisoformat(query.get("cosd") or "0001-01-01").isoformat()
        last = date.fromisoformat(query.get("coed") or "9999-12-31").isoformat()
    except ValueError:
        return _page(400, "Bad date")
    # ISO dates compare as text
    rows = [f"{row.day},{row.value or '.'}" for row in market.fred(series_id) if first <= row.day <= last]
    return Answer.text("\n".join([f"observation_date,{series_id}", *rows, ""]), media_type="text/csv")


def _page(status: int, title: str) -> Answer:
    """A refusal is a web page there, not data."""
    return Answer.text(f"<!DOCTYPE html><html><head><title>{title}</title></head></html>\n", status, "text/html")
