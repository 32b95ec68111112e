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
    map Alpha Vantage's codes to instruments. An instrument is what `Market.bars` takes.
    """

    klines: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    funding: Sequence[str] = ()
    crypto: Mapping[str, str] = field(default_factory=dict)
    equity: Mapping[str, str] = field(default_factory=dict)
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

    def fear_greed(self) -> Sequence[Sentiment]: ...

    def file(self, name: str) -> bytes: ...


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970 of an aware time.

    >>> from datetime import UTC
    >>> epoch_ms(datetime(2024, 1, 1, tzinfo=UTC))
    1704067200000
    """
    return round(at.timestamp() * 1000)
