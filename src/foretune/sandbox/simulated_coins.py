"""What an exchange and a coin data site say of a simulated world's coins: candles, funding, quotes, supply.

The hourly prices are made in `simulated_crypto`; here they become records, and nothing after the
world's present is read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from foretune.sandbox.market import Bar, ChartPoint, Funding, Level, OpenInterest, OrderBook, Ticker, epoch_ms
from foretune.sandbox.simulated_crypto import COINS, FIRST_COINS, HOURS
from foretune.sandbox.simulated_walks import Floats, Ints, autoregressive
from foretune.sandbox.simulated_world import COLUMNS, HOUR_MS, WARM_UP_DAYS, World

FUNDING_HOURS: Final = 8
BOOK_LEVELS: Final = 25
SUPPLY: Final = {
    # CoinGecko's name: symbol, coins at the world's first day, growth a day
    "bitcoin": ("BTCUSDT", 16.9e6, 4.2e-5),
    "ethereum": ("ETHUSDT", 97.0e6, 5.0e-5),
    "solana": ("SOLUSDT", 260.0e6, 1.5e-4),
    "ripple": ("XRPUSDT", 39.0e9, 7.0e-5),
    "cardano": ("ADAUSDT", 26.0e9, 1.0e-4),
    "litecoin": ("LTCUSDT", 54.0e6, 9.0e-5),
}
_BOOK_STREAM: Final = 3
_FUNDING_STREAM: Final = 5
_LATER_FUNDING_STREAM: Final = 7
_CHART_STREAM: Final = 15
_INTEREST_STREAM: Final = 16
_FUNDING_CAP: Final = 0.0075


def bars(world: World, symbol: str) -> tuple[Bar, ...]:
    """Daily candles from `start`; the last may be unfinished."""
    column = COLUMNS[symbol]
    paths, end = world.paths, world.hours
    edges = np.arange(WARM_UP_DAYS * HOURS, end, HOURS)
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
            time_ms=world.first_ms + edge * HOUR_MS,
            open=_price(column, opened),
            high=_price(column, high),
            low=_price(column, low),
            close=_price(column, close),
            volume=f"{volume:.3f}",
            turnover=f"{turnover:.4f}",
        )
        for edge, opened, high, low, close, volume, turnover in zip(*columns, strict=True)
    )


def funding(world: World, symbol: str) -> tuple[Funding, ...]:
    """Every 8 hours from `start`: a base rate plus a share of the last week's trend, capped."""
    column = COLUMNS[symbol]
    settlements = np.arange(0, world.hours + 1, FUNDING_HOURS)
    if column < len(FIRST_COINS):
        draws = world.stream(_FUNDING_STREAM).standard_normal((len(settlements), len(FIRST_COINS)))[:, column]
    else:
        draws = world.stream(_LATER_FUNDING_STREAM, column).standard_normal(len(settlements))
    wanted = settlements >= WARM_UP_DAYS * HOURS
    at, draws = settlements[wanted], draws[wanted]
    prices = np.log(world.paths.close[:, column])
    trend = prices[at - 1] - prices[at - 1 - 7 * HOURS]
    rates = np.clip(1e-4 + 2e-3 * trend + 4e-5 * draws, -_FUNDING_CAP, _FUNDING_CAP)
    return tuple(
        Funding(world.first_ms + hour * HOUR_MS, f"{rate:.8f}")
        for hour, rate in zip(at.tolist(), rates.tolist(), strict=True)
    )


def open_interest(world: World, symbol: str) -> tuple[OpenInterest, ...]:
    """At 00:00 UTC of every day from `start`."""
    at = np.arange(WARM_UP_DAYS, world.days + 1) * HOURS
    values = _interest(world, COLUMNS[symbol], at).tolist()
    return tuple(
        OpenInterest(world.first_ms + hour * HOUR_MS, f"{value:.3f}")
        for hour, value in zip(at.tolist(), values, strict=True)
    )


