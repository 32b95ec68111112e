"""Where a value came from. The label travels with every fact, row, answer and report."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Origin(StrEnum):
    """Simulated is contagious: anything made from a simulated value is simulated."""

    LIVE = "live"
    RECORDED = "recorded"
    SIMULATED = "simulated"

    @classmethod
    def combine(cls, origins: Iterable[Origin]) -> Origin:
        """The label of something made from several values.

        >>> Origin.combine([Origin.RECORDED, Origin.SIMULATED])
        <Origin.SIMULATED: 'simulated'>
        """
        found = set(origins)
        for origin in (cls.SIMULATED, cls.RECORDED):
            if origin in found:
                return origin
        return cls.LIVE
