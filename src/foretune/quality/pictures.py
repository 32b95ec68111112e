"""Pictures of a dataset as inline SVG: what is covered, where it breaks, how it is cut. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator

from foretune.features.registry import FIELDS
from foretune.pages.drawing import COLOURS, inline_svg, new_figure
from foretune.quality.evidence import WARM_UP, Evidence
from foretune.quality.result import Detail

SPLIT_COLOURS: Mapping[str, str] = {
    "train": "series-1",
    "purged": "line",
    "validation": "series-2",
    "test": "accent",
}
CORRELATIONS_SHOWN = 24
REASONS_SHOWN = 12
POINTS = 400
"""Most points of a price line: more cannot be told apart at this size."""
LEVELS = 4
"""Steps into which a month's coverage is rounded, so that equal months become one bar."""
MOST_DATES = 6
DATE_STEPS = (
    ("1w", "%d %b"),
    ("1mo", "%b %Y"),
    ("3mo", "%b %Y"),
    ("6mo", "%b %Y"),
    *((f"{years}y", "%Y") for years in (1, 2, 5, 10, 20, 50)),
)
"""Distances of dates on an axis and how they are written; the first that leaves few enough is taken."""


def coverage_strip(evidence: Evidence) -> Markup:
    """Months from left to right, fields from top to bottom; the fuller a month, the stronger its colour.

    Every bar counts, those in the quarantine too. The first line is all fields that a row cannot do without.
    """
    bars = evidence.judged
    fields = [field.name for field in FIELDS if field.name in evidence.fed and field.name in bars.columns]
    needed = [field.name for field in FIELDS if field.needed and field.name in bars.columns]
    shares = (
        bars.group_by(pl.col("timestamp").dt.truncate("1mo").alias("month"))
        .agg(
            pl.all_horizontal(pl.col(name).is_not_null() for name in needed).mean().alias("price features"),
            *(pl.col(name).is_not_null().mean() for name in fields),
        )
        .sort("month")
    )
    starts = shares["month"].dt.epoch("d").to_numpy()
    ends = shares["month"].dt.offset_by("1mo").dt.epoch("d").to_numpy()
    names = ["price features", *fields]
    figure, axes = new_figure(0.45 + 0.2 * len(names))
    for row, name in enumerate(names):
        levels = _level(shares[name].to_numpy())
        for level in range(LEVELS + 1):
            spans = _runs(starts, ends, levels == level)
            colour = COLOURS["line" if level == 0 else "accent"]
            axes.broken_barh(
                spans, (row - 0.36, 0.72), color=colour, alpha=0.45 if level == 0 else level / LEVELS, linewidth=0
            )
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", labelsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    _dates(axes)
    return inline_svg(figure, "coverage", "Share of bars with a value, by field and month")