def ticker(world: World, category: str, symbol: str, rate: str) -> Ticker:
    """From the last 24 whole hours; bid and ask are the first levels of `orderbook`. A contract pays `rate`."""
    column = COLUMNS[symbol]
    paths, day = world.paths, slice(world.hours - HOURS, world.hours)
    last = int(paths.close[world.hours - 1, column])
    before = int(paths.open[world.hours - HOURS, column])
    volume = float(paths.volume[day, column].sum())
    book = orderbook(world, symbol)
    price = _price(column, last)
    shared = Ticker(
        last=price,
        previous_24h=_price(column, before),
        change_24h=f"{last / before - 1:.6f}",
        high_24h=_price(column, int(paths.high[day, column].max())),
        low_24h=_price(column, int(paths.low[day, column].min())),
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
    interest = float(_interest(world, column, np.array([world.hours]))[0])
    period = FUNDING_HOURS * HOUR_MS
    return replace(
        shared,
        mark=price,
        open_interest=f"{interest:.3f}",
        open_interest_value=f"{interest * last * COINS[column].tick:.2f}",
        funding_rate=rate,
        next_funding_ms=str((epoch_ms(world.now) // period + 1) * period),
    )


def orderbook(world: World, symbol: str) -> OrderBook:
    """25 levels on each side of the last price; the last trade hit the best bid."""
    column = COLUMNS[symbol]
    coin = COINS[column]
    last = int(world.paths.close[world.hours - 1, column])
    draws = world.stream(_BOOK_STREAM, column, world.hours)
    step = max(1, round(last * 2e-5))
    steps = draws.integers(1, 2 * step + 1, size=(2, BOOK_LEVELS)).cumsum(axis=1)
    sizes = draws.lognormal(0.0, 0.8, size=(2, BOOK_LEVELS)) * coin.turnover * 2e-6 / (last * coin.tick)
    first = int(steps[0, 0])
    bids = [(last + first - int(step), size) for step, size in zip(steps[0], sizes[0], strict=True)]
    asks = [(last + int(step), size) for step, size in zip(steps[1], sizes[1], strict=True)]
    return OrderBook(
        bids=[Level(_price(column, ticks), f"{size:.3f}") for ticks, size in bids if ticks > 0],
        asks=[Level(_price(column, ticks), f"{size:.3f}") for ticks, size in asks],
    )


def chart(world: World, coin: str) -> tuple[ChartPoint, ...]:
    """Midnights from `start` (the close of the day before, as other venues had it), then `now` itself.

    At midnight sharp the last of the midnights is `now`.
    """
    symbol, supply, growth = SUPPLY[coin]
    column = COLUMNS[symbol]
    at = np.arange(WARM_UP_DAYS, world.days + 1) * HOURS
    stamps = (world.first_ms + at * HOUR_MS).tolist()
    if stamps[-1] < epoch_ms(world.now):
        at, stamps = np.append(at, world.hours), [*stamps, epoch_ms(world.now)]
    draws = world.stream(_CHART_STREAM, 1 + column).standard_normal((len(at), 2))
    price = world.paths.close[at - 1, column] * COINS[column].tick * (1 + 2e-4 * draws[:, 0])
    cap = price * supply * np.exp(growth * at / HOURS)
    traded = np.concatenate([[0.0], np.cumsum(world.paths.turnover[: world.hours, column])])
    volume = (traded[at] - traded[at - HOURS]) * 2.5 * np.exp(0.05 * draws[:, 1])  # of every venue, not of one
    columns = zip(stamps, price.tolist(), cap.tolist(), volume.tolist(), strict=True)
    return tuple(ChartPoint(stamp, f"{p:.10g}", f"{c:.2f}", f"{v:.2f}") for stamp, p, c, v in columns)


def _interest(world: World, column: int, at: Ints) -> Floats:
    """Open contracts in coins at the hours `at`: of the size of the last quarter's trade, more in an up-trend."""
    quarter = 90 * HOURS
    traded = np.concatenate([[0.0], np.cumsum(world.paths.volume[: world.hours, column])])
    usual = (traded[at] - traded[at - quarter]) / quarter * 6
    prices = np.log(world.paths.close[:, column])
    trend = prices[at - 1] - prices[at - 1 - 14 * HOURS]
    draws = world.stream(_INTEREST_STREAM, 1 + column).standard_normal(world.days + 1)
    mood = autoregressive(draws, 0.9, 0.03)[at // HOURS]
    interest: Floats = usual * np.exp(0.8 * trend + mood)
    return interest


def _price(column: int, ticks: int) -> str:
    coin = COINS[column]
    return f"{ticks * coin.tick:.{coin.decimals}f}"
