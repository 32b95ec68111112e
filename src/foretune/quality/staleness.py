"""Check of the context columns for values that are missing because they grew old. What never began is not judged."""

from __future__ import annotations

import polars as pl

from foretune.features.macro import SERIES_FIELDS
from foretune.quality.evidence import Evidence
from foretune.quality.result import Detail, GateResult, judge


def staleness(evidence: Evidence) -> GateResult:
    """Share of rows in which a fed field is null although the series had begun: its newest value was too old.

    The value is the worst field's share. Rows before a series begins are not stale, they are
    missing: see `completeness`. `null_at_end` counts the newest rows without a value: the series
    stopped. Fooled by a source that goes on answering with the same number: its longest unchanged
    run is among the details.
    """
    gates = evidence.gates
    found: list[Detail] = []
    for (name, symbol), part in evidence.facts.observations.group_by("field", "symbol", maintain_order=True):
        column = str(name)
        rows = _rows(evidence, column, None if symbol is None else str(symbol), part)
        if rows.is_empty():
            continue
        periods = part.sort("event_at", "known_at").unique("event_at", keep="last", maintain_order=True)
        value = rows[column].is_not_null()
        found.append(
            {
                "field": column if symbol is None else f"{symbol}.{column}",
                "stale_share": 1 - int(value.sum()) / len(rows),
                "null_at_end": len(rows) if not value.any() else int(value.reverse().arg_max() or 0),
                "newest_known": str(part["known_at"].max())[:10],
                "max_age_days": SERIES_FIELDS[column].max_age.days,
                "longest_unchanged": int(periods["value"].rle().struct.field("len").max() or 0),  # type: ignore[arg-type]
            }
        )
    found.sort(key=lambda row: (-float(row["stale_share"] or 0), str(row["field"])))
    worst = float(found[0]["stale_share"] or 0) if found else None
    over = [row for row in found if float(row["stale_share"] or 0) > gates.stale_share_max]
    stopped = [str(row["field"]) for row in found if row["null_at_end"]]
    end = f"; stopped before the last row: {', '.join(stopped)}" if stopped else ""
    return judge(
        gates,
        "staleness",
        missed=None if worst is None else bool(over),
        value=worst,
        threshold=gates.stale_share_max,
        unit="share of rows",
        what="no field is fed by a series"
        if worst is None
        else f"{', '.join(str(row['field']) for row in over)}: too old in more than {gates.stale_share_max:.0%} of rows"
        + end
        if over
        else f"no fed field is too old in more than {worst:.2%} of rows" + end,
        mend="the series stopped or skips: feed the field from another source, or end the span where it does",
        details=found,
    )


def _rows(evidence: Evidence, column: str, symbol: str | None, facts: pl.DataFrame) -> pl.DataFrame:
    """The rows that this series feeds, in time, from the first on that could have a value.

    A growth rate needs older values, so a column may begin later than its facts; one without any
    value began with them.
    """
    rows = evidence.panel.rows.sort("decision_at")
    if symbol is not None:
        rows = rows.filter(pl.col("asset_symbol") == symbol)
    else:
        own = evidence.facts.observations.filter((pl.col("field") == column) & pl.col("symbol").is_not_null())
        rows = rows.filter(~pl.col("asset_symbol").is_in(own["symbol"].unique().to_list()))
    began = rows.filter(pl.col(column).is_not_null())["decision_at"].min()
    return rows.filter(pl.col("decision_at") >= (facts["known_at"].min() if began is None else began))
