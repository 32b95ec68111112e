"""A series as it was known: pairs of values known together, and its first publications. Knows no field.

All functions take facts with `event_at`, `known_at`, `value` of one series (one row per vintage). What
they give for a moment follows from the facts known by then, and from none that came later.
"""

from __future__ import annotations

import numpy as np
import polars as pl

PAIR_COLUMNS = ("event_at", "known_at", "value", "base")


def value_pairs(facts: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """Each period's value beside that of an earlier period, both as known at the same moment.

    Args:
        facts: one series, any number of vintages.
        candidates: `event_at` and `base_at`, which periods may serve as the earlier one; among
            those known at a moment the latest serves.

    Returns `event_at`, `known_at`, `value`, `base`, sorted by the first two: a row for every moment
    at which one of the two legs became known or was revised. A series that changed its base year
    is therefore never compared across the change: at each moment both legs are of the newest vintage.
    """
    now = facts.select("event_at", "known_at", "value").sort("known_at", "event_at")
    earlier = (
        candidates.join(now.rename({"event_at": "base_at", "value": "base"}), on="base_at", how="inner")
        .sort("event_at", "known_at", "base_at")
        .filter(pl.col("base_at") == pl.col("base_at").cum_max().over("event_at"))
        .unique(["event_at", "known_at"], keep="last", maintain_order=True)
        .sort("known_at", "event_at")
    )
    moments = pl.concat([now.select("event_at", "known_at"), earlier.select("event_at", "known_at")])
    pairs = moments.unique().sort("known_at", "event_at")
    for leg in (now, earlier):
        pairs = pairs.join_asof(leg, on="known_at", by="event_at", strategy="backward", check_sortedness=False)
    return pairs.drop_nulls(["value", "base"]).sort("event_at", "known_at").select(PAIR_COLUMNS)


def calendar_candidates(facts: pl.DataFrame, span: str) -> pl.DataFrame:
    """The one period exactly `span` (a Polars duration such as `1y`) before each period, as `base_at`."""
    return facts.select(pl.col("event_at").unique()).with_columns(
        pl.col("event_at").dt.offset_by(f"-{span}").alias("base_at")
    )


def day_candidates(facts: pl.DataFrame, days: int, tolerance_days: int) -> pl.DataFrame:
    """The periods `days` to `days + tolerance_days` calendar days before each period, as `base_at`.

    Where the nearest of them was known no later than the period itself, which is the rule, it alone
    is given: no other could ever serve.
    """
    periods = facts.group_by("event_at").agg(pl.col("known_at").min()).sort("event_at")
    event = periods["event_at"].to_physical().to_numpy()
    known = periods["known_at"].to_physical().to_numpy()
    day_us = 86_400_000_000
    first = np.searchsorted(event, event - (days + tolerance_days) * day_us, side="left")
    stop = np.searchsorted(event, event - days * day_us, side="right")
    some = np.flatnonzero(stop > first)
    first, stop = first[some], stop[some]
    first = np.where(known[stop - 1] <= known[some], stop - 1, first)
    counts = stop - first
    at = np.repeat(some, counts)
    base = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    events = periods["event_at"]
    return pl.DataFrame({"event_at": events.gather(at), "base_at": events.gather(base)})


def first_published(facts: pl.DataFrame) -> pl.DataFrame:
    """The first vintage of each period, in order; a period published after a later one is left out.

    Such a series only ever grows at its end, so what is computed over a window of it can be computed
    at once for all moments.

    >>> from datetime import UTC, datetime
    >>> day = lambda number: datetime(2024, 1, number, tzinfo=UTC)
    >>> facts = pl.DataFrame({
    ...     "event_at": [day(1), day(3), day(2), day(3)],
    ...     "known_at": [day(2), day(4), day(5), day(6)],  # day 2 came late, day 3 was revised
    ...     "value": [1.0, 3.0, 2.0, 3.5]})
    >>> first_published(facts)["value"].to_list()
    [1.0, 3.0]
    """
    ordered = facts.sort("known_at", "event_at")
    newest_before = pl.col("event_at").cum_max().shift()
    return ordered.filter(newest_before.is_null() | (pl.col("event_at") > newest_before))
