"""Runs every check over one dataset, in the order of the gates. Nothing is fetched, drawn or changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from foretune.origin import Origin
from foretune.quality.bar_checks import broken_bars, duplicates, gaps, undeclared_splits, unit_breaks
from foretune.quality.correlations import correlations
from foretune.quality.evidence import Evidence
from foretune.quality.gates import Gate
from foretune.quality.outliers import outliers
from foretune.quality.provenance_checks import assumed_lags, simulated_share
from foretune.quality.result import GateResult, QualityReport
from foretune.quality.row_checks import completeness, quarantine, target_coverage
from foretune.quality.second_source import second_source
from foretune.quality.staleness import staleness

CHECKS: Mapping[Gate, Callable[[Evidence], GateResult]] = {
    "completeness": completeness,
    "target_coverage": target_coverage,
    "outliers": outliers,
    "gaps": gaps,
    "correlations": correlations,
    "staleness": staleness,
    "duplicates": duplicates,
    "unit_breaks": unit_breaks,
    "undeclared_splits": undeclared_splits,
    "second_source": second_source,
    "broken_bars": broken_bars,
    "assumed_lags": assumed_lags,
    "simulated_share": simulated_share,
    "quarantine": quarantine,
}


def measure(name: str, evidence: Evidence) -> QualityReport:
    """The quality report of the dataset `name`."""
    origins = {Origin(origin) for origin in evidence.panel.rows["origin"].unique()}
    return QualityReport(
        name=name,
        origin=Origin.combine(origins).value,
        results=[check(evidence) for check in CHECKS.values()],
        absent=evidence.absent,
    )
