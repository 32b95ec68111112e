"""The file of a licensed social-sentiment feed into facts: a score and a count of mentions per day."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from foretune.sources.response import RawResponse
from foretune.tables.readers.mapped import read_mapped_series
from foretune.tables.schemas import Validated

SCORE = "social_sentiment_score"
MENTIONS = "social_mention_count"


def read_social_sentiment(response: RawResponse, *, known_after: timedelta = timedelta(days=1, hours=1)) -> Validated:
    """`timestamp,social_sentiment_score,social_mention_count` into `Observations` of the two series.

    The score lies in [-1, 1], the count is a whole number from 0 on; what does not is rejected, and
    an empty cell leaves no row. `timestamp` names the start of a UTC day; by default its values
    count as known one hour after the day's end, basis `assumed`.

    Raises:
        ConfigError: one of the three columns is missing.
        MalformedResponse: neither CSV nor Parquet.
    """
    score = read_mapped_series(response, {"time": "timestamp", "value": SCORE}, SCORE, known_after, between=(-1.0, 1.0))
    mentions = read_mapped_series(
        response,
        {"time": "timestamp", "value": MENTIONS},
        MENTIONS,
        known_after,
        between=(0.0, float("inf")),
        whole=True,
    )
    return Validated(pl.concat([score.rows, mentions.rows]), pl.concat([score.rejected, mentions.rejected]))
