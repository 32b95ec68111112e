"""A seeded simulated market: coins, shares, currencies, gold, macro, news and moods that hang together.

Nothing in it is a fact: everything goes out labelled simulated. The world of a seed is one world,
whatever `end` it is looked at from: a later `end` adds to it and changes nothing of what was said.
This module only puts the parts together; each is made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeVar

from foretune.errors import ConfigError
from foretune.origin import Origin
from foretune.sandbox import (
    simulated_coins,
    simulated_currency,
    simulated_equity,
    simulated_mood,
    simulated_news,
    simulated_vintages,
)
from foretune.sandbox.market import (
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
)
from foretune.sandbox.simulated_macro import DAILY, FILES, LOW_FREQUENCY
from foretune.sandbox.simulated_world import COLUMNS, World

DEFAULT_START: Final = date(2018, 1, 1)
DEFAULT_END: Final = datetime(2024, 11, 5, 13, tzinfo=UTC)
MadeT = TypeVar("MadeT")

_CALENDAR: Final = "CPIAUCSL.releases"
_TRENDS: Final = "google_trends.bitcoin"
_SOCIAL: Final = "social_sentiment"


class SimulatedMarket:
    """The market of `seed` from `start` (first candle) to `end` (its `now`, UTC; a date means 00:00).

    Coins move hourly and are rounded to their tick; the candle of `end`'s own day is there and
    unfinished, unless `end` is midnight. Shares, currencies and gold have finished days only.

    Raises:
        ConfigError: `end` has no time zone or is less than a day after `start`.

    >>> market = SimulatedMarket(seed=7, start=date(2023, 1, 1), end=date(2023, 1, 4))
    >>> len(market.bars("BTCUSDT")), market.bars("BTCUSDT") == SimulatedMarket(
    ...     seed=7, start=date(2023, 1, 1), end=date(2024, 1, 1)
    ... ).bars("BTCUSDT")[:3]
    (3, True)
    """

    def __init__(self, seed: int = 7, start: date = DEFAULT_START, end: datetime | date = DEFAULT_END) -> None:
        self.now = end if isinstance(end, datetime) else datetime.combine(end, time(), UTC)
        if self.now.tzinfo is None:
            raise ConfigError(f"end={end.isoformat()} has no time zone; give UTC")
        if self.now < datetime.combine(start, time(), UTC) + timedelta(days=1):
            raise ConfigError(f"end={end.isoformat()} must be at least a day after start={start.isoformat()}")
        self.seed = seed
        self._world = World(seed, start, self.now)
        self._made: dict[tuple[Callable[[World, str], Any], str], Any] = {}
        symbols = {symbol: symbol for symbol in COLUMNS}
        self.listing = Listing(
            klines={("spot", "D"): symbols, ("linear", "D"): symbols},
            funding=tuple(symbols),
            crypto={symbol.removesuffix("USDT"): symbol for symbol in symbols},
            equity={code: code for code in simulated_equity.CODES},
            fx=simulated_currency.PAIRS,
            splits=simulated_equity.CODES,
            open_interest=tuple(symbols),
            coins=tuple(simulated_coins.SUPPLY),
            vintages=LOW_FREQUENCY,
            news=dict.fromkeys(simulated_news.TOPICS, "day"),
            articles=tuple(simulated_news.TOPICS),
            fred=(*DAILY, *LOW_FREQUENCY),
            files=(*FILES, _CALENDAR, _TRENDS, _SOCIAL),
            fear_greed=True,
        )

    @property
    def origin(self) -> Origin:
        return Origin.SIMULATED

    def bars(self, instrument: str) -> Sequence[Bar]:
        """Daily candles from `start`, ascending."""
        if instrument in simulated_equity.CODES:
            return self._once(simulated_equity.bars, instrument)
        if instrument in simulated_currency.PAIRS.values():
            return self._once(simulated_currency.bars, instrument)
        return self._once(simulated_coins.bars, instrument)

    def splits(self, code: str) -> Sequence[Split]:
        """Those whose day has begun; none, or the one of a share that splits."""
        return simulated_equity.splits(self._world, _one_of(self.listing.splits, code))

    def funding(self, symbol: str) -> Sequence[Funding]:
        """Every 8 hours from `start`."""
        return self._once(simulated_coins.funding, symbol)

    def open_interest(self, symbol: str) -> Sequence[OpenInterest]:
        """At every midnight from `start`."""
        return self._once(simulated_coins.open_interest, symbol)

    def ticker(self, category: str, symbol: str) -> Ticker:
        """From the last 24 whole hours; bid and ask are the first levels of `orderbook`."""
        return simulated_coins.ticker(self._world, category, symbol, self.funding(symbol)[-1].rate)

    def orderbook(self, symbol: str) -> OrderBook:
        """25 levels on each side of the last price."""
        return simulated_coins.orderbook(self._world, symbol)

    def chart(self, coin: str) -> Sequence[ChartPoint]:
        """Midnights from `start`, then the moment `now`."""
        return self._once(simulated_coins.chart, coin)

    def fred(self, series_id: str) -> Sequence[Observation]:
        """Values as they stand at `now`; a revised series shows its latest vintage."""
        if series_id in LOW_FREQUENCY:
            return simulated_vintages.standing(self.fred_vintages(series_id))
        return self._world.macro.series[_one_of(DAILY, series_id)]

    def fred_vintages(self, series_id: str) -> Sequence[Vintage]:
        """Ascending by period, then by day of publication; a release that changes nothing is left out."""
        return self._once(simulated_vintages.vintages, _one_of(LOW_FREQUENCY, series_id))

    def news(self, topic: str) -> Sequence[NewsBucket]:
        """One bucket per finished day from `start`."""
        return self._once(simulated_news.buckets, topic)

    def articles(self, topic: str) -> Sequence[Article]:
        """A few headlines a day from `start` to `now`."""
        return self._once(simulated_news.articles, topic)

    def fear_greed(self) -> Sequence[Sentiment]:
        """One reading a day from `start`, made from the days before it."""
        return simulated_mood.fear_greed(self._world)

    def file(self, name: str) -> bytes:
        """`date,value` closes of days that are over, the CPI's release calendar, or a file a user would bring."""
        if name == _CALENDAR:
            lines = [f"{day.isoformat()},{month}" for day, month in simulated_vintages.cpi_calendar(self._world)]
            return "\n".join(["release_date,reference_month", *lines, ""]).encode()
        if name == _TRENDS:
            return self._once(simulated_mood.google_trends, "bitcoin")
        if name == _SOCIAL:
            return simulated_mood.social_sentiment(self._world)
        rows = self._world.macro.series[FILES[name]]
        return "\n".join(["date,value", *(f"{row.day},{row.value}" for row in rows if row.value), ""]).encode()

    def _once(self, make: Callable[[World, str], MadeT], name: str) -> MadeT:
        """What `make` makes of `name`, made when first asked for."""
        if (make, name) not in self._made:
            self._made[make, name] = make(self._world, name)
        found: MadeT = self._made[make, name]
        return found


def _one_of(names: Sequence[str], name: str) -> str:
    if name not in names:
        raise KeyError(name)
    return name
