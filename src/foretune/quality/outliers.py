"""Check of the feature columns for wild values. Nothing is removed or clipped here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl
from scipy import stats  # type: ignore[import-untyped]

from foretune.features.macro import SERIES_FIELDS, transform_series
from foretune.features.registry import FIELD, FIELDS
from foretune.quality.evidence import Evidence
from foretune.quality.result import Detail, GateResult, judge

WORST = 20
MAD_TO_SIGMA = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""
FEWEST_VALUES = 20
SURE = 0.95
ALL_ASSETS = "all"


def outliers(evidence: Evidence) -> GateResult:
    """Per field, the share of values further than `outlier_distance` robust deviations from the median.

    Robust: median and median absolute deviation, which wild values do not move. A field of one
    asset is judged per asset, a series that all assets share once. A value counts when it is new:
    a release that stands in a hundred rows is one value (the first release of each period for
    monthly and quarterly series, runs of an equal value for the others). The gate's value is the
    worst share that is sure (the lower end of a one-sided 95 % interval; values of a rolling field
    that share bars count as one), so that two of forty quarters are not taken for 5 % of all.

    Fooled by levels that grow: a price spreads widely by nature, so prices are left to
    `unit_breaks`. A field that hardly ever moves has no deviation and is left out.
    """
    gates = evidence.gates
    found: list[Detail] = []
    for asset, name, days, values in _columns(evidence):
        if len(values) < FEWEST_VALUES:
            continue
        middle = float(np.median(values))
        deviation = MAD_TO_SIGMA * float(np.median(np.abs(values - middle)))
        if deviation <= 0:
            continue
        distance = np.abs(values - middle) / deviation
        far = int((distance > gates.outlier_distance).sum())
        if far:
            worst = int(distance.argmax())
            found.append(
                {
                    "asset": asset,
                    "field": name,
                    "values": len(values),
                    "outliers": far,
                    "share": far / len(values),
                    "at_least": _at_least(far, len(values), FIELD[name].lookback),
                    "furthest": float(distance[worst]),
                    "on": str(days[worst]),
                }
            )
    found.sort(key=lambda row: (-float(row["at_least"] or 0), str(row["asset"]), str(row["field"])))
    value = float(found[0]["at_least"] or 0) if found else 0.0
    over = [row for row in found if float(row["at_least"] or 0) > gates.outlier_share_max]
    names = dict.fromkeys(str(row["field"]) for row in over)
    return judge(
        gates,
        "outliers",
        missed=bool(over),
        value=value,
        threshold=gates.outlier_share_max,
        unit="share of values, at least",
        what=f"surely more than {gates.outlier_share_max:.0%} of {', '.join(names)} are further than "
        f"{gates.outlier_distance:g} robust deviations from the median"
        if over
        else f"no field surely has more than {gates.outlier_share_max:.0%} of its values further than "
        f"{gates.outlier_distance:g} robust deviations from its median",
        mend="look at the days; scale such a field by ranks before a linear model sees it",
        details=found[:WORST],
    )


def _columns(evidence: Evidence) -> Iterator[tuple[str, str, list[date], np.ndarray]]:
    """(asset or `all`, field, days, values) of everything to judge, each value once."""
    rows, levels = evidence.panel.rows, {field.name for field in FIELDS if field.unit in ("price", "USD")}
    released = {name for name, series in SERIES_FIELDS.items() if series.released}
    names = [
        field.name
        for field in FIELDS
        if field.group != "flag" and field.name not in levels | released and field.name in rows.columns
    ]
    shared = [name for name in names if name in evidence.shared]
    decisions = rows.sort("decision_at").unique("decision_at", keep="first", maintain_order=True)
    for name in shared:
        yield ALL_ASSETS, name, *_new_values(decisions, name)
    for (asset,), part in rows.group_by("asset_symbol", maintain_order=True):
        for name in names:
            if name not in shared:
                yield str(asset), name, *_new_values(part, name)
    for name in sorted(released & set(evidence.fed)):
        yield ALL_ASSETS, name, *_first_releases(evidence, name)


def _new_values(rows: pl.DataFrame, name: str) -> tuple[list[date], np.ndarray]:
    """The values of a column that differ from the one before, and their days."""
    new = (
        rows.select(pl.col("decision_at").dt.date(), name)
        .drop_nulls(name)
        .filter(pl.col(name).ne_missing(pl.col(name).shift()))
    )
    return new["decision_at"].to_list(), new[name].to_numpy()


def _first_releases(evidence: Evidence, name: str) -> tuple[list[date], np.ndarray]:
    """What was first known of each period of a released series that a row of the panel could see."""
    facts = evidence.facts.observations.filter((pl.col("field") == name) & pl.col("symbol").is_null())
    first, last = evidence.panel.rows["decision_at"].min(), evidence.panel.rows["decision_at"].max()
    values = transform_series(facts, SERIES_FIELDS[name].transform).sort("event_at", "known_at")
    # the value that the first row sees was known before it
    seen_from = values.filter(pl.col("known_at") <= first)["event_at"].max()
    own = values.filter(pl.col("known_at") <= last).unique("event_at", keep="first", maintain_order=True)
    own = own if seen_from is None else own.filter(pl.col("event_at") >= seen_from)
    return own["event_at"].dt.date().to_list(), own["value"].to_numpy()


def _at_least(far: int, count: int, lookback: int) -> float:
    """The lower end of the exact one-sided interval of the share, at count / lookback independent values."""
    independent, hits = count / lookback, far / lookback
    return float(stats.beta.ppf(1 - SURE, hits, independent - hits + 1))
