"""Context is joined to the decisions as they are: their columns, their rows, their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from foretune.features.context import CONTEXT_FIELDS, context_features

UTC_US = pl.Datetime("us", "UTC")


def day(number: int) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)


def decisions(*rows: tuple[str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "symbol": [s for s, _ in rows],
            "decision_at": [day(d) for _, d in rows],
            "known_at": [day(d) for _, d in rows],
        },
        schema_overrides={"decision_at": UTC_US, "known_at": UTC_US},
    )


def bars(*symbols: str) -> pl.DataFrame:
    rows = [(symbol, day(n), day(n + 1), 10.0, 1.0) for symbol in symbols for n in range(5)]
    columns = {
        "symbol": pl.String,
        "event_at": UTC_US,
        "known_at": UTC_US,
        "close": pl.Float64,
        "split_factor": pl.Float64,
    }
    return pl.DataFrame(rows, schema=columns, orient="row")


def observed(*rows: tuple[str, str | None, int, int, float]) -> pl.DataFrame:
    """(field, asset, event day, known day, value)"""
    columns = {"field": pl.String, "symbol": pl.String, "event_at": UTC_US, "known_at": UTC_US, "value": pl.Float64}
    frame = pl.DataFrame([(f, s, day(e), day(k), v) for f, s, e, k, v in rows], schema=columns, orient="row")
    return frame.with_columns(pl.col("field").alias("series"))


def test_rows_keep_their_order_and_columns():
    asked = decisions(("B", 9), ("A", 3), ("B", 2), ("A", 9))
    done = context_features(
        asked, bars("A", "B"), observed(("open_interest", "B", 1, 2, 7.0), ("vix", None, 2, 3, 20.0))
    )
    assert done.select(asked.columns).equals(asked)
    assert done.columns == [*asked.columns, *(field.name for field in CONTEXT_FIELDS)]
    assert done["open_interest"].to_list() == [None, None, 7.0, None]  # by day 9 it is over three days old
    assert done["vix"].to_list() == [20.0, 20.0, None, 20.0]


def test_a_value_counts_from_the_moment_it_is_known_until_it_is_too_old():
    asked = decisions(*(("A", d) for d in (4, 5, 12, 13)))
    done = context_features(asked, bars("A"), observed(("gold_price", None, 2, 5, 2000.0)))
    assert done["gold_price"].to_list() == [None, 2000.0, 2000.0, None]  # fresh for seven days
    assert done["gold_price_missing"].to_list() == [True, False, False, True]


def test_a_revision_shows_from_the_day_it_is_known():
    asked = decisions(*(("A", d) for d in (1, 2, 3)))
    done = context_features(asked, bars("A"), observed(("dxy", None, 0, 1, 100.0), ("dxy", None, 0, 3, 101.0)))
    assert done["dxy"].to_list() == [100.0, 100.0, 101.0]


def test_no_decision_gets_no_context():
    done = context_features(decisions(), bars(), observed())
    assert len(done) == 0
    assert {field.name for field in CONTEXT_FIELDS} <= set(done.columns)
