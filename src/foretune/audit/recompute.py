"""Check: the panel is what its facts make, bit for bit; where it is not, which columns know more."""

from __future__ import annotations

import polars as pl

from foretune.audit.dataset import KEY, AuditedDataset, feature_columns
from foretune.audit.finding import Finding, Status, named
from foretune.audit.perturbation import Features, differences
from foretune.datasets.facts import Facts

CHECK = "made of its facts"
PLACES = ("split", "timestamp", "label_start_at", "label_end_at")
"""Columns that say where a row stands: its split and the times it covers."""
_AHEAD_DAYS = (1, 2, 3, 5, 7, 10, 14, 20, 30)


def check_recompute(data: AuditedDataset, facts: Facts, rebuilt: pl.DataFrame, build: Features) -> list[Finding]:
    """Compare the panel's feature columns with those of `rebuilt`, the same rows made again by `build`.

    Where they differ, the panel is compared with three worlds that leak in a known way, and the one
    that explains most of a column's differences is named: facts known at the start of their period,
    later revisions in place of the first values, and the column's own values of later days.

    A row's split and its times (`PLACES`) are compared too: whoever may choose which losing row counts
    as purged needs no other leak.

    Columns that `build` does not make cannot be made again: they are named, and left to the checks
    that need no facts.
    """
    own = [name for name in data.features if name not in rebuilt.columns]
    findings = []
    missing = data.rows.join(rebuilt, on=KEY, how="anti")
    if missing.height:
        row = missing.row(0, named=True)
        findings.append(
            Finding(
                check=CHECK,
                status=Status.LEAK,
                what=f"{missing.height:,} rows are not made by these facts",
                detail=f"first: {row['asset_symbol']} decided {row['decision_at']:%Y-%m-%d %H:%M}",
                mend="keep the facts of every row, or drop rows whose facts are gone",
                figures={"rows": missing.height},
            )
        )
    left_out = rebuilt.join(data.rows, on=KEY, how="anti")
    if left_out.height:
        row = left_out.row(0, named=True)
        findings.append(
            Finding(
                check=CHECK,
                status=Status.WARNING,
                what=f"{left_out.height:,} rows that the facts make are not in the panel",
                detail=f"first: {row['asset_symbol']} decided {row['decision_at']:%Y-%m-%d %H:%M}",
                mend="say why they were left out; a choice that looks at outcomes is a leak no check can see",
                figures={"rows": left_out.height},
            )
        )
    findings += _places(data.rows, rebuilt)
    differing = differences(data.rows, rebuilt)
    if differing:
        names = sorted(differing, key=lambda name: -differing[name][0])
        why = _explanations(data.rows, facts, rebuilt, build, names)
        findings.append(
            Finding(
                check=CHECK,
                status=Status.LEAK,
                what=f"{named(names)} {'are' if len(names) > 1 else 'is'} not what the facts make",
                detail="; ".join(
                    f"{name}: {differing[name][0]:,} values differ, first {differing[name][1]}"
                    + (f" ({why[name]})" if name in why else "")
                    for name in names[:6]
                ),
                mend="join on known_at with the values of that time, and build the panel again",
                columns=names,
            )
        )
    if own:
        findings.append(
            Finding(
                check=CHECK,
                status=Status.WARNING,
                what=f"{named(own)}: no feature of this package, so not made again",
                detail="judged by what the numbers show only",
                mend="give the function that makes them to foretune.audit.perturbation.audit_features",
                columns=own,
            )
        )
    if not any(finding.status is Status.LEAK for finding in findings):
        made = len(set(data.features) & set(feature_columns(rebuilt)))
        findings.insert(
            0,
            Finding(
                check=CHECK, status=Status.OK, what=f"{made} columns of {len(data.rows):,} rows made again, bit for bit"
            ),
        )
    return findings


def _places(rows: pl.DataFrame, rebuilt: pl.DataFrame) -> list[Finding]:
    shared = [name for name in PLACES if name in rows.columns and name in rebuilt.columns]
    both = rows.select(*KEY, *shared).join(rebuilt.select(*KEY, *shared), on=KEY, suffix="|made")
    found = {name: both.filter(pl.col(name).ne_missing(pl.col(f"{name}|made"))).sort(KEY) for name in shared}
    moved = {name: part for name, part in found.items() if part.height}
    if not moved:
        return []
    words = []
    for name, part in moved.items():
        row = part.row(0, named=True)
        words.append(
            f"{name}: {part.height:,} rows, first {row['asset_symbol']} {row['decision_at']:%Y-%m-%d %H:%M} "
            f"({row[name]} where the facts make {row[f'{name}|made']})"
        )
    return [
        Finding(
            check=CHECK,
            status=Status.LEAK,
            what=f"{named(list(moved))} of {max(part.height for part in moved.values()):,} rows "
            f"{'are' if len(moved) > 1 else 'is'} not what facts and plan make",
            detail="; ".join(words),
            mend="leave splits and label intervals as they were made: a choice of rows can look at their outcomes",
            columns=list(moved),
            figures={"rows": max(part.height for part in moved.values())},
        )
    ]


def _explanations(
    rows: pl.DataFrame, facts: Facts, rebuilt: pl.DataFrame, build: Features, names: list[str]
) -> dict[str, str]:
    """Per column the leak whose world agrees with most of the rows that differ, if it does with most."""
    keys = ["series", "event_at", *(["symbol"] if "symbol" in facts.observations.columns else [])]
    observations = facts.observations.sort("known_at")
    period_end = observations.with_columns(pl.col("event_at").alias("known_at"))
    last_value = observations.with_columns(pl.col("value").last().over(keys))
    worlds = []
    if observations.height:
        worlds = [
            ("joined on its period, before it was published", build(_with(facts, _once(period_end)))),
            ("holds later revisions", build(_with(facts, last_value))),
        ]
    worlds += [(f"holds the values of {days} days later", _ahead(rebuilt, days)) for days in _AHEAD_DAYS]
    best: dict[str, tuple[float, str]] = {}
    for words, world in worlds:
        for name in names:
            share = _agreement(rows, rebuilt, world, name)
            if share > 0.6 and share > best.get(name, (0.0, ""))[0]:
                best[name] = (share, words)
    return {name: words for name, (_, words) in best.items()}


def _with(facts: Facts, observations: pl.DataFrame) -> Facts:
    return Facts(facts.bars, observations, facts.splits)


def _once(observations: pl.DataFrame) -> pl.DataFrame:
    """One row per key of the table: vintages that now share a moment leave the last."""
    return observations.unique(["series", "symbol", "field", "event_at", "known_at"], keep="last", maintain_order=True)


def _ahead(rows: pl.DataFrame, days: int) -> pl.DataFrame:
    """Each row of `rows` as it would stand `days` days earlier."""
    return rows.with_columns(pl.col("decision_at") - pl.duration(days=days))


def _agreement(rows: pl.DataFrame, rebuilt: pl.DataFrame, world: pl.DataFrame, name: str) -> float:
    """Share of the differing values of `name` that `world` has too."""
    both = (
        rows.select(*KEY, name)
        .join(rebuilt.select(*KEY, pl.col(name).alias("_right")), on=KEY)
        .filter(pl.col(name).ne_missing(pl.col("_right")))
        .join(world.select(*KEY, pl.col(name).alias("_leak")), on=KEY, how="left")
    )
    agreeing = both.filter(pl.col(name) == pl.col("_leak")).height
    return agreeing / both.height if both.height else 0.0
