"""The thresholds a pipeline sets for its dataset. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field, field_validator

from foretune.config import Config

Gate = Literal[
    "completeness",
    "target_coverage",
    "outliers",
    "gaps",
    "correlations",
    "staleness",
    "duplicates",
    "unit_breaks",
    "undeclared_splits",
    "second_source",
    "broken_bars",
    "assumed_lags",
    "simulated_share",
    "quarantine",
]
Severity = Literal["fail", "warn", "off"]

DEFAULT_SEVERITY: Mapping[Gate, Severity] = {
    "completeness": "fail",
    "target_coverage": "fail",
    "outliers": "warn",
    "gaps": "fail",
    "correlations": "warn",
    "staleness": "warn",
    "duplicates": "fail",
    "unit_breaks": "fail",
    "undeclared_splits": "warn",
    "second_source": "warn",
    "broken_bars": "fail",
    "assumed_lags": "warn",
    "simulated_share": "warn",
    "quarantine": "warn",
}


class GateSpec(Config):
    """What a dataset must hold. Shares are fractions of 1.

    `severity` changes what a missed gate does: `fail` ends the build, `warn` is shown in the
    report, `off` is measured and not judged. Gates without an entry keep their default.

    >>> GateSpec(severity={"gaps": "warn"}).severity_of("gaps"), GateSpec().severity_of("gaps")
    ('warn', 'fail')
    """

    severity: Mapping[Gate, Severity] = Field(default_factory=dict)
    required_fields: Sequence[str] = ()
    """Fields that count for completeness beside those no row can do without."""
    completeness_min: float = Field(0.95, ge=0, le=1)
    """Least share of bars after the warm-up that have every required field."""
    target_coverage_min: float = Field(0.95, ge=0, le=1)
    """Least share of bars old enough to have a target that have one."""
    outlier_share_max: float = Field(0.02, ge=0, le=1)
    """Most values of a field further than `outlier_distance` robust deviations from its median.

    A field misses only if more than chance lets this share through: two of forty quarters are too
    few to speak of more than 2 %.
    """
    outlier_distance: float = Field(10.0, gt=0)
    gap_days_max: int = Field(7, ge=1)
    """Longest time between two bars of one asset, in calendar days."""
    correlation_max: float = Field(0.9, gt=0, le=1)
    """Largest rank correlation of a feature with the target that is still believed."""
    stale_share_max: float = Field(0.05, ge=0, le=1)
    """Most rows in which a configured field is missing because its newest value was too old."""
    duplicates_max: int = Field(0, ge=0)
    unit_breaks_max: int = Field(0, ge=0)
    """Most jumps of a price or series by a power of ten."""
    undeclared_splits_max: int = Field(0, ge=0)
    """Most nights over which a share moved like a small split that nobody declared."""
    second_source_share_max: float = Field(0.05, ge=0, le=1)
    """Most days on which a second source of the same asset agrees better with a neighbouring day, or not at all."""
    broken_bars_share_max: float = Field(0.01, ge=0, le=1)
    """Most bars turned away because high and low do not bound open and close, or a price is impossible."""
    assumed_share_max: float = Field(1.0, ge=0, le=1)
    """Most observations whose release date is an assumed lag."""
    simulated_share_max: float = Field(1.0, ge=0, le=1)
    quarantine_share_max: float = Field(0.2, ge=0, le=1)
    """Most bars after the warm-up and before the last horizon that make no row."""

    @field_validator("severity", mode="before")
    @classmethod
    def _off_is_a_word(cls, given: object) -> object:
        """YAML reads a bare `off` as false."""
        if not isinstance(given, Mapping):
            return given
        return {gate: "off" if severity is False else severity for gate, severity in given.items()}

    def severity_of(self, gate: Gate) -> Severity:
        """What a miss of `gate` does."""
        return self.severity.get(gate, DEFAULT_SEVERITY[gate])
