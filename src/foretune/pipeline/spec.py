"""The typed plan of a dataset: what every front door (YAML today) is turned into. No syntax of any of them here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pydantic import Field, model_validator

from foretune.config import Config
from foretune.datasets.export import ExportSpec
from foretune.datasets.panel import PanelSpec
from foretune.datasets.splits import SplitSpec
from foretune.features.macro import SERIES_FIELDS
from foretune.pipeline.feeds import ONLY_FOR, AnyAsset, AnyFeed, FileFeed, FredFeed, TableFeed
from foretune.quality.gates import GateSpec
from foretune.tables.release_calendar import RELEASE_RULES

PERIOD_DAYS = {"cpi_yoy": 31, "unemployment_rate": 31, "gdp_growth_qoq": 92}
"""Length of the period that a released figure is about, at most."""

PER_ASSET = ("funding_rate", "open_interest", "market_cap")
"""Fields that belong to one asset and cannot be fed for all at once."""


class BuildSpec(Config):
    """One dataset: which assets and context fields, over which span, cut, judged and written how.

    Dates are inclusive and in UTC. `fields` feeds all assets; an asset's own `fields` come first.
    The target is the price `horizon_days` calendar days later. Preference pairs are made for every
    example, or for a seeded sample of `max_pairs` of them; `seed` also decides how each answer is
    flawed.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$")
    assets: Sequence[AnyAsset] = Field(min_length=1)
    start: date
    end: date
    fields: Mapping[str, AnyFeed] = Field(default_factory=dict)
    horizon_days: int = Field(90, ge=1, le=3650)
    tolerance_days: int = Field(5, ge=0, le=30)
    split: SplitSpec = SplitSpec()
    walk_forward_folds: int = Field(0, ge=0, le=50)
    gates: GateSpec = GateSpec()
    exports: ExportSpec = ExportSpec()
    max_pairs: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0, lt=2**63)

    @property
    def panel(self) -> PanelSpec:
        """The part that decides what the panel's values are."""
        return PanelSpec(horizon_days=self.horizon_days, tolerance_days=self.tolerance_days, split=self.split)

    def feeds(self) -> Iterator[tuple[str | None, str, AnyFeed]]:
        """(asset symbol or None for all, field, feed) of everything to fetch, in a fixed order."""
        for asset in self.assets:
            for name, feed in sorted(asset.feeds.items()):
                yield asset.symbol, name, feed
        for name, feed in self.fields.items():
            yield None, name, feed

    @model_validator(mode="after")
    def _consistent(self) -> BuildSpec:
        if self.start.year < 1900 or self.end.year > 2200:
            raise ValueError(f"start {self.start} and end {self.end} must lie between 1900 and 2200")
        if self.start >= self.end:
            raise ValueError(f"start {self.start} must come before end {self.end}")
        symbols = [asset.symbol for asset in self.assets]
        twice = {symbol for symbol in symbols if symbols.count(symbol) > 1}
        if twice:
            raise ValueError(f"assets: symbol {min(twice)!r} is used twice")
        for symbol, name, feed in self.feeds():
            _check_feed("fields" if symbol is None else f"{symbol}.fields", symbol, name, feed)
        return self


def _check_feed(where: str, symbol: str | None, name: str, feed: AnyFeed) -> None:
    known = [field for field in SERIES_FIELDS if symbol is not None or field not in PER_ASSET]
    if name not in known:
        raise ValueError(f"{where}: {name!r} is not a field of the panel; known: {', '.join(sorted(known))}")
    only = ONLY_FOR.get(feed.source)
    if only is not None and name not in only:
        raise ValueError(f"{where}: source {feed.source!r} feeds {' or '.join(only)}, not {name!r}")
    if SERIES_FIELDS[name].released and isinstance(feed, FileFeed):
        raise ValueError(
            f"{where}: {name!r} is published weeks after its period, and a dated file does not say when; take it from "
            "source 'fred', which has a release lag or calendar, or from source 'table' with known_after_days"
        )
    if SERIES_FIELDS[name].released:
        _check_released(where, name, feed)


def _check_released(where: str, name: str, feed: AnyFeed) -> None:
    """A month's or quarter's figure dated at its start is not known before the period is over."""
    least = PERIOD_DAYS[name]
    if isinstance(feed, TableFeed) and (feed.known_after_days is None or feed.known_after_days <= least):
        raise ValueError(
            f"{where}: {name!r} is dated at the start of its period and published weeks after its end: say how long "
            f"after the date with known_after_days, more than {least} here"
        )
    if isinstance(feed, FredFeed) and feed.series not in RELEASE_RULES and feed.vintages != "always":
        raise ValueError(
            f"{where}: how long the period of FRED series {feed.series!r} is has not been declared, so a lag says "
            f"nothing; use vintages: always, or one of {', '.join(sorted(RELEASE_RULES))}"
        )