def price_line(evidence: Evidence, asset: str) -> Markup:
    """The closes of `asset`; behind them the days that made no row, and holes between bars."""
    own = evidence.judged.filter(pl.col("asset_symbol") == asset)
    days = own["timestamp"].dt.epoch("d").to_numpy()
    figure, axes = new_figure(1.7)
    warm_up = own["reason"].str.starts_with(WARM_UP).fill_null(value=False).to_numpy()
    young = own["reason"].is_not_null().to_numpy() & ~own["old_enough"].to_numpy() & ~warm_up
    other = own["reason"].is_not_null().to_numpy() & ~warm_up & ~young
    for chosen, colour, alpha in ((warm_up, "line", 0.9), (young, "series-1", 0.35), (other, "series-2", 0.6)):
        for start, width in _runs(days, days + 1, chosen):
            axes.axvspan(start, start + max(width, len(days) / 300), color=COLOURS[colour], alpha=alpha, linewidth=0)
    for at in np.flatnonzero(np.diff(days) > evidence.gates.gap_days_max):
        axes.axvspan(days[at], days[at + 1], color=COLOURS["series-3"], alpha=0.5, linewidth=0)
    for piece in np.split(np.arange(len(days)), np.flatnonzero(np.diff(days) > evidence.gates.gap_days_max) + 1):
        thin = piece[:: max(1, len(days) // POINTS)]
        axes.plot(days[thin], own["price_close"].to_numpy()[thin], color=COLOURS["ink"], linewidth=0.9)
    axes.set_yscale("log")
    ticks = _price_ticks(float(own["price_close"].min()), float(own["price_close"].max()))  # type: ignore[arg-type]
    axes.set_yticks(ticks, [f"{price:,.6g}" for price in ticks])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", color=COLOURS["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    _dates(axes)
    return inline_svg(figure, f"price-{asset}", f"{asset}: closes, days without a row, holes")


def split_timeline(evidence: Evidence) -> Markup:
    """When each split decides (full) and until when its labels reach (pale). A purged row is in no other split."""
    figure, axes = new_figure(1.5)
    rows = evidence.panel.rows
    names = [name for name in SPLIT_COLOURS if name in set(rows["split"])]
    for at, name in enumerate(names):
        part = rows.filter(pl.col("split") == name)
        decided = part["decision_at"].dt.epoch("d").unique().sort().to_numpy()
        ends = part["label_end_at"].dt.epoch("d").to_numpy()
        colour = COLOURS["muted" if name == "purged" else SPLIT_COLOURS[name]]
        axes.broken_barh(
            [(decided[0], max(ends) - decided[0])], (at - 0.14, 0.28), color=colour, alpha=0.3, linewidth=0
        )
        # weekends are no holes
        stops = np.flatnonzero(np.diff(decided) > evidence.gates.gap_days_max)
        first, last = decided[np.append(0, stops + 1)], decided[np.append(stops, len(decided) - 1)]
        spans = [(float(start), float(max(1, end - start))) for start, end in zip(first, last, strict=True)]
        axes.broken_barh(spans, (at - 0.32, 0.64), color=colour, linewidth=0)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    _dates(axes)
    return inline_svg(figure, "splits", "Decisions and labels of each split in time")


def target_distribution(evidence: Evidence) -> Markup:
    """The log returns at the horizon, one outline per split; equal areas, whatever the rows."""
    rows, target = evidence.panel.rows, f"target_return_{evidence.horizon_days}d"
    figure, axes = new_figure(2.1)
    values = rows[target].drop_nulls()
    edges = np.linspace(float(values.min() or 0), float(values.max() or 0) + 1e-9, 41)  # type: ignore[arg-type]
    for name, colour in SPLIT_COLOURS.items():
        own = rows.filter(pl.col("split") == name)[target].drop_nulls().to_numpy()
        if name == "purged" or not len(own):
            continue
        axes.hist(own, bins=list(edges), density=True, histtype="stepfilled", color=COLOURS[colour], alpha=0.28)
        axes.hist(own, bins=list(edges), density=True, histtype="step", color=COLOURS[colour], linewidth=1.3)
    axes.axvline(0, color=COLOURS["muted"], linewidth=1, linestyle=(0, (3, 3)))
    axes.set_yticks([])
    axes.set_xlabel(f"log return over {evidence.horizon_days} days")
    return inline_svg(figure, "target", f"Distribution of the {evidence.horizon_days}-day log return, by split")


def correlation_dots(details: Sequence[Detail]) -> Markup | None:
    """The features closest to the target on rows a horizon apart (full) and on all rows (ring); the band is chance."""
    known = [row for row in details if row.get("blocks") is not None and row.get("all_rows") is not None]
    shown = sorted(known, key=lambda row: -abs(float(row["blocks"] or 0)))[:CORRELATIONS_SHOWN]
    if not shown:
        return None
    figure, axes = new_figure(0.55 + 0.19 * len(shown))
    chance = shown[0]["chance"]
    if chance is not None:
        axes.axvspan(-float(chance), float(chance), color=COLOURS["line"], alpha=0.55, linewidth=0)
    axes.axvline(0, color=COLOURS["muted"], linewidth=1)
    for row, found in enumerate(shown):
        axes.plot(
            [float(found["all_rows"] or 0)], [row], "o", color=COLOURS["series-1"], markersize=4.5, fillstyle="none"
        )
        axes.plot([float(found["blocks"] or 0)], [row], "o", color=COLOURS["accent"], markersize=4.5)
    axes.set_yticks(range(len(shown)), [str(found["field"]) for found in shown])
    axes.tick_params(axis="y", labelsize=8)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(-1.02, 1.02)
    axes.set_xlabel("rank correlation with the target")
    return inline_svg(figure, "correlations", "Rank correlation of features with the target")


def reason_bars(details: Sequence[Detail]) -> Markup | None:
    """Why rows were put aside, the most frequent reasons first."""
    shown = [(str(row["reason"]), int(row["rows"] or 0)) for row in details][:REASONS_SHOWN]
    if not shown:
        return None
    figure, axes = new_figure(0.25 + 0.42 * len(shown))
    most = max(rows for _, rows in shown)
    for at, (reason, rows) in enumerate(shown):
        axes.barh(at + 0.2, rows, height=0.22, color=COLOURS["accent"])
        axes.annotate(f"{rows:,}", (rows, at + 0.2), (4, 0), textcoords="offset points", va="center", size=8)
        axes.annotate(_short(reason), (0, at - 0.02), (0, 0), textcoords="offset points", va="bottom", size=8)
    axes.set_xlim(0, most * 1.15)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    return inline_svg(figure, "reasons", "Rows put aside, by reason")


def _short(text: str, most: int = 74) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _level(shares: np.ndarray) -> np.ndarray:
    """Coverage in steps; only full months are full and only empty months empty."""
    steps = np.ceil(shares * (LEVELS - 1))
    return np.where(shares >= 1, LEVELS, steps).astype(int)


def _runs(starts: np.ndarray, ends: np.ndarray, chosen: np.ndarray) -> list[tuple[float, float]]:
    """(start, width) of every unbroken run of `chosen` intervals."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], chosen, [False])).astype(int)))
    return [
        (float(starts[first]), float(ends[after - 1] - starts[first]))
        for first, after in zip(edges[::2], edges[1::2], strict=True)
    ]


def _dates(axes: Axes) -> None:
    """Round dates below an x axis of days since 1970, which is what matplotlib counts dates in."""
    low, high = axes.get_xlim()
    first, last = (date(1970, 1, 1) + timedelta(days=round(end)) for end in (low, high))
    for every, shown in DATE_STEPS:
        start = pl.select(pl.lit(first).dt.truncate(every)).item()
        ticks = [day for day in pl.date_range(start, last, every, eager=True).to_list() if day >= first]
        if len(ticks) <= MOST_DATES:
            axes.set_xticks([(day - date(1970, 1, 1)).days for day in ticks], [f"{day:{shown}}" for day in ticks])
            return


def _price_ticks(low: float, high: float) -> list[float]:
    """Up to four prices at equal ratios, to two digits."""
    return sorted({float(f"{price:.2g}") for price in np.geomspace(low * 1.02, high * 0.98, 4)})
