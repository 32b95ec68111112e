"""Checks of the facts' clocks: nothing known before its period is over. The panel is not read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

import polars as pl

from foretune.audit.finding import Finding, Status, named
from foretune.datasets.facts import Facts
from foretune.datasets.manifest import Manifest
from foretune.tables.release_calendar import RELEASE_RULES

CHECK = "clocks"
PERIODS: Final[Mapping[str, str]] = {"day": "1d", "week_ending": "1d", "month": "1mo", "quarter": "1q"}
FIELD_PERIODS: Final[Mapping[str, str]] = {
    "cpi_yoy": "1mo",
    "unemployment_rate": "1mo",
    "gdp_growth_qoq": "1q",
}
"""Fields about a whole month or quarter, dated at its start, whatever the series is called."""
BUCKETS: Final = ("news_sentiment_score", "news_volume", "google_trends_score")
"""Fields that sum up a stretch of time, dated at its start; its length is the usual step between two."""
SOONEST_DAYS: Final[Mapping[str, int]] = {"cpi_yoy": 7, "unemployment_rate": 1, "gdp_growth_qoq": 20}
"""Full days after the period's end before which no agency has published these, wherever the time comes from.

A first Friday can be the first of the month; prices and accounts take their weeks.
"""
REVISED: Final = ("cpi_yoy", "unemployment_rate", "gdp_growth_qoq")
"""Fields whose agencies change past values."""


def check_clocks(facts: Facts, declared: Collection[str] = ()) -> list[Finding]:
    """Every fact is known at or after the end of what it is about.

    A month, a quarter, a news bucket, a day's close and a bar are over before anybody knows them;
    `known_at` at the period's start (or, for releases, at its end) is a join on the period. Closes
    of markets with sessions are known when the session ends, so their bars are only held to more
    than four hours after 00:00 UTC of their day: no session ends before.

    Where a release time is assumed, it is held to the series' release rule. `declared` names the
    fields whose plan sets a lag of its own (see `declared_lags`): a shorter one is a warning there.
    """
    observations = facts.observations
    return [
        *_bars(facts.bars),
        *_observations(observations),
        *_short_lags(observations, declared),
        *_revisions(observations),
        *_assumed(facts),
    ]


def declared_lags(manifest: Manifest | None) -> set[str]:
    """Fields for which the plan in the manifest sets a lag by hand, for all assets or for one."""
    if manifest is None:
        return set()
    plans = [manifest.spec, *manifest.spec.get("assets", ())]
    return {
        name
        for plan in plans
        for name, feed in plan.get("fields", {}).items()
        if feed.get("release_lag_days") is not None or feed.get("known_after_days") is not None
    }


def _bars(bars: pl.DataFrame) -> list[Finding]:
    step = pl.col("event_at").diff().over("symbol").drop_nulls().min().over("symbol")
    # a market that never closes has bars as long as the step between two
    least = (
        pl.when(pl.col("asset_class") == "crypto").then(step).otherwise(pl.min_horizontal(step, pl.duration(hours=4)))
    )
    early = (
        bars.sort("symbol", "event_at")
        .with_columns(least.alias("_least"))
        .filter(pl.col("known_at") - pl.col("event_at") < pl.col("_least"))
    )
    if early.is_empty():
        return [Finding(check=CHECK, status=Status.OK, what=f"{len(bars):,} bars are known after their end")]
    row = early.row(0, named=True)
    symbols = early["symbol"].unique().sort().to_list()
    return [
        Finding(
            check=CHECK,
            status=Status.LEAK,
            what=f"{len(early):,} bars of {named(symbols)} are known before their end",
            detail=f"first: {row['symbol']} of {row['event_at']:%Y-%m-%d %H:%M}, known {row['known_at']:%m-%d %H:%M}",
            mend="a bar is known at its close: set known_at to the bar's end and drop unfinished bars",
            figures={"rows": len(early)},
        )
    ]


def _observations(observations: pl.DataFrame) -> list[Finding]:
    if observations.is_empty():
        return [Finding(check=CHECK, status=Status.OK, what="no observations besides the bars")]
    early: list[tuple[str, int, str]] = []
    for (field, series), part in observations.sort("event_at").group_by("field", "series", maintain_order=True):
        over, words = _period_over(str(field), str(series), part)
        wrong = part.filter(over)
        if wrong.height:
            row = wrong.row(0, named=True)
            first = f"{row['event_at']:%Y-%m-%d} known {row['known_at']:%Y-%m-%d %H:%M}"
            early.append(
                (str(field), wrong.height, f"{field} ({series}): {wrong.height:,} values {words}, first {first}")
            )
    if not early:
        return [
            Finding(
                check=CHECK,
                status=Status.OK,
                what=f"{len(observations):,} observations are known after their period",
            )
        ]
    fields = list(dict.fromkeys(field for field, _, _ in early))
    return [
        Finding(
            check=CHECK,
            status=Status.LEAK,
            what=f"{named(fields)}: known before it could be known",
            detail="; ".join(words for _, _, words in early[:6]),
            mend="date known_at by the release (a calendar, a vintage or a declared lag), not by the period",
            columns=fields,
            figures={"rows": sum(count for _, count, _ in early)},
        )
    ]


def _period_over(field: str, series: str, part: pl.DataFrame) -> tuple[pl.Expr, str]:
    """What is too early for this series, and in words."""
    period = FIELD_PERIODS.get(field)
    rule = RELEASE_RULES.get(series)
    if period is None and rule is not None:
        period = PERIODS[rule.period]
    if period is not None:
        end = pl.col("event_at").dt.offset_by(period)
        if period in ("1mo", "1q"):
            # an agency needs time to count: known at the very end of the period is joined on the period
            soonest = SOONEST_DAYS.get(field, 0)
            early = (pl.col("known_at") <= end) | (pl.col("known_at") < end + pl.duration(days=soonest))
            words = f"known by {soonest} days after the end" if soonest else "known by the end"
            return early, f"{words} of their period ({period})"
        return pl.col("known_at") < end, "known before their day is over"
    if field in BUCKETS:
        steps = part["event_at"].unique().sort().diff().drop_nulls()
        usual = steps.mode().min()
        if isinstance(usual, timedelta):
            return pl.col("known_at") < pl.col("event_at") + usual, f"known before their bucket ({usual!s}) is over"
        return pl.col("known_at") <= pl.col("event_at"), "known at the start of their bucket"
    struck = pl.col("basis") == "close"
    return struck & (pl.col("known_at") <= pl.col("event_at")), "known at the start of the day they close"


def _short_lags(observations: pl.DataFrame, declared: Collection[str]) -> list[Finding]:
    """Assumed release times against the release rule of their series."""
    findings: dict[Status, list[tuple[str, str]]] = {Status.LEAK: [], Status.WARNING: []}
    assumed = observations.filter(pl.col("basis") == "assumed").sort("event_at")
    for (field, series), part in assumed.group_by("field", "series", maintain_order=True):
        rule = RELEASE_RULES.get(str(series))
        if rule is None:
            continue
        due = pl.col("event_at").dt.offset_by(PERIODS[rule.period]) + pl.duration(days=rule.lag_days)
        wrong = part.filter(pl.col("known_at") < due)
        if wrong.height:
            row = wrong.row(0, named=True)
            words = (
                f"{field} ({series}): {wrong.height:,} values, first {row['event_at']:%Y-%m-%d} known "
                f"{row['known_at']:%Y-%m-%d %H:%M}; the rule is {rule.lag_days} days after the {rule.period} "
                f"({rule.why})"
            )
            findings[Status.WARNING if field in declared else Status.LEAK].append((str(field), words))
    return [
        Finding(
            check=CHECK,
            status=status,
            what=f"{named(fields)}: assumed to be known sooner than "
            + ("they are published" if status is Status.LEAK else "the release rule says, as the plan declares"),
            detail="; ".join(words for _, words in found[:6]),
            mend="leave the lag to the release rule, give a release calendar, or declare release_lag_days and say why",
            columns=fields,
        )
        for status, found in findings.items()
        if found
        for fields in [list(dict.fromkeys(field for field, _ in found))]
    ]


def _revisions(observations: pl.DataFrame) -> list[Finding]:
    revised = observations.filter(pl.col("field").is_in(REVISED))
    flat = [
        str(field)
        for (field,), part in revised.group_by("field", maintain_order=True)
        if not part.select(pl.struct("series", "event_at").is_duplicated().any()).item()
    ]
    if not flat:
        return []
    return [
        Finding(
            check=CHECK,
            status=Status.WARNING,
            what=f"{named(flat)}: one value per period, though its agency revises",
            detail="these are the latest vintage: the release is respected, later changes of the value are not undone",
            mend="take the vintages (vintages: if_key, with FRED_API_KEY), or accept it and say so",
            columns=flat,
        )
    ]


def _assumed(facts: Facts) -> list[Finding]:
    if facts.observations.is_empty():
        return []
    shares = (
        facts.observations.group_by("field").agg((pl.col("basis") == "assumed").mean().alias("share")).sort("field")
    )
    some = shares.filter(pl.col("share") > 0)
    if some.is_empty():
        return [Finding(check=CHECK, status=Status.OK, what="no release time is assumed")]
    return [
        Finding(
            check=CHECK,
            status=Status.WARNING,
            what=f"release times of {len(some)} fields rest on a declared lag, not on a calendar",
            detail=", ".join(f"{field} {share:.0%}" for field, share in some.rows()),
            mend="give a release calendar where there is one; a release later than its lag would be seen too early",
            columns=some["field"].to_list(),
        )
    ]
