"""What a market must be able to say to be served: typed records, values as the text that goes out.

No wire format here, and no arithmetic on prices. Values are text because the providers send text:
a recorded value then leaves with its file's own characters, never rounded again. An empty text
means "not recorded" or "does not apply", as it does at Bybit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from foretune.origin import Origin

DAY_MS: Final = 86_400_000


class Bar(NamedTuple):
    """A candle that opens at `time_ms` (UTC). `volume` counts base coins or shares, `turnover` money."""

    time_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    turnover: str


class Funding(NamedTuple):
    """One settlement: fraction of the position paid by longs, at `time_ms` (UTC)."""

    time_ms: int
    rate: str


class Observation(NamedTuple):
    """One value of a FRED series, dated at its period's start (`YYYY-MM-DD`); empty where missing."""

    day: str
    value: str


class Vintage(NamedTuple):
    """One value of a FRED series as first published on `published` (both `YYYY-MM-DD`).

    It stands until the next vintage of the same `day`; empty where the agency withdrew it.
    """

    day: str
    published: str
    value: str


class Split(NamedTuple):
    """A share split effective before the open of `day` (`YYYY-MM-DD`): one share became `factor`."""

    day: str
    factor: str


class OpenInterest(NamedTuple):
    """Open contracts of one symbol at `time_ms` (UTC), in base coins, both sides counted as Bybit does."""

    time_ms: int
    value: str


class ChartPoint(NamedTuple):
    """CoinGecko's daily point, stamped as there: D 00:00 UTC is the close of D-1. Money in USD."""

    time_ms: int
    price: str
    market_cap: str
    volume: str


class NewsBucket(NamedTuple):
    """GDELT's view of one topic over one bucket that opens at `time_s` (UTC).

    `articles` of `norm` monitored ones mentioned it; each is empty where it was not recorded.
    """

    time_s: int
    tone: str
    articles: str
    norm: str


class Article(NamedTuple):
    """One headline as GDELT lists it; `seen_s` (UTC) is when GDELT saw it."""

    seen_s: int
    title: str
    url: str
    domain: str
    language: str
    country: str


class Sentiment(NamedTuple):
    """One Fear & Greed reading, stamped `time_s` (00:00 UTC of its day)."""

    time_s: int
    value: str
    classification: str


@dataclass(frozen=True, slots=True)
class Ticker:
    """The last 24 hours of one symbol. `change_24h` is a fraction."""

    last: str
    previous_24h: str
    change_24h: str
    high_24h: str
    low_24h: str
    volume_24h: str
    turnover_24h: str
    bid: str = ""
    bid_size: str = ""
    ask: str = ""
    ask_size: str = ""
    mark: str = ""
    index: str = ""
    open_interest: str = ""
    open_interest_value: str = ""
    funding_rate: str = ""
    next_funding_ms: str = ""


class Level(NamedTuple):
    """One price level of an order book."""

    price: str
    size: str


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Bids descending, asks ascending; both empty where no book was recorded."""

    bids: Sequence[Level] = ()
    asks: Sequence[Level] = ()


@dataclass(frozen=True)
class Listing:
    """What a market has, by the names each provider's clients ask with.

    `klines` maps (Bybit category, Bybit interval) to symbol → instrument; `crypto` and `equity`
    map Alpha Vantage's codes to instruments, `fx` its pairs as `EUR/USD`. An instrument is what
    `Market.bars` takes. `news` maps a topic (one lower-case word of a GDELT query) to the length
    of its buckets: `day` or `week`.
    """

    klines: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    funding: Sequence[str] = ()
    crypto: Mapping[str, str] = field(default_factory=dict)
    equity: Mapping[str, str] = field(default_factory=dict)
    fx: Mapping[str, str] = field(default_factory=dict)
    splits: Sequence[str] = ()
    open_interest: Sequence[str] = ()
    coins: Sequence[str] = ()
    vintages: Sequence[str] = ()
    news: Mapping[str, str] = field(default_factory=dict)
    articles: Sequence[str] = ()
    fred: Sequence[str] = ()
    files: Sequence[str] = ()
    fear_greed: bool = False

    def symbols(self, category: str) -> Mapping[str, str]:
        """Daily instruments of a Bybit category, by symbol."""
        return self.klines.get((category, "D"), {})


class Market(Protocol):
    """A market seen at `now` (UTC): nothing that was not known then is in any answer.

    The one exception is the candle of `now`'s own day, which may be there unfinished, as on a
    real exchange. Sequences are ascending in time. A name that is not in `listing` is a KeyError.
    """

    @property
    def origin(self) -> Origin: ...

    @property
    def now(self) -> datetime: ...

    @property
    def listing(self) -> Listing: ...

    def bars(self, instrument: str) -> Sequence[Bar]: ...

    def ticker(self, category: str, symbol: str) -> Ticker: ...

    def orderbook(self, symbol: str) -> OrderBook: ...

    def funding(self, symbol: str) -> Sequence[Funding]: ...

    def fred(self, series_id: str) -> Sequence[Observation]: ...

    def fred_vintages(self, series_id: str) -> Sequence[Vintage]: ...

    def splits(self, code: str) -> Sequence[Split]: ...

    def open_interest(self, symbol: str) -> Sequence[OpenInterest]: ...

    def chart(self, coin: str) -> Sequence[ChartPoint]: ...

    def news(self, topic: str) -> Sequence[NewsBucket]: ...

    def articles(self, topic: str) -> Sequence[Article]: ...

    def fear_greed(self) -> Sequence[Sentiment]: ...

    def file(self, name: str) -> bytes: ...


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970 of an aware time.

    >>> from datetime import UTC
    >>> epoch_ms(datetime(2024, 1, 1, tzinfo=UTC))
    1704067200000
    """
    return round(at.timestamp() * 1000)
