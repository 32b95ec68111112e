"""Slots: a model writes `{price}`, the renderer fills it, so a filled number cannot be invented.

Grammar: `{symbol}`, `{name}` for a context field, a label of it or a derived field, and `{z:+0.7}` for the one number a
model may choose itself, its 90-day move in standard deviations. Return and price in 90 days are
derived from that number here, so they can never contradict each other.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from foretune.answers.context import FIELD_BY_NAME, Kind, MarketContext, display
from foretune.answers.labels import LABELS
from foretune.errors import AnswerError, UnknownSlot

HORIZON_DAYS = 90
DAYS_PER_YEAR = 365

SLOT = re.compile(r"\{([^{}\n]*)\}")
_MOVE = re.compile(r"z:([+-]\d\.\d)")
DERIVED_SLOTS = ("forecast_return_pct", "forecast_price")


@dataclass(frozen=True, slots=True)
class ForecastNumbers:
    """One proposed move and everything that follows from it."""

    z: float
    log_return: float
    return_pct: float
    price: float


def horizon_sigma(volatility: float) -> float:
    """Standard deviation of the 90-day log return for an annualised `volatility` (fraction).

    >>> round(horizon_sigma(0.5), 4)
    0.2483
    """
    return volatility * math.sqrt(HORIZON_DAYS / DAYS_PER_YEAR)


def move_slot(z: float) -> str:
    """The slot for a move of `z` standard deviations, clipped to what the grammar can say.

    >>> move_slot(0.749), move_slot(-0.04), move_slot(12.0)
    ('{z:+0.7}', '{z:+0.0}', '{z:+9.9}')
    """
    clipped = round(min(9.9, max(-9.9, z)), 1) + 0.0  # + 0.0 turns -0.0 into 0.0
    return f"{{z:{clipped:+.1f}}}"


def forecast_numbers(z: float, context: MarketContext) -> ForecastNumbers:
    """Return and price that a move of `z` means in this context."""
    log_return = z * horizon_sigma(context.volatility_90d)
    growth = math.exp(log_return)
    return ForecastNumbers(z, log_return, (growth - 1) * 100, context.price * growth)


def render(answer: str, context: MarketContext) -> str:
    """Fill every slot of `answer` from `context`.

    Raises:
        UnknownSlot: a slot names nothing the context has.
        AnswerError: a derived forecast slot without exactly one move, or a stray brace.
    """
    moves = _moves(answer)
    forecast = forecast_numbers(moves[0], context) if len(moves) == 1 else None

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if _MOVE.fullmatch(name):
            return name.removeprefix("z:")
        if name in DERIVED_SLOTS:
            if forecast is None:
                raise AnswerError(
                    f"slot '{{{name}}}' needs exactly one move slot like '{{z:+0.7}}', found {len(moves)}"
                )
            if name == "forecast_price":
                return display(Kind.PRICE, forecast.price)
            return display(Kind.PERCENT, forecast.return_pct)
        if name == "symbol":
            return context.symbol
        if name in LABELS:
            label = LABELS[name](context)
            if label is None:
                raise UnknownSlot(f"slot '{{{name}}}' has no data in the context of {context.symbol}")
            return label
        field = FIELD_BY_NAME.get(name)
        value = getattr(context, name) if field is not None else None
        if field is None or value is None:
            raise UnknownSlot(f"slot '{{{name}}}' has no value in the context of {context.symbol}")
        return display(field.kind, float(value))

    text = SLOT.sub(fill, answer)
    if "{" in text or "}" in text:
        raise AnswerError("the answer has a brace that opens or closes no slot")
    return text


def _moves(answer: str) -> list[float]:
    found = (_MOVE.fullmatch(name) for name in SLOT.findall(answer))
    return [float(match.group(1)) for match in found if match]
