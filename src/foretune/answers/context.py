"""The snapshot a model may speak from, and how each of its values is displayed.

A value that is not here may not appear in an answer. Fields are in natural units (prices in
quote currency, `*_pct` in percent, rates and volatilities as fractions).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field as PydanticField

from foretune.config import Config
from foretune.origin import Origin


class Kind(StrEnum):
    """How a value is written."""

    PRICE = "price"
    PERCENT = "percent"  # stored in percent, shown signed: +2.34%
    FRACTION = "fraction"  # stored as a fraction, shown in percent: 0.523 -> 52.3%
    RATE = "rate"  # stored as a fraction, shown signed in percent: +0.0103%
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class ContextField:
    """Name, label in the prompt, and display rule of one context value."""

    name: str
    label: str
    kind: Kind


CONTEXT_FIELDS: tuple[ContextField, ...] = (
    ContextField("price", "Price", Kind.PRICE),
    ContextField("change_24h_pct", "24h change", Kind.PERCENT),
    ContextField("high_24h", "24h high", Kind.PRICE),
    ContextField("low_24h", "24h low", Kind.PRICE),
    ContextField("vs_sma_50_pct", "Against SMA 50", Kind.PERCENT),
    ContextField("vs_sma_200_pct", "Against SMA 200", Kind.PERCENT),
    ContextField("rsi_14", "RSI(14)", Kind.NUMBER),
    ContextField("volatility_30d", "Volatility 30d", Kind.FRACTION),
    ContextField("volatility_90d", "Volatility 90d", Kind.FRACTION),
    ContextField("funding_rate", "Funding rate", Kind.RATE),
)
FIELD_BY_NAME = {field.name: field for field in CONTEXT_FIELDS}


class MarketContext(Config):
    """One asset at one decision time.

    `as_of` (UTC) is when every value was knowable. It is shown to people with the answer but
    kept out of the prompt: a pretrained model could recall what happened after a date.
    """

    symbol: str = PydanticField(min_length=1, max_length=32, pattern=r"^[A-Z0-9][A-Z0-9.\-/^]*$")
    as_of: datetime
    origin: Origin
    price: float = PydanticField(gt=0)
    change_24h_pct: float
    high_24h: float = PydanticField(gt=0)
    low_24h: float = PydanticField(gt=0)
    vs_sma_50_pct: float
    vs_sma_200_pct: float
    rsi_14: float = PydanticField(ge=0, le=100)
    volatility_30d: float = PydanticField(ge=0)
    volatility_90d: float = PydanticField(ge=0)
    funding_rate: float | None = None

    def present(self) -> Iterator[tuple[ContextField, float]]:
        """Fields that have a value, in display order."""
        for field in CONTEXT_FIELDS:
            value = getattr(self, field.name)
            if value is not None:
                yield field, float(value)

    def text(self) -> str:
        """The block of `Label: value` lines a prompt carries."""
        lines = [f"Symbol: {self.symbol}"]
        lines += [f"{field.label}: {display(field.kind, value)}" for field, value in self.present()]
        return "\n".join(lines)


def price_decimals(price: float) -> int:
    """Decimals that keep five significant digits, and at least cents.

    >>> [price_decimals(p) for p in (67234.5, 1.2345, 0.00001234)]
    [2, 4, 9]
    """
    if price == 0:
        return 2
    return max(2, 4 - math.floor(math.log10(abs(price))))


def display(kind: Kind, value: float) -> str:
    """Write `value` as people read it.

    >>> [display(Kind.PRICE, 67234.5), display(Kind.PERCENT, 2.341), display(Kind.RATE, 0.000103)]
    ['$67,234.50', '+2.34%', '+0.0103%']
    >>> [display(Kind.FRACTION, 0.523), display(Kind.NUMBER, 65.23)]
    ['52.3%', '65.2']
    """
    match kind:
        case Kind.PRICE:
            return f"${value:,.{price_decimals(value)}f}"
        case Kind.PERCENT:
            return f"{value:+,.2f}%"
        case Kind.FRACTION:
            return f"{value * 100:,.1f}%"
        case Kind.RATE:
            return f"{value * 100:+.4f}%"
        case Kind.NUMBER:
            return f"{value:,.1f}"
