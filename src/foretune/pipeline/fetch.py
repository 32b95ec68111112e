"""Fetch what a plan asks for into facts: every feed once, what was turned away kept, what is absent said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import polars as pl

from foretune.datasets.facts import OBSERVATION_COLUMNS, Facts, no_observations, no_splits
from foretune.datasets.manifest import InputRecord
from foretune.errors import AccessDenied, EmptyData, NotArchived, RequestRefused
from foretune.pipeline.feed_reading import Answered, Reader
from foretune.pipeline.feeds import AlphaVantageAsset, FredFeed
from foretune.pipeline.spec import BuildSpec
from foretune.tables.release_calendar import rule_for
from foretune.tables.schemas import REJECTED_SCHEMA

DAY = timedelta(days=1)
HISTORY_BEFORE_START = timedelta(days=500)
"""Series are asked for this long before `start`: a yearly change needs the year before."""

Step = Callable[[str, int, int], None]
"""Told what is done now, how many steps are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`facts`, the bodies they came from, the rows turned away, and the fields no source had.

    `absent` maps a field (`SYMBOL.field` where it is one asset's) to the provider's reason.
    """

    facts: Facts
    inputs: tuple[InputRecord, ...]
    rejected: pl.DataFrame
    absent: dict[str, str]


@dataclass
class _Collected:
    inputs: list[InputRecord] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)

    def note(self, answered: Answered) -> None:
        """Remember every body the rows came from, in this run or an earlier one, once."""
        for record in (*answered.earlier, *(InputRecord.of(page) for page in answered.pages)):
            if record not in self.inputs:
                self.inputs.append(record)

    def keep(self, answered: Answered, what: str) -> pl.DataFrame:
        """The valid rows; the others are put aside under the name `what`.

        Raises:
            EmptyData: there is no valid row.
        """
        found = answered.found
        self.note(answered)
        self.rejected.append(found.rejected.with_columns(pl.lit(what).alias("table")))
        if found.rows.is_empty():
            why = found.rejected["reason"].value_counts(sort=True).head(1).rows()
            raise EmptyData(
                f"{what}: the provider sent no usable row{f', most were {why}' if why else ''}; check the dates"
            )
        return found.rows


def fetch_facts(spec: BuildSpec, reader: Reader, step: Step) -> Fetched:
    """Fetch every asset and field of `spec`.

    Raises:
        SourceError: a provider refused; EmptyData: it sent no usable row for an asset or field
            (for a feed that is not required either is written down instead).
        ConfigError: a FRED series without a declared release lag.
    """
    for _, _, feed in spec.feeds():
        if isinstance(feed, FredFeed) and feed.vintages != "always":
            rule_for(feed.series, feed.release_lag_days)  # an undeclared lag is refused before any request
    got = _Collected()
    feeds = list(spec.feeds())
    total = len(spec.assets) + len(feeds)
    bars, splits, observations = [], [no_splits()], [no_observations()]
    for number, asset in enumerate(spec.assets):
        step(f"bars of {asset.symbol}", number, total)
        bars.append(got.keep(reader.bars(asset, spec.start, spec.end), f"bars of {asset.symbol}"))
        if isinstance(asset, AlphaVantageAsset) and asset.splits:
            answered = reader.splits(asset)  # none at all is an answer: most shares never split
            got.note(answered)
            got.rejected.append(answered.found.rejected)
            splits.append(answered.found.rows)
    for number, (symbol, name, feed) in enumerate(feeds, start=len(spec.assets)):
        what = name if symbol is None else f"{symbol}.{name}"
        step(what, number, total)
        try:
            answered = reader.observations(name, feed, spec.start - HISTORY_BEFORE_START, spec.end, symbol)
            rows = got.keep(answered, what)
        except (AccessDenied, RequestRefused, EmptyData, NotArchived) as exc:
            if feed.required:
                raise
            got.absent[what] = str(exc)
            continue
        own = rows.with_columns(pl.lit(name).alias("field"), pl.lit(symbol, dtype=pl.String).alias("symbol"))
        observations.append(own.select(OBSERVATION_COLUMNS))
    first, last = (datetime.combine(day, time(), UTC) for day in (spec.start, spec.end))
    facts = Facts(
        bars=pl.concat(bars)
        .filter(pl.col("event_at").is_between(first, last + DAY, closed="left"))
        .sort("symbol", "event_at"),
        # what is known after the last decision, or older than any change looks back, can decide nothing
        observations=pl.concat(observations)
        .filter(pl.col("known_at") <= last + DAY, pl.col("event_at") >= first - HISTORY_BEFORE_START)
        .sort("field", "symbol", "event_at", "known_at", nulls_last=False, maintain_order=True),
        splits=pl.concat(splits).sort("symbol", "event_at"),
    )
    rejected = pl.concat([pl.DataFrame(schema=REJECTED_SCHEMA), *got.rejected])
    return Fetched(facts, tuple(got.inputs), rejected, got.absent)
