"""When a published series becomes known: declared release lags, and release dates where given.

A lag here is long enough for the latest release we know of, the shutdowns of 2013, 2019 and 2025
included: assuming it loses freshness so as not to look ahead, weeks of it where one shutdown held a
series back. A later delay than any so far would break it, so vintages or a calendar are better where
there are any. Lags count from the end of the period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from foretune.errors import ConfigError, DataError

Period = Literal["day", "week_ending", "month", "quarter"]
_PERIOD_LENGTH: dict[Period, str] = {"day": "1d", "week_ending": "1d", "month": "1mo", "quarter": "1q"}


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """`lag_days` full days after the period's end the value counts as known (00:00 UTC)."""

    period: Period
    lag_days: int
    why: str


RELEASE_RULES: Mapping[str, ReleaseRule] = {
    "SP500": ReleaseRule("day", 1, "FRED shows a close the same evening, about 7 pm in Chicago: 00:11 to 01:11 UTC"),
    "VIXCLS": ReleaseRule("day", 4, "FRED shows a close on the next business day; a long weekend fits in"),
    "DGS10": ReleaseRule("day", 4, "H.15 appears on the next business day; a long weekend fits in"),
    "DGS2": ReleaseRule("day", 4, "H.15 appears on the next business day; a long weekend fits in"),
    "DTWEXBGS": ReleaseRule("day", 11, "H.10 appears on Mondays for the week before; a holiday fits in"),
    "DCOILWTICO": ReleaseRule("day", 11, "EIA spot prices appear weekly; a holiday fits in"),
    "CPIAUCSL": ReleaseRule("month", 31, "usually day 10-15; 30 October 2013 for September after the shutdown"),
    "UNRATE": ReleaseRule("month", 51, "usually the first Friday; 20 November 2025 for September after the shutdown"),
    "FEDFUNDS": ReleaseRule("month", 5, "H.15 monthly averages appear on the first business day"),
    "GDPC1": ReleaseRule("quarter", 84, "usually after 30 days; 23 December 2025 for the third quarter of 2025"),
    "ICSA": ReleaseRule("week_ending", 54, "usually the Thursday after; 20 November 2025 for 27 September"),
}


def rule_for(series: str, lag_days: int | None = None) -> ReleaseRule:
    """The declared rule for `series`; `lag_days` overrides its lag.

    Raises:
        ConfigError: no rule is declared: guessing one could look ahead.
    """
    rule = RELEASE_RULES.get(series)
    if rule is None:
        if lag_days is None:
            raise ConfigError(
                f"series '{series}' has no declared release lag; set release_lag_days for it "
                f"(days from the end of the day to publication). Declared: {', '.join(sorted(RELEASE_RULES))}"
            )
        return ReleaseRule("day", lag_days, "declared by the pipeline")
    return rule if lag_days is None else ReleaseRule(rule.period, lag_days, "declared by the pipeline")


def with_known_at(frame: pl.DataFrame, rule: ReleaseRule, releases: Mapping[date, date] | None = None) -> pl.DataFrame:
    """Add `known_at` and `basis` to rows with `event_at` (period start, UTC).

    `releases` maps a period's start to its release date. A release counts as known at the end
    of its day (24:00 UTC): the hour is not in the calendar.

    Raises:
        DataError: a release date lies before its period's end: the calendar is not this series'.
    """
    assumed = pl.col("event_at").dt.offset_by(_PERIOD_LENGTH[rule.period]) + pl.duration(days=rule.lag_days)
    calendar = pl.DataFrame(
        {"_period": list(releases or {}), "_released": list((releases or {}).values())},
        schema={"_period": pl.Date, "_released": pl.Date},
    )
    early = calendar.filter(pl.col("_released") < pl.col("_period").dt.offset_by(_PERIOD_LENGTH[rule.period]))
    if len(early):
        period, released = early.row(0)
        raise DataError(
            f"the release calendar says that the {rule.period} from {period} was released on {released}, before it "
            "ended; check that the calendar belongs to this series"
        )
    published = (pl.col("_released") + pl.duration(days=1)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return (
        frame.with_columns(pl.col("event_at").dt.date().alias("_period"))
        .join(calendar, on="_period", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce(published, assumed).alias("known_at"),
            pl.when(pl.col("_released").is_null())
            .then(pl.lit("assumed"))
            .otherwise(pl.lit("published"))
            .alias("basis"),
        )
        .drop("_period", "_released")
    )
