"""The typed form of a data pipeline's YAML. Nothing is fetched or computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from foretune.config import Config
from foretune.datasets.splits import SplitSpec
from foretune.features.macro import DERIVATIVE_FIELDS, SERIES_FIELDS

AssetClass = Literal["crypto", "equity", "fx", "commodity"]
Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9.\-/^]{0,31}$")]
"""How the asset is called in every table and answer: upper case, as `BTC-USD` or `SPX`."""


class BybitAsset(Config):
    """Daily klines of Bybit; `funding` adds the perpetual's settled funding rate."""

    source: Literal["bybit"]
    symbol: Symbol
    id: str
    asset_class: AssetClass = "crypto"
    category: Literal["spot", "linear", "inverse"] = "spot"
    funding: bool = False


class AlphaVantageAsset(Config):
    """Daily bars of Alpha Vantage (needs ALPHAVANTAGE_API_KEY on the live network)."""

    source: Literal["alphavantage"]
    symbol: Symbol
    id: str
    asset_class: AssetClass
    market: str = "USD"


Asset = Annotated[BybitAsset | AlphaVantageAsset, Field(discriminator="source")]


class FredSeries(Config):
    """FRED's keyless graph CSV. `releases` asks for a release calendar instead of the lag."""

    source: Literal["fred"]
    series: str
    release_lag_days: int | None = Field(None, ge=0, le=3650)
    releases: str | None = None


class FileSeries(Config):
    """A `date,value` file of daily closes: by name where a catalogue serves it, or by path."""

    source: Literal["files"]
    series: str


class FearGreedSeries(Config):
    """alternative.me's Crypto Fear & Greed index."""

    source: Literal["alternative_me"]


Series = Annotated[FredSeries | FileSeries | FearGreedSeries, Field(discriminator="source")]


class BuildSpec(Config):
    """One dataset: which assets and context fields, over which span, cut how.

    Dates are inclusive and in UTC. Preference pairs are made for every example, or for a seeded
    sample of `max_pairs` of them; `seed` also decides how each answer is flawed.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$")
    assets: Sequence[Asset] = Field(min_length=1)
    start: date
    end: date
    fields: Mapping[str, Series] = Field(default_factory=dict)
    horizon_days: Literal[90] = 90
    tolerance_days: int = Field(5, ge=0, le=30)
    split: SplitSpec = SplitSpec()
    max_pairs: int | None = Field(None, ge=1)
    seed: int = 0

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
        own = {field.field for field in DERIVATIVE_FIELDS}
        known = sorted(set(SERIES_FIELDS) - own)
        unknown = sorted(set(self.fields) - set(known))
        if unknown:
            raise ValueError(f"fields: {unknown[0]!r} is not a field of the panel; known: {', '.join(known)}")
        for name, series in self.fields.items():
            if SERIES_FIELDS[name].released and isinstance(series, FileSeries):
                raise ValueError(
                    f"fields: {name!r} is published weeks after its period, and a dated file does not say when; "
                    "take it from source 'fred', which has a release lag or calendar"
                )
        return self


def file_path(series: str) -> Path | None:
    """The path a file series names, or None if it is a name in a catalogue."""
    return Path(series) if series.endswith(".csv") else None
