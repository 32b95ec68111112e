"""What is declared about one feature, so that schema, checks and documents never guess. No values here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["technical", "price", "volume", "macro", "sentiment", "derivatives", "cross", "flag"]


@dataclass(frozen=True, slots=True)
class FeatureField:
    """One feature column of the panel.

    `lookback` is how many bars of its asset a value needs, itself included; 1 for a value that is
    joined as of the decision. `unit` is what one is: `price`, `fraction`, `percent`, `index`,
    `count`, `USD`, … . `canonical` marks the names of the 90-day guide. `needed` says that a row
    without it is no row: it goes to the quarantine.
    """

    name: str
    group: Group
    lookback: int
    unit: str
    meaning: str
    canonical: bool = False
    needed: bool = False
