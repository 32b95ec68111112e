"""GDELT's list of articles into a table of headlines. There is no tone in it: that is a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dataframely as dy
import polars as pl

from foretune.errors import MalformedResponse
from foretune.sources.gdelt import lenient_json
from foretune.sources.response import RawResponse
from foretune.tables.schemas import Validated, validate

_SENT = ("url", "title", "seendate", "domain", "language", "sourcecountry")


class Articles(dy.Schema):
    """One headline. `known_at` (UTC) is when GDELT saw it: the date of publication is not given.

    `title` has no space before punctuation, for display; `title_raw` is as GDELT wrote it.
    """

    url = dy.String(primary_key=True, min_length=1)
    known_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC")
    title = dy.String()
    title_raw = dy.String(min_length=1)
    domain = dy.String()
    language = dy.String()
    country = dy.String()
    origin = dy.String(regex=r"^(live|recorded|simulated)$")


def read_articles(pages: Sequence[RawResponse]) -> Validated:
    """Pages of `artlist` into `Articles`, oldest first; one seen on two pages is one row.

    Raises:
        MalformedResponse: a body that is not empty has no list `articles`.
    """
    rows = [row for page in pages for row in _page_rows(page)]
    frame = pl.DataFrame(rows, schema=dict.fromkeys((*_SENT, "origin", "raw"), pl.String))
    seen = pl.col("seendate").str.to_datetime("%Y%m%dT%H%M%SZ", time_unit="us", time_zone="UTC", strict=False)
    tidy = (
        pl.col("title")
        .str.replace_all(r"\s+([.,:;!?%)\]])", "$1")
        .str.replace_all(r"([(\[])\s+", "$1")
        .str.strip_chars()
    )
    return validate(
        Articles,
        frame.unique(["url", "seendate", "title"], maintain_order=True)
        .with_columns(
            seen.alias("known_at"),
            tidy.alias("title"),
            pl.col("title").alias("title_raw"),
            pl.col("sourcecountry").alias("country"),
        )
        .sort("known_at", "url", nulls_last=True),
    )


def _page_rows(page: RawResponse) -> list[dict[str, Any]]:
    body = lenient_json(page)
    articles = body.get("articles", None if body else [])
    if not isinstance(articles, list) or not all(isinstance(each, dict) for each in articles):
        raise MalformedResponse("gdelt", f"{page.path}: no list 'articles' of objects in the body")
    return [
        {**{name: str(each.get(name, "")) for name in _SENT}, "origin": page.origin.value, "raw": str(each)}
        for each in articles
    ]
