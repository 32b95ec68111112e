"""The one as-of join. Every value that meets a decision passes through here."""

from __future__ import annotations

from datetime import timedelta

import polars as pl


def as_of(decisions: pl.DataFrame, facts: pl.DataFrame, *, column: str, max_age: timedelta) -> pl.DataFrame:
    """Add to `decisions` the newest fact of one series that was known at `decision_at`.

    Args:
        decisions: any frame with `decision_at` (UTC); its rows and their order are kept.
        facts: `event_at`, `known_at`, `value` of one series, possibly with vintages.
        column: name of the added column; null where nothing was known or it was too old.
        max_age: a fact is used for this long after `known_at`, never longer: a series that
            stopped does not go on for ever.

    Among facts with `known_at <= decision_at` the one about the latest period wins, then its
    latest vintage. A late revision of an older period therefore never displaces a newer one.

    >>> from datetime import UTC, datetime, timedelta
    >>> day = lambda d: datetime(2024, 1, d, tzinfo=UTC)
    >>> facts = pl.DataFrame({"event_at": [day(1)], "known_at": [day(15)], "value": [3.4]})
    >>> decisions = pl.DataFrame({"decision_at": [day(14), day(15)]})
    >>> as_of(decisions, facts, column="cpi_yoy", max_age=timedelta(days=40))["cpi_yoy"].to_list()
    [None, 3.4]
    """
    newest = (
        facts.sort("known_at", "event_at")
        .filter(pl.col("event_at") == pl.col("event_at").cum_max())
        .unique("known_at", keep="last", maintain_order=True)
        .select("known_at", pl.col("value").alias(column))
    )
    return (
        decisions.with_row_index("_row")
        .sort("decision_at")
        .join_asof(newest, left_on="decision_at", right_on="known_at", strategy="backward", tolerance=max_age)
        .sort("_row")
        .drop("_row", "known_at", strict=False)
    )
