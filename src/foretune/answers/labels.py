"""Labels: what a context's values are called, by documented thresholds. One rule per label.

A label follows from the value as it is displayed, so that a reader can check it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from foretune.answers.context import MarketContext

OVERBOUGHT, OVERSOLD = 70.0, 30.0
LOW_VOLATILITY, HIGH_VOLATILITY = 0.20, 0.60


def trend(context: MarketContext) -> str:
    """Up above both averages, down below both, mixed otherwise (as displayed: +0.00% is not above)."""
    above = (round(context.vs_sma_50_pct, 2) > 0, round(context.vs_sma_200_pct, 2) > 0)
    return "up" if all(above) else "mixed" if any(above) else "down"


def momentum(context: MarketContext) -> str:
    """Wilder's bands: RSI 70 and above is overbought, 30 and below oversold."""
    rsi = round(context.rsi_14, 1)
    if rsi >= OVERBOUGHT:
        return "overbought"
    return "oversold" if rsi <= OVERSOLD else "neutral"


def volatility(context: MarketContext) -> str:
    """Annualised: under 20 % low (broad equity indices), 60 % and above high (crypto)."""
    yearly = round(context.volatility_30d, 3)
    if yearly < LOW_VOLATILITY:
        return "low"
    return "high" if yearly >= HIGH_VOLATILITY else "moderate"


def funding(context: MarketContext) -> str | None:
    """Who pays whom in the perpetual; None where there is no perpetual."""
    if context.funding_rate is None:
        return None
    rate = round(context.funding_rate, 6)
    if rate == 0:
        return "flat"
    return "longs pay shorts" if rate > 0 else "shorts pay longs"


LABELS: Mapping[str, Callable[[MarketContext], str | None]] = {
    "trend": trend,
    "momentum": momentum,
    "volatility": volatility,
    "funding": funding,
}
"""Each rule by the name of its slot; a rule gives None where its data are missing."""
