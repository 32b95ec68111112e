"""Check of the bars against a second source of the same asset: its market value. No other source is judged here."""

from __future__ import annotations

import math

import polars as pl

from foretune.quality.evidence import Evidence
from foretune.quality.result import GateResult, judge

WINDOW_DAYS = 31
"""Days whose median is the circulating supply at their middle."""
FEWEST_DAYS = 30
CLEARLY = 0.5
"""A neighbouring day agrees better if its deviation is below this share of the day's own."""
STEP = math.log(2)
"""A supply does not double or halve within a day."""
LAGS = {"same_day": 0, "day_before": -1, "day_after": 1}


def second_source(evidence: Evidence) -> GateResult:
    """Share of days on which an asset's market value does not fit the close of the same day.

    Market value over close is the circulating supply, which hardly moves in a day. Two things are
    counted. A quarter of a year in which the market value fits the close of the day before or
    after at least twice as well: one of the two sources is a day off, and if it is the market
    value that runs ahead, its column knows tomorrow. And a day on which the supply doubles or
    halves: a wrong value or unit on one side. Which side is wrong cannot be seen here. Fooled by a
    second source that took its prices from the first.

    Skipped where no observation is a market value.
    """
    gates, days = evidence.gates, _deviations(evidence)
    quarters = _quarters(days)
    steps = days.filter(pl.col("step").abs() > STEP)
    off = quarters.filter("off")
    counted = int(off["days"].sum()) + len(steps.join(off, on=("asset", "quarter"), how="anti"))
    share = counted / len(days) if len(days) else None
    ahead = int(off.filter(pl.col("day_after") < pl.col("day_before"))["days"].sum())
    worst = pl.concat([off, quarters.filter(~pl.col("off")).unique("asset", keep="first", maintain_order=True)])
    return judge(
        gates,
        "second_source",
        missed=None if share is None else share > gates.second_source_share_max,
        value=share,
        threshold=gates.second_source_share_max,
        unit="share of days",
        what="no market value is observed to hold against the closes"
        if share is None
        else f"{int(off['days'].sum()):,} of {len(days):,} days lie in quarters whose market value fits a neighbouring "
        f"day's close better ({ahead:,} of them the next day's); on {len(steps)} days the supply doubles or halves",
        mend="a source is a day off or wrong there, and market_cap may know tomorrow: correct its clock, begin later, "
        "or leave it out",
        details=worst.drop("off").to_dicts(),
    )


def _deviations(evidence: Evidence) -> pl.DataFrame:
    """`asset`, `day`, `quarter`, per lag the |log| distance of the implied supply from its usual, and its `step`."""
    observed = evidence.facts.observations.filter((pl.col("field") == "market_cap") & pl.col("symbol").is_not_null())
    caps = observed.sort("known_at").unique(["symbol", "event_at"], keep="first", maintain_order=True)
    caps = caps.filter(pl.col("value") > 0).select("symbol", pl.col("event_at").dt.date().alias("day"), "value")
    closes = evidence.facts.bars.select("symbol", pl.col("event_at").dt.date().alias("day"), "close")
    days = caps.join(closes.select("symbol", "day"), on=("symbol", "day"), how="semi").sort("symbol", "day")
    for name, lag in LAGS.items():
        shifted = closes.with_columns(pl.col("day").dt.offset_by(f"{-lag}d")).rename({"close": name})
        days = days.join(shifted, on=("symbol", "day"), how="left", maintain_order="left")
        days = days.with_columns((pl.col("value") / pl.col(name)).log().alias(name))
    step = (pl.col("same_day") - pl.col("same_day").shift().over("symbol")).alias("step")
    usual = [
        pl.col(name).rolling_median(WINDOW_DAYS, center=True, min_samples=5).over("symbol").alias(f"{name}_usual")
        for name in LAGS
    ]
    quarter = pl.format("{} Q{}", pl.col("day").dt.year(), pl.col("day").dt.quarter()).alias("quarter")
    return days.with_columns(step, *usual, quarter).select(
        pl.col("symbol").alias("asset"),
        "day",
        "quarter",
        *((pl.col(name) - pl.col(f"{name}_usual")).abs().alias(name) for name in LAGS),
        "step",
    )


def _quarters(days: pl.DataFrame) -> pl.DataFrame:
    """Per asset and quarter the median distances, and `off`, worst first."""
    better = pl.min_horizontal("day_before", "day_after") < CLEARLY * pl.col("same_day")
    return (
        days.group_by("asset", "quarter")
        .agg(pl.len().alias("days"), *(pl.col(name).median() for name in LAGS))
        .with_columns((better & (pl.col("days") >= FEWEST_DAYS)).fill_null(value=False).alias("off"))
        .sort("asset", "quarter")
        .sort("same_day", descending=True, nulls_last=True, maintain_order=True)
    )
