"""A seeded simulated market: five coins, funding, sentiment and macro series that hang together.

Nothing in it is a fact: everything goes out labelled simulated. The world of a seed is one world,
whatever `end` it is looked at from: a later `end` adds days and changes none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final

import numpy as np

from foretune.errors import ConfigError
from foretune.origin import Origin
from foretune.sandbox.market import (
    DAY_MS,
    Bar,
    Funding,
    Level,
    Listing,
    Observation,
    OrderBook,
    Sentiment,
    Ticker,
    epoch_ms,
)
from foretune.sandbox.publication import is_public
from foretune.sandbox.simulated_crypto import COINS, HOURS, Floats, simulate_crypto
from foretune.sandbox.simulated_macro import DAILY, FILES, LOW_FREQUENCY, simulate_macro

WARM_UP_DAYS: Final = 540
"""The world is this much older than `start`: macro series have a past, sentiment has something to read."""

DEFAULT_START: Final = date(2018, 1, 1)
DEFAULT_END: Final = datetime(2024, 11, 5, 13, tzinfo=UTC)
HOUR_MS: Final = 3_600_000
FUNDING_HOURS: Final = 8
BOOK_LEVELS: Final = 25
_FUNDING_CAP: Final = 0.0075
_CALENDAR: Final = "CPIAUCSL.releases"


class SimulatedMarket:
    """The market of `seed` from `start` (first candle) to `end` (its `now`, UTC; a date means 00:00).

    Prices move hourly and are rounded to the coin's tick. The candle of `end`'s own day is there
    and unfinished, unless `end` is midnight.

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
        first = datetime.combine(start, time(), UTC)
        if self.now < first + timedelta(days=1):
            raise ConfigError(f"end={end.isoformat()} must be at least a day after start={start.isoformat()}")
        self.seed = seed
        self._first_day = start - timedelta(days=WARM_UP_DAYS)
        self._first_ms = epoch_ms(first) - WARM_UP_DAYS * DAY_MS
        elapsed = epoch_ms(self.now) - self._first_ms
        self._hours = elapsed // HOUR_MS  # whole hours that are over
        paths = simulate_crypto(seed, -(-elapsed // DAY_MS))
        self._paths = paths
        whole = elapsed // DAY_MS
        self._macro = simulate_macro(seed, self._first_day, paths.factor[:whole], paths.regime[:whole])
        self._columns = {coin.symbol: column for column, coin in enumerate(COINS)}
        self._bars_of = cache(self._make_bars)
        self._funding_of = cache(self._make_funding)
        symbols = {coin.symbol: coin.symbol for coin in COINS}
        self.listing = Listing(
            klines={("spot", "D"): symbols, ("linear", "D"): symbols},
            funding=tuple(symbols),
            crypto={symbol.removesuffix("USDT"): symbol for symbol in symbols},
            fred=(*DAILY, *LOW_FREQUENCY),
            files=(*FILES, _CALENDAR),
            fear_greed=True,
        )

    @property
    def origin(self) -> Origin:
        return Origin.SIMULATED

    def bars(self, instrument: str) -> Sequence[Bar]:
        """Daily candles from `start`; the last may be unfinished."""
        return self._bars_of(instrument)

    def funding(self, symbol: str) -> Sequence[Funding]:
        """Every 8 hours from `start`: a base rate plus a share of the last week's trend, capped."""
        return self._funding_of(symbol)

    def ticker(self, category: str, symbol: str) -> Ticker:
        """From the last 24 whole hours; bid and ask are the first levels of `orderbook`."""
        column = self._columns[symbol]
        day = slice(self._hours - HOURS, self._hours)
        paths = self._paths
        last = int(paths.close[self._hours - 1, column])
        before = int(paths.open[self._hours - HOURS, column])
        volume = float(paths.volume[day, column].sum())
        book = self.orderbook(symbol)
        price = self._price(column, last)
        shared = Ticker(
            last=price,
            previous_24h=self._price(column, before),
            change_24h=f"{last / before - 1:.6f}",
            high_24h=self._price(column, int(paths.high[day, column].max())),
            low_24h=self._price(column, int(paths.low[day, column].min())),
            volume_24h=f"{volume:.3f}",
            turnover_24h=f"{float(paths.turnover[day, column].sum()):.4f}",
            bid=book.bids[0].price,
            bid_size=book.bids[0].size,
            ask=book.asks[0].price,
            ask_size=book.asks[0].size,
            index=price,
        )
        if category == "spot":
            return shared
        return self._contract(shared, column, last)

    def orderbook(self, symbol: str) -> OrderBook:
        """25 levels on each side of the last price; the last trade hit the best bid."""
        column = self._columns[symbol]
        coin = COINS[column]
        last = int(self._paths.close[self._hours - 1, column])
        draws = np.random.default_rng([self.seed, 3, column, self._hours])
        step = max(1, round(last * 2e-5))
        steps = draws.integers(1, 2 * step + 1, size=(2, BOOK_LEVELS)).cumsum(axis=1)
        sizes = draws.lognormal(0.0, 0.8, size=(2, BOOK_LEVELS)) * coin.turnover * 2e-6 / (last * coin.tick)
        first = int(steps[0, 0])
        bids = [(last + first - int(step), size) for step, size in zip(steps[0], sizes[0], strict=True)]
        asks = [(last + int(step), size) for step, size in zip(steps[1], sizes[1], strict=True)]
        return OrderBook(
            bids=[Level(self._price(column, ticks), f"{size:.3f}") for ticks, size in bids if ticks > 0],
            asks=[Level(self._price(column, ticks), f"{size:.3f}") for ticks, size in asks],
        )

    def fred(self, series_id: str) -> Sequence[Observation]:
        if series_id not in self.listing.fred:
            raise KeyError(series_id)
        return [row.observation for row in self._macro.series[series_id] if is_public(row.on, self.now)]

    def fear_greed(self) -> Sequence[Sentiment]:
        """One reading a day from the days before it: trailing return for its risk, and calm."""
        closes = self._daily_log_close()
        returns = np.diff(closes, prepend=closes[0])
        draws = np.random.default_rng([self.seed, 4]).standard_normal(len(closes) + 1)
        mood, readings = 0.0, []
        for day in range(WARM_UP_DAYS - 60, len(closes) + 1):  # the reading of `day` knows `day - 1`
            mood = 0.8 * mood + 3.0 * float(draws[day])
            if day < WARM_UP_DAYS:
                continue
            recent, usual = returns[day - 30 : day].std(), returns[day - 90 : day].std()
            trend = float(closes[day - 1] - closes[day - 31]) / (float(recent) * 30**0.5)
            value = round(min(97.0, max(3.0, 50 + 15 * trend - 25 * (float(recent / usual) - 1) + mood)))
            at = self._first_ms + day * DAY_MS
            if at <= epoch_ms(self.now):
                readings.append(Sentiment(at // 1000, str(value), classification(value)))
        return readings

    def file(self, name: str) -> bytes:
        """`date,value` closes of days that are over, or the release calendar of the CPI."""
        if name == _CALENDAR:
            lines = [f"{day.isoformat()},{month}" for day, month in self._macro.cpi_releases]
            return "\n".join(["release_date,reference_month", *lines, ""]).encode()
        if name not in FILES:
            raise KeyError(name)
        rows = [row.observation for row in self._macro.series[name] if is_public(row.on, self.now)]
        return "\n".join(["date,value", *(f"{row.day},{row.value}" for row in rows if row.value), ""]).encode()

    def _make_bars(self, instrument: str) -> tuple[Bar, ...]:
        column = self._columns[instrument]
        paths, first, end = self._paths, WARM_UP_DAYS * HOURS, self._hours
        edges = np.arange(first, end, HOURS)
        lasts = np.minimum(edges + HOURS, end) - 1
        opens = paths.open[edges, column]
        closes = paths.close[lasts, column]
        highs = np.maximum.reduceat(paths.high[:end, column], edges)
        lows = np.minimum.reduceat(paths.low[:end, column], edges)
        volumes = np.add.reduceat(paths.volume[:end, column], edges)
        turnovers = np.add.reduceat(paths.turnover[:end, column], edges)
        columns = (each.tolist() for each in (edges, opens, highs, lows, closes, volumes, turnovers))
        return tuple(
            Bar(
                time_ms=self._first_ms + edge * HOUR_MS,
                open=self._price(column, opened),
                high=self._price(column, high),
                low=self._price(column, low),
                close=self._price(column, close),
                volume=f"{volume:.3f}",
                turnover=f"{turnover:.4f}",
            )
            for edge, opened, high, low, close, volume, turnover in zip(*columns, strict=True)
        )

    def _make_funding(self, symbol: str) -> tuple[Funding, ...]:
        column = self._columns[symbol]
        settlements = np.arange(0, self._hours + 1, FUNDING_HOURS)
        draws = np.random.default_rng([self.seed, 5]).standard_normal((len(settlements), len(COINS)))[:, column]
        wanted = settlements >= WARM_UP_DAYS * HOURS
        at, draws = settlements[wanted], draws[wanted]
        prices = np.log(self._paths.close[:, column])
        trend = prices[at - 1] - prices[at - 1 - 7 * HOURS]
        rates = np.clip(1e-4 + 2e-3 * trend + 4e-5 * draws, -_FUNDING_CAP, _FUNDING_CAP)
        return tuple(
            Funding(self._first_ms + hour * HOUR_MS, f"{rate:.8f}")
            for hour, rate in zip(at.tolist(), rates.tolist(), strict=True)
        )

    def _contract(self, ticker: Ticker, column: int, last: int) -> Ticker:
        """Adds what only a perpetual has."""
        month = slice(max(0, self._hours - 30 * HOURS), self._hours)
        interest = float(self._paths.volume[month, column].mean()) * 6
        period = FUNDING_HOURS * HOUR_MS
        return replace(
            ticker,
            mark=ticker.last,
            open_interest=f"{interest:.3f}",
            open_interest_value=f"{interest * last * COINS[column].tick:.2f}",
            funding_rate=self.funding(COINS[column].symbol)[-1].rate,
            next_funding_ms=str((epoch_ms(self.now) // period + 1) * period),
        )

    def _daily_log_close(self) -> Floats:
        """Log closes of the first coin's finished days, from the world's first day."""
        closes: Floats = np.log(self._paths.close[HOURS - 1 : self._hours : HOURS, 0])
        return closes

    @staticmethod
    def _price(column: int, ticks: int) -> str:
        coin = COINS[column]
        return f"{ticks * coin.tick:.{coin.decimals}f}"


def classification(value: int) -> str:
    """The label the index's publisher gives to `value`.

    >>> classification(24), classification(50), classification(80)
    ('Extreme Fear', 'Neutral', 'Extreme Greed')
    """
    for upper, label in ((24, "Extreme Fear"), (46, "Fear"), (54, "Neutral"), (75, "Greed")):
        if value <= upper:
            return label
    return "Extreme Greed"
