"""How long work says how far it is: one record, one callback. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """A stage's position: `step` of `steps` done after `seconds`, with the latest loss and the
    tokens (padding excluded) seen so far."""

    stage: str
    step: int
    steps: int
    seconds: float
    loss: float | None = None
    tokens: int = 0


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """The callback of those who do not watch."""
