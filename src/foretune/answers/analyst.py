"""The analyst: documented rules that turn a context into a correct, grounded, risk-aware answer.

Deterministic: the same context gives the same bytes. A label follows from the value as it is
displayed, so a reader can check it. Answers are written with slots (see
`slots`); wording of the risk line varies with the context so that a model does not learn one
sentence by heart.
"""

from __future__ import annotations

import hashlib

from foretune.answers.context import MarketContext
from foretune.answers.slots import move_slot
from foretune.answers.tasks import TASKS, Line, Task

RISK_WARNINGS = (
    "Risk: past performance does not guarantee future results; never risk more than you can afford to lose.",
    "Risk: prices can fall sharply and you may lose your capital; size positions with care.",
    "Risk: this is not financial advice; markets are uncertain and losses are possible.",
)

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


LABELLERS = {"Trend": trend, "Momentum": momentum, "Volatility": volatility, "Funding": funding}


def risk_warning(context: MarketContext) -> str:
    """One of the accepted warnings, picked by the content of the context."""
    digest = hashlib.sha256(context.text().encode()).digest()
    return RISK_WARNINGS[digest[0] % len(RISK_WARNINGS)]


def market_analysis(context: MarketContext) -> str:
    """The market analysis of `context`, in slots."""
    spec = TASKS[Task.MARKET_ANALYSIS]
    return "\n".join([spec.title, *(_line(line, context) for line in spec.lines), risk_warning(context)])


def forecast_90d(context: MarketContext, z: float) -> str:
    """The 90-day forecast whose move is `z` standard deviations, in slots.

    For training, `z` is the realised log return over `slots.horizon_sigma(volatility_90d)`.
    """
    spec = TASKS[Task.FORECAST_90D]
    lines = [line.wording.replace("{z}", move_slot(z)) for line in spec.lines]
    return "\n".join([spec.title, *lines, risk_warning(context)])


def _line(line: Line, context: MarketContext) -> str:
    if line.absent_without is not None and getattr(context, line.absent_without) is None:
        return line.absent
    label = LABELLERS[line.name](context) if line.labels else None
    return line.wording.replace("{label}", label or "")
