"""Checks of the bars as a history: holes, repeats, broken candles, changes of unit."""

from __future__ import annotations

import polars as pl

from foretune.quality.evidence import Evidence
from foretune.quality.result import GateResult, judge
from foretune.tables.corporate_actions import SPLIT_FACTOR, with_split_factor

WORST = 20
"""Rows shown as details of a check."""

IMPOSSIBLE_BAR = ("low_and_high_bound_open_and_close", "open", "high", "low", "close")
REPEATED = "primary_key"


def gaps(evidence: Evidence) -> GateResult:
    """Longest time between two bars of one asset, in calendar days.

    Calendar days, because the guide's limit of seven is meant so: a long weekend of an exchange
    passes, a missing fortnight does not.
    """
    gates = evidence.gates
    found = (
        evidence.facts.bars.sort("symbol", "event_at")
        .with_columns(pl.col("event_at").shift().over("symbol").alias("before"))
        .with_columns((pl.col("event_at") - pl.col("before")).dt.total_days().alias("days"))
        .drop_nulls("days")
    )
    longest = found["days"].max()
    value = None if longest is None else float(longest)  # type: ignore[arg-type]
    wide = found.filter(pl.col("days") > gates.gap_days_max).sort(["days", "symbol"], descending=[True, False])
    return judge(
        gates,
        "gaps",
        missed=None if value is None else value > gates.gap_days_max,
        value=value,
        threshold=float(gates.gap_days_max),
        unit="days",
        what=f"{len(wide)} gaps are longer than {gates.gap_days_max} days"
        if len(wide)
        else f"the longest gap between two bars is {0 if value is None else value:.0f} days",
        mend="begin after the gap, or take the asset from a source that has these days",
        details=[
            {"asset": symbol, "after": str(before)[:10], "until": str(at)[:10], "days": days}
            for symbol, before, at, days in wide.head(WORST).select("symbol", "before", "event_at", "days").rows()
        ],
    )


def duplicates(evidence: Evidence) -> GateResult:
    """Facts sent twice with different content, and rows of the panel with the same asset and day."""
    gates = evidence.gates
    sent = evidence.rejected.filter(pl.col("reason").str.contains(REPEATED))
    rows = evidence.panel.rows
    twice = int(rows.select("asset_symbol", "timestamp").is_duplicated().sum())
    value = len(sent) + twice
    return judge(
        gates,
        "duplicates",
        missed=value > gates.duplicates_max,
        value=float(value),
        threshold=float(gates.duplicates_max),
        unit="rows",
        what=f"{len(sent)} facts came twice with different values and {twice} panel rows share asset and day",
        mend="which of two values is right cannot be known here: ask the provider, or take another source",
        details=[{"table": table, "raw": raw} for table, raw in sent.head(WORST).select("table", "raw").rows()],
    )


def broken_bars(evidence: Evidence) -> GateResult:
    """Share of bars turned away because a price is impossible or high and low do not bound open and close."""
    gates = evidence.gates
    bars = evidence.rejected.filter(pl.col("table").str.starts_with("bars"))
    names = pl.col("reason").str.split(", ").list.eval(pl.element().str.split(" ").list.first())
    broken = bars.filter(names.list.set_intersection(list(IMPOSSIBLE_BAR)).list.len() > 0)
    total = len(evidence.facts.bars) + len(broken)
    share = len(broken) / total if total else None
    return judge(
        gates,
        "broken_bars",
        missed=None if share is None else share > gates.broken_bars_share_max,
        value=share,
        threshold=gates.broken_bars_share_max,
        unit="share of bars",
        what=f"{len(broken):,} of {total:,} bars cannot be true and were turned away",
        mend="see them in rejected.parquet; too many of them speak against the source",
        details=[
            {"table": table, "raw": raw, "reason": reason}
            for table, raw, reason in broken.head(WORST).select("table", "raw", "reason").rows()
        ],
    )


def unit_breaks(evidence: Evidence) -> GateResult:
    """Jumps of a price or a series by a power of ten between neighbours: cents for dollars, a moved point.

    A jump counts if its size is a power of ten up to a tenth (in logs), and at least tenfold.
    Splits are taken out first. A true tenfold move of a day would be counted as well: it is rare
    enough to be looked at.
    """
    gates = evidence.gates
    bars = with_split_factor(evidence.facts.bars, evidence.facts.splits)
    prices = bars.sort("symbol", "event_at").select(
        pl.col("symbol").alias("name"), "event_at", (pl.col("close") * pl.col(SPLIT_FACTOR)).alias("value")
    )
    observed = evidence.facts.observations.sort("field", "symbol", "event_at", "known_at").select(
        pl.concat_str(pl.col("symbol") + ".", pl.col("field"), ignore_nulls=True).alias("name"), "event_at", "value"
    )
    # a revision stands beside the value it revises, so vintages are compared as well
    size = (pl.col("value") / pl.col("value").shift().over("name")).log10()
    jumps = (
        pl.concat([prices, observed])
        .filter(pl.col("value") > 0)
        .with_columns(size.alias("size"))
        .filter((pl.col("size").abs() > 0.9) & ((pl.col("size") - pl.col("size").round()).abs() < 0.1))
    )
    # counts and rates may well move tenfold in a step; prices and levels do not
    jumps = jumps.filter(~pl.col("name").str.contains(r"(news_volume|social_mention_count|google_trends|funding_rate)"))
    return judge(
        gates,
        "unit_breaks",
        missed=len(jumps) > gates.unit_breaks_max,
        value=float(len(jumps)),
        threshold=float(gates.unit_breaks_max),
        unit="jumps",
        what=f"{len(jumps)} jumps look like a change of unit"
        if len(jumps)
        else "no price or series jumps by a power of ten",
        mend="look whether the source changed its unit on that day; if the move is true, raise unit_breaks_max",
        details=[
            {"name": name, "at": str(at)[:10], "times": round(10**jump, 4)}
            for name, at, jump in jumps.head(WORST).select("name", "event_at", "size").rows()
        ],
    )
