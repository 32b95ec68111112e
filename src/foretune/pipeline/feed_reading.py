"""Each kind of asset and feed to its source and its reader. The only place that pairs the two."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from foretune.datasets.manifest import InputRecord
from foretune.errors import NotArchived
from foretune.pipeline.feeds import (
    AlphaVantageAsset,
    AnyAsset,
    AnyFeed,
    BybitAsset,
    BybitFundingFeed,
    BybitOpenInterestFeed,
    CoinGeckoFeed,
    FearGreedFeed,
    FileFeed,
    FredFeed,
    GdeltFeed,
    GoogleTrendsFeed,
    TableAsset,
    TableFeed,
    file_path,
)
from foretune.settings import Settings
from foretune.sources.alphavantage import AlphaVantageSource
from foretune.sources.alternative_me import AlternativeMeSource
from foretune.sources.bybit import BybitSource
from foretune.sources.coingecko import CoinGeckoSource
from foretune.sources.endpoints import Endpoints
from foretune.sources.files import FilesSource
from foretune.sources.fred import FredSource
from foretune.sources.fred_api import FredApiSource
from foretune.sources.gdelt import GdeltSource
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse
from foretune.tables.readers.alphavantage import read_daily, read_splits
from foretune.tables.readers.alternative_me import read_fear_greed
from foretune.tables.readers.bybit import read_funding, read_klines, read_open_interest
from foretune.tables.readers.coingecko import read_market_chart
from foretune.tables.readers.fred_api import read_fred_vintages
from foretune.tables.readers.gdelt import read_tone, read_volume
from foretune.tables.readers.google_trends import read_trends_csv
from foretune.tables.readers.mapped import read_mapped_bars, read_mapped_series
from foretune.tables.readers.series import read_daily_file, read_fred_graph, read_release_dates
from foretune.tables.release_calendar import rule_for
from foretune.tables.schemas import Validated

_DAY = timedelta(days=1)

_ANY = ((-math.inf, math.inf), False)
LIMITS: Mapping[str, tuple[tuple[float, float], bool]] = {
    "news_sentiment_score": ((-1.0, 1.0), False),
    "social_sentiment_score": ((-1.0, 1.0), False),
    "fear_greed_index": ((0.0, 100.0), False),
    "google_trends_score": ((0.0, 100.0), False),
    "news_volume": ((0.0, math.inf), True),
    "social_mention_count": ((0.0, math.inf), True),
}
"""What a field's values may be in a file of the user's: lowest and highest, and whether they are counts."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was read, every body it was read from, and where a store had the rest from."""

    found: Validated
    pages: Sequence[RawResponse]
    earlier: Sequence[InputRecord] = ()


