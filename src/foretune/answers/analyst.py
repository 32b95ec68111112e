"""The analyst: documented rules that turn a context into a correct, grounded, risk-aware answer.

Deterministic: the same context gives the same bytes. Answers are written with slots for numbers
and labels (see `slots`); the wording of the risk line varies with the context so that a model
does not learn one sentence by heart.
"""

from __future__ import annotations

import hashlib

from foretune.answers.context import MarketContext
from foretune.answers.slots import move_slot
from foretune.answers.tasks import LABEL, TASKS, Line, Task

RISK_WARNINGS = (
    "Risk: past performance does not guarantee future results; never risk more than you can afford to lose.",
    "Risk: prices can fall sharply and you may lose your capital; size positions with care.",
    "Risk: this is not financial advice; markets are uncertain and losses are possible.",
)


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
    return line.wording.replace(f"{{{LABEL}}}", f"{{{line.label_slot}}}")
