"""Checks of where the facts come from: assumed release dates, simulated values."""

from __future__ import annotations

import polars as pl

from foretune.origin import Origin
from foretune.quality.evidence import Evidence
from foretune.quality.result import GateResult, judge


def assumed_lags(evidence: Evidence) -> GateResult:
    """Share of observations whose release date is a declared lag and not a date somebody published.

    Fooled by a lag that is too short: what is declared is not checked against any calendar here.
    """
    gates, facts = evidence.gates, evidence.facts.observations
    share = None if facts.is_empty() else float(facts.select((pl.col("basis") == "assumed").mean()).item())
    per_field = facts.group_by("field", "basis").len("rows").sort("field", "basis")
    return judge(
        gates,
        "assumed_lags",
        missed=None if share is None else share > gates.assumed_share_max,
        value=share,
        threshold=gates.assumed_share_max,
        unit="share of observations",
        what="no field is fed by a series" if share is None else f"{share:.1%} of observations have an assumed release",
        mend="take vintages (FRED_API_KEY and vintages: if_key) or a release calendar",
        details=[{"field": name, "basis": basis, "rows": rows} for name, basis, rows in per_field.rows()],
    )


def simulated_share(evidence: Evidence) -> GateResult:
    """Share of facts that come from a simulated market, as their label says.

    Fooled by a live address that answers with made-up values: the label is set by whom we asked.
    """
    gates, facts = evidence.gates, evidence.facts
    origins = pl.concat([facts.bars["origin"], facts.observations["origin"]])
    share = float((origins == Origin.SIMULATED.value).mean() or 0.0)  # type: ignore[arg-type]
    counted = origins.value_counts(name="rows").sort("origin")
    return judge(
        gates,
        "simulated_share",
        missed=share > gates.simulated_share_max,
        value=share,
        threshold=gates.simulated_share_max,
        unit="share of facts",
        what=f"{share:.0%} of all facts are simulated" if share else "no fact is simulated",
        mend="build without --simulated",
        details=[{"origin": origin, "rows": rows} for origin, rows in counted.rows()],
    )
