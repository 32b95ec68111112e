"""News of a simulated world: how much is written on a topic each day, in what tone, and headlines.

Every item knows only prices that were over when it appeared. The texts are made up from a few
forms and their sites lie below example.com, .net and .org, which no one can own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import numpy as np

from foretune.sandbox.market import Article, NewsBucket, epoch_ms
from foretune.sandbox.simulated_calendar import is_currency_day, is_session
from foretune.sandbox.simulated_crypto import HOURS
from foretune.sandbox.simulated_currency import log_levels
from foretune.sandbox.simulated_headlines import headline
from foretune.sandbox.simulated_walks import Floats, Ints, autoregressive
from foretune.sandbox.simulated_world import COLUMNS, WARM_UP_DAYS, World

_TONE_STREAM: Final = 11
_ARTICLE_STREAM: Final = 17
_SLOTS: Final = 6
"""Headlines a day at most."""
_USUAL_TONE: Final = -0.8


@dataclass(frozen=True, slots=True)
class Topic:
    """What a topic's news is about: a coin, the stock index, or a currency pair or metal.

    `articles` is a usual day's count; `name` is how a headline calls it.
    """

    name: str
    kind: Literal["coin", "stocks", "currency"]
    instrument: str
    articles: float


TOPICS: Final = {
    "bitcoin": Topic("Bitcoin", "coin", "BTCUSDT", 420),
    "crypto": Topic("Crypto market", "coin", "BTCUSDT", 520),
    "ethereum": Topic("Ethereum", "coin", "ETHUSDT", 160),
    "solana": Topic("Solana", "coin", "SOLUSDT", 70),
    "ripple": Topic("XRP", "coin", "XRPUSDT", 80),
    "cardano": Topic("Cardano", "coin", "ADAUSDT", 45),
    "litecoin": Topic("Litecoin", "coin", "LTCUSDT", 35),
    "stocks": Topic("US stocks", "stocks", "SP500", 2_400),
    "gold": Topic("Gold", "currency", "XAUUSD", 600),
    "forex": Topic("Euro", "currency", "EURUSD", 380),
}
_NUMBER: Final = {topic: number for number, topic in enumerate(TOPICS, start=1)}
_STOCK_CLOSE: Final = 21
"""Hour (UTC) at which the session's close is known."""


def buckets(world: World, topic: str) -> tuple[NewsBucket, ...]:
    """A bucket per finished day from `start`. Tone follows the day's and the last days' returns for their risk."""
    move = _daily_moves(world, topic)
    draws = world.stream(_TONE_STREAM, _NUMBER[topic]).standard_normal((len(move), 4))
    past = np.concatenate([[0.0], autoregressive(move, 0.8, 0.2)[:-1]])
    mood = autoregressive(draws[:, 0], 0.6, 0.8)
    tone = _USUAL_TONE + 0.50 * move + 0.8 * past + 0.75 * mood + 0.5 * draws[:, 1]
    interest = autoregressive(draws[:, 2], 0.9, 0.10) + 0.30 * np.minimum(np.abs(move), 4)
    weekend = np.array([world.day(day).weekday() >= 5 for day in range(len(move))])
    norm = np.rint(np.where(weekend, 65_000, 95_000) * np.exp(0.05 * draws[:, 3]))
    articles = np.rint(TOPICS[topic].articles * norm / 95_000 * np.exp(interest))
    columns = zip(tone.tolist(), articles.tolist(), norm.tolist(), strict=True)
    return tuple(
        NewsBucket(world.time_ms(day) // 1000, f"{min(10.0, max(-10.0, t)):.4f}", f"{count:.0f}", f"{every:.0f}")
        for day, (t, count, every) in enumerate(columns)
        if day >= WARM_UP_DAYS
    )


def articles(world: World, topic: str) -> tuple[Article, ...]:
    """A few headlines a day from `start`, more when the market moves; each tells of the 24 hours before it."""
    about = TOPICS[topic]
    levels, scale = _hourly_levels(world, about), _daily_scale(world, topic)
    found = []
    for day, slots in enumerate(_slots(world, topic)):
        if day < WARM_UP_DAYS:
            continue
        for second, choice, want in slots:
            hour = day * HOURS + second // 3600
            at = world.time_ms(day) // 1000 + second
            if hour >= len(levels) or at * 1000 > epoch_ms(world.now):
                continue
            move = float(levels[hour] - levels[hour - HOURS])
            strength = move / float(scale[day])
            if want < 0.30 + 0.20 * min(2.5, abs(strength)):
                seen = datetime.fromtimestamp(at, UTC)
                found.append(headline(about.name, move, strength, seen, choice))
    return tuple(sorted(found, key=lambda article: article.seen_s))


def _slots(world: World, topic: str) -> Iterator[list[tuple[int, float, float]]]:
    """(second of the day, choice of words, luck) of each possible headline, day after day."""
    draws = world.stream(_ARTICLE_STREAM, _NUMBER[topic]).random((world.days + 1, _SLOTS, 3))
    for row in draws.tolist():
        yield [(int(second * 96) * 900, choice, luck) for second, choice, luck in row]


def _hourly_levels(world: World, about: Topic) -> Floats:
    """Log price as known when each hour begins; element h knows the hours before h. One more than hours over."""
    if about.kind == "coin":
        closes = np.log(world.paths.close[: world.hours, COLUMNS[about.instrument]])
        return np.concatenate([closes[:1], closes])
    stocks = about.kind == "stocks"
    values = np.log(world.macro.levels["SP500"]) if stocks else log_levels(world, about.instrument)
    open_on = is_session if stocks else is_currency_day
    days = world.macro.weekdays
    quoted = np.array([open_on(world.day(day)) for day in days.tolist()])
    known = days * HOURS + (_STOCK_CLOSE if stocks else HOURS)
    return _step(values[quoted], known[quoted], world.hours + 1)


def _step(values: Floats, known: Ints, hours: int) -> Floats:
    """The last of `values` whose hour in `known` (ascending) has come, for each of `hours`; the first before it."""
    last = np.maximum(np.searchsorted(known, np.arange(hours), side="right") - 1, 0)
    return values[last]


def _daily_moves(world: World, topic: str) -> Floats:
    """Log return of each finished day in units of its recent size; 0 where the market was shut."""
    levels = _hourly_levels(world, TOPICS[topic])[: world.days * HOURS + 1 : HOURS]
    moves: Floats = np.diff(levels) / _daily_scale(world, topic)[: world.days]
    return moves


def _daily_scale(world: World, topic: str) -> Floats:
    """A usual day's move, as the days before each day had it; one element more than finished days."""
    levels = _hourly_levels(world, TOPICS[topic])[: world.days * HOURS + 1 : HOURS]
    squares = np.diff(levels) ** 2
    start = float(squares[:90].mean())
    scale = np.empty(len(squares) + 1)
    for day, square in enumerate([*squares.tolist(), 0.0]):
        scale[day] = start**0.5
        start = 0.97 * start + 0.03 * square
    return scale
