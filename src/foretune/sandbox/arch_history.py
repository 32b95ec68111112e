"""Real S&P 500, VIX and WTI daily history as shipped inside the `arch` package, served as recorded.

Read from the package's own files as text, so that prices keep their characters. It is the real
data that is at hand wherever Foretune is installed.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from foretune.errors import ConfigError
from foretune.origin import Origin
from foretune.sandbox.market import (
    DAY_MS,
    Article,
    Bar,
    ChartPoint,
    Funding,
    Listing,
    NewsBucket,
    Observation,
    OpenInterest,
    OrderBook,
    Sentiment,
    Split,
    Ticker,
    Vintage,
    epoch_ms,
)
from foretune.sandbox.publication import is_public, published_on


class ArchHistoryMarket:
    """S&P 500 bars 1999–2018 (Alpha Vantage symbol SPX) and FRED's SP500, VIXCLS and DCOILWTICO.

    `now` (UTC) defaults to the end of the newest session's day, 2019-01-01. Holidays of VIX and
    WTI are missing values, as at FRED.

    Raises:
        ConfigError: `now` has no time zone.

    >>> ArchHistoryMarket().bars("SPX")[0].close
    '1228.099976'
    """

    def __init__(self, now: datetime | None = None) -> None:
        if now is not None and now.tzinfo is None:
            raise ConfigError(f"now={now.isoformat()} has no time zone; give UTC")
        newest = _day(self._sessions[-1]["Date"])
        self.now = now or datetime(newest.year, newest.month, newest.day, tzinfo=UTC) + timedelta(days=1)
        self.listing = Listing(equity={"SPX": "SPX"}, fred=("SP500", "VIXCLS", "DCOILWTICO"))

    @property
    def origin(self) -> Origin:
        return Origin.RECORDED

    def bars(self, instrument: str) -> Sequence[Bar]:
        """Sessions whose day is over. An index has no turnover; volume is the exchange's shares."""
        if instrument != "SPX":
            raise KeyError(instrument)
        return self._finished

    def fred(self, series_id: str) -> Sequence[Observation]:
        if series_id == "SP500":
            values = ((row["Date"], row["Close"]) for row in self._sessions)
        else:
            name, column = {"VIXCLS": ("vix", "vix"), "DCOILWTICO": ("wti", "DCOILWTICO")}[series_id]
            values = ((row["Date"], row[column]) for row in _rows(name))
        dated = ((_day(text), value) for text, value in values)
        return [
            Observation(day.isoformat(), "" if value == "." else value)
            for day, value in dated
            if is_public(published_on(series_id, day), self.now)
        ]

    def ticker(self, category: str, symbol: str) -> Ticker:
        raise KeyError(symbol)

    def orderbook(self, symbol: str) -> OrderBook:
        raise KeyError(symbol)

    def funding(self, symbol: str) -> Sequence[Funding]:
        raise KeyError(symbol)

    def fred_vintages(self, series_id: str) -> Sequence[Vintage]:
        raise KeyError(series_id)

    def splits(self, code: str) -> Sequence[Split]:
        raise KeyError(code)

    def open_interest(self, symbol: str) -> Sequence[OpenInterest]:
        raise KeyError(symbol)

    def chart(self, coin: str) -> Sequence[ChartPoint]:
        raise KeyError(coin)

    def news(self, topic: str) -> Sequence[NewsBucket]:
        raise KeyError(topic)

    def articles(self, topic: str) -> Sequence[Article]:
        raise KeyError(topic)

    def fear_greed(self) -> Sequence[Sentiment]:
        return ()

    def file(self, name: str) -> bytes:
        raise KeyError(name)

    @cached_property
    def _finished(self) -> list[Bar]:
        last = epoch_ms(self.now) - DAY_MS
        rows = ((_opened(row["Date"]), row) for row in self._sessions)
        return [
            Bar(opened, row["Open"], row["High"], row["Low"], row["Close"], row["Volume"], "")
            for opened, row in rows
            if opened <= last
        ]

    @cached_property
    def _sessions(self) -> list[dict[str, str]]:
        return _rows("sp500")


def _rows(name: str) -> list[dict[str, str]]:
    # found without importing the package, which takes seconds and is not needed for its files
    spec = importlib.util.find_spec("arch")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("the 'arch' package, whose histories are served here, is not installed")
    packed = Path(spec.submodule_search_locations[0], "data", name, f"{name}.csv.gz").read_bytes()
    return list(csv.DictReader(gzip.decompress(packed).decode().splitlines()))


def _day(text: str) -> date:
    """The package writes dates as month/day/year."""
    month, day, year = text.split("/")
    return date(int(year), int(month), int(day))


def _opened(text: str) -> int:
    day = _day(text)
    return epoch_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))
