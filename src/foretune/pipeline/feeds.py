"""What a pipeline may name as the source of an asset's bars or of a panel field. Nothing is fetched here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from foretune.config import Config

AssetClass = Literal["crypto", "equity", "fx", "commodity"]
Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9.\-/^]{0,31}$")]
"""How the asset is called in every table and answer: upper case, as `BTC-USD` or `SPX`."""


class Feed(Config):
    """The source of one panel field.

    `required: false` lets a build go on where the provider does not have it (the sandbox of a
    recorded catalogue, a key that is not set): the field is null then, and the manifest says why.
    """

    required: bool = True


class FredFeed(Feed):
    """A FRED series: the keyless graph CSV (latest vintage, a release lag or calendar), or its vintages.

    `vintages: if_key` asks the API for every vintage where FRED_API_KEY is set, else for the graph
    CSV; `always` refuses to go on without a key. `releases` names a release calendar.
    """

    source: Literal["fred"]
    series: str
    vintages: Literal["never", "if_key", "always"] = "never"
    release_lag_days: int | None = Field(None, ge=0, le=3650)
    releases: str | None = None


class FileFeed(Feed):
    """A `date,value` CSV of daily closes: by name where a catalogue serves it, or by path."""

    source: Literal["files"]
    series: str


class TableFeed(Feed):
    """Any CSV or Parquet file of dated values, by mapping `columns: {time: …, value: …}`.

    A value counts as known `known_after_days` after 00:00 UTC of its date (by default an hour after
    that day's end), marked assumed.
    `series` is a path, or a name where a catalogue serves it.
    """

    source: Literal["table"]
    series: str
    columns: Mapping[str, str]
    known_after_days: float | None = Field(None, ge=0, le=3650)

    @property
    def lag_days(self) -> float:
        """`known_after_days`, or an hour after the day's end where nothing is said."""
        return 1 + 1 / 24 if self.known_after_days is None else self.known_after_days


class FearGreedFeed(Feed):
    """alternative.me's Crypto Fear & Greed index."""

    source: Literal["alternative_me"]


class GdeltFeed(Feed):
    """GDELT's coverage of `query`: its tone for `news_sentiment_score`, its article count for `news_volume`."""

    source: Literal["gdelt"]
    query: str = Field(min_length=3)


class GoogleTrendsFeed(Feed):
    """The interest in `term` from the CSV that Google Trends lets a user download: by path, or by name
    where a catalogue serves it."""

    source: Literal["google_trends"]
    series: str
    term: str = Field(min_length=1)


class CoinGeckoFeed(Feed):
    """CoinGecko's market capitalisation of the coin `id` (a slug such as `bitcoin`)."""

    source: Literal["coingecko"]
    id: str


class BybitFundingFeed(Feed):
    """Settled funding of a perpetual."""

    source: Literal["bybit_funding"]
    id: str
    category: Literal["linear", "inverse"] = "linear"


class BybitOpenInterestFeed(Feed):
    """Daily open interest of a contract, both sides as Bybit counts them."""

    source: Literal["bybit_open_interest"]
    id: str
    category: Literal["linear", "inverse"] = "linear"


AnyFeed = Annotated[
    FredFeed
    | FileFeed
    | TableFeed
    | FearGreedFeed
    | GdeltFeed
    | GoogleTrendsFeed
    | CoinGeckoFeed
    | BybitFundingFeed
    | BybitOpenInterestFeed,
    Field(discriminator="source"),
]

ONLY_FOR: Mapping[str, tuple[str, ...]] = {
    "alternative_me": ("fear_greed_index",),
    "gdelt": ("news_sentiment_score", "news_volume"),
    "google_trends": ("google_trends_score",),
    "coingecko": ("market_cap",),
    "bybit_funding": ("funding_rate",),
    "bybit_open_interest": ("open_interest",),
}
"""Sources whose values are one particular field; the others feed any."""


class Asset(Config):
    """What every asset has: its name, its class, and fields of its own beside those of all assets."""

    symbol: Symbol
    asset_class: AssetClass
    fields: Mapping[str, AnyFeed] = Field(default_factory=dict)


class BybitAsset(Asset):
    """Daily klines of Bybit. `funding` and `open_interest` add those fields of the contract `id`,
    `coingecko` the market capitalisation of that coin."""

    source: Literal["bybit"]
    id: str
    asset_class: AssetClass = "crypto"
    category: Literal["spot", "linear", "inverse"] = "spot"
    funding: bool = False
    open_interest: bool = False
    coingecko: str | None = None

    @model_validator(mode="after")
    def _twice(self) -> BybitAsset:
        own = {"funding_rate": self.funding, "open_interest": self.open_interest, "market_cap": self.coingecko}
        for name, asked in own.items():
            if asked and name in self.fields:
                raise ValueError(f"{self.symbol}: {name!r} is asked for twice; keep the flag or the entry in fields")
        if self.category == "spot" and (self.open_interest or self.funding):
            what = "open_interest" if self.open_interest else "funding"
            raise ValueError(f"{self.symbol}: a spot market has no {what}; ask for category linear or inverse")
        return self

    @property
    def feeds(self) -> Mapping[str, AnyFeed]:
        """`fields` with what the flags ask for."""
        found: dict[str, AnyFeed] = dict(self.fields)
        category: Literal["linear", "inverse"] = "inverse" if self.category == "inverse" else "linear"
        if self.funding:
            found["funding_rate"] = BybitFundingFeed(source="bybit_funding", id=self.id, category=category)
        if self.open_interest:
            found["open_interest"] = BybitOpenInterestFeed(
                source="bybit_open_interest", id=self.id, category=category, required=False
            )
        if self.coingecko is not None:
            # history beyond a year needs a key there: a build does not fail for want of one field
            found["market_cap"] = CoinGeckoFeed(source="coingecko", id=self.coingecko, required=False)
        return found


class AlphaVantageAsset(Asset):
    """Daily bars of Alpha Vantage (needs ALPHAVANTAGE_API_KEY on the live network).

    `id` is its code; for fx and commodity the pair is `id`/`market`, as XAU/USD. Prices of
    equities are raw: `splits` fetches the splits they have to be read with.
    """

    source: Literal["alphavantage"]
    id: str
    market: str = "USD"
    splits: bool = False
    outputsize: Literal["compact", "full"] = "full"

    @model_validator(mode="after")
    def _splits_of_shares(self) -> AlphaVantageAsset:
        if self.splits and self.asset_class != "equity":
            raise ValueError(f"{self.symbol}: splits is for equities, this is {self.asset_class}")
        return self

    @property
    def feeds(self) -> Mapping[str, AnyFeed]:
        return self.fields


class TableAsset(Asset):
    """Daily bars of any CSV or Parquet file, by mapping.

    `columns` maps time, open, high, low, close and, where there are any, volume and volume_quote
    to the file's columns. `series` is a path, or a name where a catalogue serves it.
    """

    source: Literal["table"]
    series: str
    columns: Mapping[str, str]

    @property
    def feeds(self) -> Mapping[str, AnyFeed]:
        return self.fields


AnyAsset = Annotated[BybitAsset | AlphaVantageAsset | TableAsset, Field(discriminator="source")]


def file_path(series: str) -> Path | None:
    """The path a file feed names, or None if it is a name in a catalogue.

    >>> file_path("dxy"), file_path("mine/dxy.csv").as_posix()
    (None, 'mine/dxy.csv')
    """
    return Path(series) if series.endswith((".csv", ".parquet")) else None
