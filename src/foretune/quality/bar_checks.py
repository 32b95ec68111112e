"""Checks of the bars as a history: holes, repeats, broken candles, changes of unit."""

from __future__ import annotations

import polars as pl

from foretune.features.macro import SERIES_FIELDS
from foretune.quality.evidence import Evidence
from foretune.quality.result import GateResult, judge
from foretune.tables.calendars import missing_sessions
from foretune.tables.corporate_actions import SPLIT_FACTOR, suspected_splits, with_split_factor

WORST = 20
"""Rows shown as details of a check."""

IMPOSSIBLE_BAR = ("low_and_high_bound_open_and_close", "open", "high", "low", "close")
REPEATED = "primary_key"
_UNSTEADY = ("score", "count", "fraction")
JUMPY = (*(name for name, series in SERIES_FIELDS.items() if series.unit in _UNSTEADY), "google_trends_score")
"""Fields that may well move tenfold in a step: scores around zero, counts, rates."""


def gaps(evidence: Evidence) -> GateResult:
    """Longest time between two bars of one asset, in calendar days; details: every asset against its calendar.

    Calendar days, because the guide's limit of seven is meant so: a long weekend of an exchange
    passes, a missing fortnight does not. `missing_sessions` counts days on which the asset's
    market was open and no bar is there: many single ones pass the gate, so look at them. An asset
    whose bars begin late or end early has no gap for it.
    """
    gates, bars = evidence.gates, evidence.facts.bars
    missing = missing_sessions(bars).group_by("symbol").agg(pl.len().alias("missing_sessions"))
    steps = (
        bars.sort("symbol", "event_at")
        .with_columns(pl.col("event_at").shift().over("symbol").alias("before"))
        .with_columns((pl.col("event_at") - pl.col("before")).dt.total_days().alias("days"))
    )
    widest = pl.col("days").arg_max()
    per_asset = (
        steps.group_by("symbol")
        .agg(
            pl.len().alias("bars"),
            pl.col("days").max().alias("longest_days"),
            pl.col("before").get(widest).dt.strftime("%Y-%m-%d").alias("after"),
            pl.col("event_at").get(widest).dt.strftime("%Y-%m-%d").alias("until"),
            (pl.col("days") > gates.gap_days_max).sum().alias("holes"),
        )
        .join(missing, on="symbol", how="left")
        .with_columns(pl.col("missing_sessions").fill_null(0))
        .sort("longest_days", "missing_sessions", "symbol", descending=[True, True, False], nulls_last=True)
    )
    longest = per_asset["longest_days"].max()
    value = None if longest is None else float(longest)  # type: ignore[arg-type]
    holes, closed = int(per_asset["holes"].sum()), int(per_asset["missing_sessions"].sum())
    days_apart = "a day" if value is None or value <= 1 else f"{value:.0f} days"
    found = f"{closed} session{'s' if closed != 1 else ''} without a bar in all"
    return judge(
        gates,
        "gaps",
        missed=None if value is None else value > gates.gap_days_max,
        value=value,
        threshold=float(gates.gap_days_max),
        unit="days",
        what=f"{holes} gap{'s are' if holes > 1 else ' is'} longer than {gates.gap_days_max} days; {found}"
        if holes
        else f"two bars of an asset are never more than {days_apart} apart; {found}",
        mend="begin after the gap, or take the asset from a source that has these days",
        details=per_asset.rename({"symbol": "asset"})
        .select("asset", "bars", "missing_sessions", "holes", "longest_days", "after", "until")
        .to_dicts(),
    )


def duplicates(evidence: Evidence) -> GateResult:
    """Facts that a provider sent more than once for one key, and rows of the panel with the same asset and day.

    Every row of such a key is turned away and counted, so one value sent twice counts two. A value
    that stands under two neighbouring days is no repeat here: see `second_source`.
    """
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
        what=f"{len(sent)} rows of providers stand under a key that is not theirs alone, and "
        f"{twice} panel rows share asset and day"
        if value
        else "no fact was sent twice, and no two panel rows share asset and day",
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

    A jump counts if its decimal logarithm is within a tenth of a whole number other than 0, so from
    about eightfold on. Splits are taken out first. A true move of that size is counted as well: it
    is rare enough to be looked at. Fooled by a unit that changes together with a missing stretch,
    and by one that is wrong from the first day on: see `second_source`.
    """
    gates = evidence.gates
    bars = with_split_factor(evidence.facts.bars, evidence.facts.splits)
    prices = bars.sort("symbol", "event_at").select(
        pl.col("symbol").alias("name"), "event_at", (pl.col("close") * pl.col(SPLIT_FACTOR)).alias("value")
    )
    # a revision stands beside the value it revises, so vintages are compared as well
    observed = (
        evidence.facts.observations.filter(~pl.col("field").is_in(JUMPY))
        .sort("field", "symbol", "event_at", "known_at")
        .select(
            pl.concat_str(pl.col("symbol") + ".", pl.col("field"), ignore_nulls=True).alias("name"), "event_at", "value"
        )
    )
    size = (pl.col("value") / pl.col("value").shift().over("name")).log10()
    jumps = (
        pl.concat([prices, observed])
        .filter(pl.col("value") > 0)
        .with_columns(size.alias("size"))
        .filter((pl.col("size").round() != 0) & ((pl.col("size") - pl.col("size").round()).abs() < 0.1))
    )
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


def undeclared_splits(evidence: Evidence) -> GateResult:
    """Nights over which a share moved like a 2:1, 3:2, 4:3 or 5:4 split, into an ordinary day, that nobody declared.

    Larger ones end the build; these may be bad news. How it can be fooled: see `suspected_splits`.
    """
    gates, facts = evidence.gates, evidence.facts
    shares = facts.bars.filter(pl.col("asset_class") == "equity")
    found = suspected_splits(with_split_factor(shares, facts.splits), facts.splits)
    return judge(
        gates,
        "undeclared_splits",
        missed=None if shares.is_empty() else len(found) > gates.undeclared_splits_max,
        value=None if shares.is_empty() else float(len(found)),
        threshold=float(gates.undeclared_splits_max),
        unit="nights",
        what="there are no shares"
        if shares.is_empty()
        else f"{len(found)} nights look like a split that nobody declared"
        if len(found)
        else "no share moved overnight like a split that nobody declared",
        mend="look the day up: set splits: true for the asset, or take the move for real",
        details=[
            {"asset": symbol, "at": str(at)[:10], "move": move, "like": like}
            for symbol, at, move, like in found.head(WORST).select("symbol", "event_at", "move", "like").rows()
        ],
    )
