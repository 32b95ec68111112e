"""What the checks look at, with the few views of it that several of them share. No judgement here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

import polars as pl

from foretune.datasets.facts import Facts
from foretune.datasets.panel import Panel
from foretune.features.change import CHANGE_FIELDS
from foretune.features.registry import FIELDS
from foretune.quality.gates import GateSpec

WARM_UP = "warm-up"
"""How the quarantine's reason begins for a bar without enough history."""


@dataclass(frozen=True)
class Evidence:
    """One dataset as it was built.

    `rejected` are rows of providers that are no valid facts (`table`, `raw`, `reason`); `absent`
    maps fields no source had to the reason.
    """

    panel: Panel
    rejected: pl.DataFrame
    facts: Facts
    gates: GateSpec
    absent: Mapping[str, str] = field(default_factory=dict)
    horizon_days: int = 90
    tolerance_days: int = 5

    @cached_property
    def judged(self) -> pl.DataFrame:
        """Every bar, as a panel row with `reason` (null where it became a row), and `old_enough`.

        A bar is old enough if its asset has bars up to the end of the horizon and its tolerance.
        """
        rows = self.panel.rows.with_columns(pl.lit(None, dtype=pl.String).alias("reason"))
        both = pl.concat([rows, self.panel.quarantine], how="diagonal")
        span = timedelta(days=self.horizon_days + self.tolerance_days)
        newest = pl.col("timestamp").max().over("asset_symbol")
        return both.with_columns((pl.col("timestamp") + span <= newest).alias("old_enough")).sort(
            "asset_symbol", "timestamp"
        )

    @cached_property
    def warm(self) -> pl.DataFrame:
        """`judged` without the bars whose indicators were still warming up."""
        reason = pl.col("reason")
        return self.judged.filter(reason.is_null() | ~reason.str.starts_with(WARM_UP))

    @cached_property
    def fed(self) -> tuple[str, ...]:
        """Fields that a source feeds, in name order."""
        return tuple(sorted(self.facts.observations["field"].unique()))

    @cached_property
    def shared(self) -> frozenset[str]:
        """Feature columns that are the same for all assets of a day: no asset has its own series for them."""
        facts = self.facts.observations
        own = set(facts.filter(pl.col("symbol").is_not_null())["field"].unique())
        series = {change.name: change.series for change in CHANGE_FIELDS}
        context = [field.name for field in FIELDS if field.group in ("macro", "sentiment")]
        return frozenset(name for name in context if series.get(name, name) not in own)
