"""How the crowd of a simulated world feels: fear and greed, search interest, social posts.

Each reading is made from prices that were over when it was taken. No wire format but the two
files a user would bring: a Google Trends download and a table of social sentiment.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from foretune.sandbox.market import Sentiment, epoch_ms
from foretune.sandbox.simulated_calendar import shift_month
from foretune.sandbox.simulated_walks import autoregressive
from foretune.sandbox.simulated_world import WARM_UP_DAYS, World

_FEAR_STREAM: Final = 4
_TRENDS_STREAM: Final = 13
_SOCIAL_STREAM: Final = 14
_COIN: Final = "BTCUSDT"
"""The coin whose price the crowd watches."""


def fear_greed(world: World) -> tuple[Sentiment, ...]:
    """One reading a day from the days before it: trailing return for its risk, and calm."""
    closes = world.daily_log_close(_COIN)
    returns = np.diff(closes, prepend=closes[0])
    draws = world.stream(_FEAR_STREAM).standard_normal(len(closes) + 1)
    mood, readings = 0.0, []
    for day in range(WARM_UP_DAYS - 60, len(closes) + 1):  # the reading of `day` knows `day - 1`
        mood = 0.8 * mood + 3.0 * float(draws[day])
        if day < WARM_UP_DAYS:
            continue
        recent, usual = returns[day - 30 : day].std(), returns[day - 90 : day].std()
        trend = float(closes[day - 1] - closes[day - 31]) / (float(recent) * 30**0.5)
        value = round(min(97.0, max(3.0, 50 + 15 * trend - 25 * (float(recent / usual) - 1) + mood)))
        if world.time_ms(day) <= epoch_ms(world.now):
            readings.append(Sentiment(world.time_ms(day) // 1000, str(value), classification(value)))
    return tuple(readings)


def classification(value: int) -> str:
    """The label the index's publisher gives to `value`.

    >>> classification(24), classification(50), classification(80)
    ('Extreme Fear', 'Neutral', 'Extreme Greed')
    """
    for upper, label in ((24, "Extreme Fear"), (46, "Fear"), (54, "Neutral"), (75, "Greed")):
        if value <= upper:
            return label
    return "Extreme Greed"


def google_trends(world: World, term: str = "bitcoin") -> bytes:
    """The file a user downloads: three head lines, then a month per line; the running month is partial.

    Scaled, as there, so that the greatest month of the download is 100: a later download may give
    the same month another number. `<1` stands for what rounds to nothing but is something.
    """
    closes = world.daily_log_close(_COIN)
    moves = np.abs(np.diff(closes, prepend=closes[0]))
    draws = world.stream(_TRENDS_STREAM).standard_normal(len(closes))
    heat = autoregressive(moves / 0.03, 0.95, 0.05)
    habit = autoregressive(draws, 0.98, 0.04)
    searches = np.exp(1.1 * heat + 0.8 * (closes - closes[0]) + habit)
    months: dict[str, list[float]] = {}
    whole = shift_month(world.first_day.replace(day=1), 1)
    for index, value in enumerate(searches.tolist()):
        if world.day(index) >= whole:
            months.setdefault(f"{world.day(index):%Y-%m}", []).append(value)
    interest = {month: sum(values) / len(values) for month, values in months.items()}
    most = max(interest.values())
    lines = [f"{month},{_trend(100 * value / most)}" for month, value in interest.items()]
    return "\n".join(["Category: All categories", "", f"Month,{term}: (Worldwide)", *lines, ""]).encode()


def social_sentiment(world: World) -> bytes:
    """A row per finished day from `start`: mean score of its posts, -1 to 1, and how many there were."""
    closes = world.daily_log_close(_COIN)
    moves = np.diff(closes, prepend=closes[0])
    draws = world.stream(_SOCIAL_STREAM).standard_normal((len(closes), 2))
    mood = autoregressive(draws[:, 0], 0.7, 0.12)
    score = np.tanh(0.08 + 2.5 * moves + 4.0 * autoregressive(moves, 0.9, 0.1) + mood)
    chatter = autoregressive(draws[:, 1], 0.9, 0.12) + autoregressive(np.abs(moves) / 0.03, 0.6, 0.25)
    counts = np.rint(9_000 * np.exp(chatter)).astype(np.int64)
    days = range(WARM_UP_DAYS, world.days)
    lines = [f"{world.day(day).isoformat()},{score[day]:.4f},{counts[day]}" for day in days]
    return "\n".join(["timestamp,social_sentiment_score,social_mention_count", *lines, ""]).encode()


def _trend(value: float) -> str:
    return str(round(value)) if value >= 0.5 else "<1"
