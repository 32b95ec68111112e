"""Text the tiny base reads before it is tuned: data blocks and market prose about training contexts.

No instruction and no answer in the tuning format may appear here: the untuned base is what the
tuned models are compared with.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from foretune.answers.context import FIELD_BY_NAME, MarketContext, display
from foretune.answers.labels import funding, momentum, trend, volatility


def documents(contexts: Iterable[MarketContext], *, seed: int) -> Iterator[str]:
    """One document per context: its data block in a random order of lines, then prose on it."""
    rng = random.Random(seed)
    for context in contexts:
        block = context.text().split("\n")
        rng.shuffle(block)
        said = prose(context, rng)
        rng.shuffle(said)
        yield "\n".join(block) + "\n\n" + " ".join(said)


def prose(context: MarketContext, rng: random.Random) -> list[str]:
    """Sentences about `context`; every number in them is one of its displayed values."""

    def shown(name: str) -> str:
        return display(FIELD_BY_NAME[name].kind, float(getattr(context, name)))

    sentences = [
        rng.choice(
            (
                f"{context.symbol} trades at {shown('price')}, {shown('change_24h_pct')} in 24 hours.",
                f"The price of {context.symbol} is {shown('price')} after {shown('change_24h_pct')} in a day.",
            )
        ),
        rng.choice(
            (
                f"The day ran from {shown('low_24h')} to {shown('high_24h')}.",
                f"Buyers came in at {shown('low_24h')} and sellers at {shown('high_24h')}.",
            )
        ),
        rng.choice(
            (
                f"The trend is {trend(context)}: the price stands {shown('vs_sma_50_pct')} against the 50-day "
                f"and {shown('vs_sma_200_pct')} against the 200-day average.",
                f"With {shown('vs_sma_50_pct')} and {shown('vs_sma_200_pct')} against its two averages "
                f"the trend is {trend(context)}.",
            )
        ),
        rng.choice(
            (
                f"An RSI of {shown('rsi_14')} is {momentum(context)}.",
                f"Momentum is {momentum(context)} with the RSI at {shown('rsi_14')}.",
            )
        ),
        rng.choice(
            (
                f"At {shown('volatility_30d')} a year its volatility is {volatility(context)}.",
                f"Volatility is {volatility(context)}, {shown('volatility_30d')} over 30 days "
                f"and {shown('volatility_90d')} over 90.",
            )
        ),
    ]
    held = funding(context)
    if held is not None:
        sentences.append(
            rng.choice(
                (
                    f"Funding is {shown('funding_rate')}, so it is {held}.",
                    f"In the perpetual it is {held} at {shown('funding_rate')}.",
                )
            )
        )
    return sentences