class Reader(Protocol):
    """What a fetch asks: the providers, or a store in front of them."""

    def bars(self, asset: AnyAsset, start: date, end: date) -> Answered: ...

    def splits(self, asset: AlphaVantageAsset) -> Answered: ...

    def observations(
        self, field: str, feed: AnyFeed, start: date, end: date, symbol: str | None = None
    ) -> Answered: ...


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Asks live providers or a sandbox, whichever `endpoints` names. Days are inclusive, in UTC."""

    http: HttpClient
    endpoints: Endpoints
    settings: Settings

    def bars(self, asset: AnyAsset, start: date, end: date) -> Answered:
        """Finished daily bars of `asset` that begin on the days asked for.

        Raises:
            SourceError: the provider refused.
        """
        symbol, kind = asset.symbol, asset.asset_class
        match asset:
            case BybitAsset():
                pages = BybitSource(self.http, self.endpoints.bybit).klines(
                    asset.id, asset.category, "D", _midnight(start), _midnight(end)
                )
                return Answered(read_klines(pages, symbol=symbol, asset_class=kind, category=asset.category), pages)
            case AlphaVantageAsset():
                body = self._alphavantage_bars(asset)
                return Answered(read_daily(body, symbol=symbol, asset_class=kind, between=(start, end)), [body])
            case TableAsset():
                body = self._file(asset.series)
                days = (start, end)
                return Answered(read_mapped_bars(body, asset.columns, symbol, kind, between=days), [body])

    def splits(self, asset: AlphaVantageAsset) -> Answered:
        """Share splits of an equity."""
        body = self._alphavantage().splits(asset.id)
        return Answered(read_splits(body, symbol=asset.symbol), [body])

    def observations(self, field: str, feed: AnyFeed, start: date, end: date, symbol: str | None = None) -> Answered:
        """Observations that feed `field`, about [`start`, `end`] or more.

        Raises:
            SourceError: the provider refused.
            ConfigError: the release lag of a FRED series is not declared.
        """
        first, last = _midnight(start), _midnight(end) + _DAY
        match feed:
            case FredFeed():
                return self._fred(feed, start, end)
            case FileFeed():
                body = self._file(feed.series)
                return Answered(read_daily_file(body, series=field), [body])
            case TableFeed():
                body = self._file(feed.series)
                between, whole = LIMITS.get(field, _ANY)
                read = read_mapped_series(
                    body,
                    feed.columns,
                    field,
                    timedelta(days=feed.lag_days),
                    between=between,
                    whole=whole,
                )
                return Answered(read, [body])
            case FearGreedFeed():
                body = AlternativeMeSource(self.http, self.endpoints.alternative_me).fear_greed()
                return Answered(read_fear_greed(body), [body])
            case GdeltFeed():
                source = GdeltSource(self.http, self.endpoints.gdelt)
                if field == "news_volume":
                    pages = source.timelinevolraw(feed.query, start, end)
                    return Answered(read_volume(pages), pages)
                pages = source.timelinetone(feed.query, start, end)
                return Answered(read_tone(pages), pages)
            case GoogleTrendsFeed():
                body = self._file(feed.series)
                return Answered(read_trends_csv(body, feed.term), [body])
            case CoinGeckoFeed():
                gecko = CoinGeckoSource(self.http, self.endpoints.coingecko, self.settings.coingecko_api_key)
                pages = [gecko.market_chart_range(feed.id, first, last)]
                return Answered(read_market_chart(pages, field="market_cap"), pages)
            case BybitFundingFeed():
                pages = BybitSource(self.http, self.endpoints.bybit).funding_history(
                    feed.id, first, last, category=feed.category
                )
                return Answered(read_funding(pages), pages)
            case BybitOpenInterestFeed():
                pages = BybitSource(self.http, self.endpoints.bybit).open_interest(
                    feed.id, feed.category, "1d", first, last
                )
                return Answered(read_open_interest(pages), pages)

    def _fred(self, feed: FredFeed, start: date, end: date) -> Answered:
        key = self.settings.fred_api_key
        if feed.vintages == "always" or (feed.vintages == "if_key" and (key is not None or self.http.replaying)):
            try:
                pages = FredApiSource(self.http, self.endpoints.fred_api, key).observations(feed.series, start, end)
                return Answered(read_fred_vintages(pages, series=feed.series), pages)
            except NotArchived:
                if feed.vintages == "always":
                    raise
                # recorded without a key: the archive holds the graph CSV instead
        rule = rule_for(feed.series, feed.release_lag_days)
        body = FredSource(self.http, self.endpoints.fred).graph_csv(feed.series, start, end)
        if feed.releases is None:
            return Answered(read_fred_graph(body, series=feed.series, rule=rule), [body])
        calendar = self._file(feed.releases)
        releases = read_release_dates(calendar)
        return Answered(read_fred_graph(body, series=feed.series, rule=rule, releases=releases), [body, calendar])

    def _alphavantage(self) -> AlphaVantageSource:
        return AlphaVantageSource(self.http, self.endpoints.alphavantage, self.settings.alphavantage_api_key)

    def _alphavantage_bars(self, asset: AlphaVantageAsset) -> RawResponse:
        source = self._alphavantage()
        match asset.asset_class:
            case "crypto":
                return source.crypto_daily(asset.id, asset.market)
            case "equity":
                return source.equity_daily(asset.id, asset.outputsize)
            case "fx" | "commodity":
                return source.fx_daily(asset.id, asset.market, asset.outputsize)

    def _file(self, series: str) -> RawResponse:
        return FilesSource(self.http, self.endpoints.files).series(file_path(series) or series)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
