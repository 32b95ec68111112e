"""Check: replace everything after a moment by rubbish, and no feature up to that moment moves a bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
import polars as pl

from foretune.audit.dataset import KEY, feature_columns
from foretune.audit.finding import Finding, Status, named
from foretune.audit.ranks import Array
from foretune.datasets.facts import Facts
from foretune.errors import DataError, EmptyData

CHECK = "rubbish after t"
Features = Callable[[Facts], pl.DataFrame]
"""Facts in, rows out: `asset_symbol`, `decision_at` and features. The panel's builder is one, a user's own another."""
_DAILY_MOVE = 0.02


def audit_features(
    function: Features, facts: Facts, *, cuts: Sequence[datetime] | int = 6, seed: int = 0
) -> list[Finding]:
    """Whether the features that `function` makes of `facts` use anything from after their row's decision.

    Args:
        function: facts to a frame with `asset_symbol`, `decision_at` (UTC) and feature columns.
        facts: raw facts; they are not changed.
        cuts: moments to cut at (UTC), or how many to choose over the span of the rows. Moments just
            before a series first speaks are added, where a backward fill shows.
        seed: of the rubbish.

    This finds a centred window, a scaler fitted on all rows, a backward fill, a forward join.

    Raises:
        EmptyData: `function` makes no rows of these facts.
    """
    rows = function(facts)
    if rows.is_empty():
        raise EmptyData("the feature function made no rows of these facts; nothing can be compared")
    return check_perturbation(function, facts, rows, cuts=cuts, seed=seed)


def check_perturbation(
    function: Features, facts: Facts, rows: pl.DataFrame, *, cuts: Sequence[datetime] | int = 6, seed: int = 0
) -> list[Finding]:
    """Compare `rows` with what `function` makes once everything known after a cut is rubbish.

    Only columns that `function` makes are compared, on rows with `decision_at` up to the cut; bit by
    bit, missing equal to missing.
    """
    moments = chosen_cuts(rows, facts, cuts) if isinstance(cuts, int) else list(cuts)
    late: dict[str, tuple[int, str]] = {}
    gone = 0
    compared = 0
    for number, cut in enumerate(moments):
        world = perturbed(facts, cut, np.random.default_rng([seed, number]))
        try:
            other = function(world)
        except DataError as exc:
            return [
                Finding(
                    check=CHECK,
                    status=Status.SKIPPED,
                    what="the features cannot be made of facts with a rubbish future",
                    detail=f"cut at {cut:%Y-%m-%d %H:%M}: {exc}",
                    mend="make the feature function accept any finite, positive prices",
                )
            ]
        before = rows.filter(pl.col("decision_at") <= cut)
        compared += len(before)
        missing = before.join(other, on=KEY, how="anti")
        gone += len(missing)
        for column, (count, first) in differences(before, other).items():
            late[column] = (late.get(column, (0, ""))[0] + count, late.get(column, (0, first))[1])
    figures = {"cuts": float(len(moments)), "rows": float(compared)}
    when = named([f"{cut:%Y-%m-%d}" for cut in moments], 8)
    if late or gone:
        names = sorted(late, key=lambda name: -late[name][0])
        words = [f"{name}: {late[name][0]:,} values moved, first {late[name][1]}" for name in names[:6]]
        if gone:
            words.append(f"{gone:,} rows are there only because of what came later")
        return [
            Finding(
                check=CHECK,
                status=Status.LEAK,
                what=f"{named(names) if names else 'the choice of rows'} use{'s' if len(names) < 2 else ''} later data",
                detail="; ".join(words) + f" (cuts: {when})",
                mend="use trailing windows, values known at the decision, and scalers fitted on the past only",
                columns=names,
                figures=figures,
            )
        ]
    return [
        Finding(
            check=CHECK,
            status=Status.OK,
            what=f"{len(made_features(rows))} features are bit-identical whatever comes later",
            detail=f"{len(moments)} cuts: {when}; {compared:,} rows compared",
            figures=figures,
        )
    ]


def made_features(rows: pl.DataFrame) -> list[str]:
    """Feature columns; those that no row has a value for cannot be judged and are left out."""
    return [name for name in feature_columns(rows) if rows[name].null_count() < len(rows)]


def differences(rows: pl.DataFrame, other: pl.DataFrame) -> dict[str, tuple[int, str]]:
    """Per feature column of both: how many values differ in bits, and where first. Rows are matched by key."""
    made = set(feature_columns(other))
    shared = [name for name in feature_columns(rows) if name in made]
    both = rows.select(*KEY, *shared).join(
        other.select(*KEY, *shared), on=KEY, how="inner", suffix="|other", maintain_order="left"
    )
    moved = both.select(*KEY, *(pl.col(name).ne_missing(pl.col(f"{name}|other")).alias(name) for name in shared))
    counts = moved.select(pl.col(shared).sum()).row(0, named=True) if shared else {}
    found = {}
    for name, count in counts.items():
        if count:
            row = moved.filter(pl.col(name)).select(KEY).sort("decision_at").row(0)
            found[name] = (int(count), f"{row[0]} {row[1]:%Y-%m-%d %H:%M}")
    return found


def chosen_cuts(rows: pl.DataFrame, facts: Facts, number: int) -> list[datetime]:
    """`number` decisions over the span of `rows`, and up to as many just before a series first speaks."""
    decisions = rows["decision_at"].unique().sort()
    places = np.unique(np.linspace(0, len(decisions) - 1, number + 2)[1:-1].astype(int))
    chosen = {decisions[int(at)] for at in places}
    starts = facts.observations.group_by("field", "symbol").agg(pl.col("known_at").min())["known_at"].unique().sort()
    edges = []
    for start in starts:
        earlier = decisions.filter(decisions < start)
        if len(earlier) and len(earlier) < len(decisions):
            edges.append(earlier[-1])
    spread = np.unique(np.linspace(0, len(edges) - 1, min(len(edges), max(1, number // 2))).astype(int))
    return sorted(chosen | ({edges[int(at)] for at in spread} if edges else set()))


def perturbed(facts: Facts, cut: datetime, rng: np.random.Generator) -> Facts:
    """`facts` with every bar, observation and split known after `cut` replaced.

    Bars go on as a random walk from the last known close, in the same places: finite, positive, high
    and low in order, without a jump that would be taken for a split. Observations become random
    values of their series' size, positive where the series is. Splits after `cut` are gone.
    """
    bars = facts.bars.sort("symbol", "event_at")
    late = (bars["known_at"] > cut).to_numpy()
    prices = {name: bars[name].to_numpy().astype(np.float64).copy() for name in ("open", "high", "low", "close")}
    for _, places in bars.with_row_index("_at").group_by("symbol", maintain_order=True):
        own = places["_at"].to_numpy()
        after = own[late[own]]
        if after.size == 0:
            continue
        before = own[~late[own]]
        start = prices["close"][before[-1]] if before.size else prices["close"][after[0]]
        close = start * np.exp(np.cumsum(rng.normal(0, _DAILY_MOVE, after.size)))
        opened = close * np.exp(rng.normal(0, _DAILY_MOVE / 4, after.size))
        prices["close"][after], prices["open"][after] = close, opened
        prices["high"][after] = np.maximum(close, opened) * (1 + rng.uniform(0.001, _DAILY_MOVE, after.size))
        prices["low"][after] = np.minimum(close, opened) * (1 - rng.uniform(0.001, _DAILY_MOVE, after.size))
    volumes = [
        pl.when(pl.Series(late)).then(pl.col(name) * pl.Series(rng.uniform(0.5, 2, len(bars)))).otherwise(pl.col(name))
        for name in ("volume", "volume_quote")
    ]
    bars = bars.with_columns(*(pl.Series(name, values) for name, values in prices.items()), *volumes)
    # a split goes with its day's bar: rubbish prices must not be read with a true split, nor the other way round
    seen = facts.bars.filter(pl.col("known_at") <= cut).group_by("symbol").agg(pl.col("event_at").max().alias("_last"))
    splits = facts.splits.join(seen, on="symbol").filter(pl.col("event_at") <= pl.col("_last")).drop("_last")
    return Facts(bars, _rubbish(facts.observations, cut, rng), splits)


def _rubbish(observations: pl.DataFrame, cut: datetime, rng: np.random.Generator) -> pl.DataFrame:
    size = pl.col("value").abs().mean().over("series") + 1e-9
    noise: Array = rng.uniform(0.1, 1.0, len(observations))
    # sizes come from all values, the future's too: they only go into values of after the cut
    value = pl.col("value").abs() * pl.Series(rng.uniform(0.5, 1.5, len(observations))) + size * pl.Series(noise)
    return observations.with_columns(
        pl.when(pl.col("known_at") > cut).then(value).otherwise(pl.col("value")).alias("value")
    )
