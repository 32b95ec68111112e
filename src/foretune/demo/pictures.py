"""Pictures of the demo's page: prices and how they are cut in time, and how the losses fell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

from foretune.datasets.facts import Facts
from foretune.pages.drawing import COLOURS, inline_svg, new_figure, new_stack
from foretune.tables.corporate_actions import SPLIT_FACTOR, with_split_factor

SPLIT_COLOURS = {"train": "series-1", "validation": "series-2", "test": "accent"}
NARROW = 3.4
"""Inches of the pictures that stand three in a row."""
_NARROW_SPAN = 6
"""Highest over lowest, up to where round values of a linear scale are well spread on a log one."""
POINTS = 300
"""Most points of a line: more cannot be told apart at this size."""


def price_picture(facts: Facts, rows: pl.DataFrame, key: str) -> Markup:
    """The closes of all assets over time, 1 at their first bar, one strip per asset class, log scale.

    Share splits are taken out and marked. Bands show which decisions train, validate and test. The
    gaps between them are purged rows: their outcome reaches into the next band.

    Args:
        rows: of the panel: `decision_at`, `split`.
    """
    bars = with_split_factor(facts.bars, facts.splits).sort("symbol", "event_at")
    adjusted = pl.col("close") * pl.col(SPLIT_FACTOR)
    lines = bars.with_columns((adjusted / adjusted.first().over("symbol")).alias("relative"))
    classes = sorted(str(name) for name in bars["asset_class"].unique())
    # one class needs a taller strip to be read than four that are compared
    figure, strips = new_stack([2.6] if len(classes) == 1 else [0.9] * len(classes), NARROW)
    for axes, name in zip(strips, classes, strict=True):
        own = lines.filter(pl.col("asset_class") == name)
        for _, line in own.group_by("symbol", maintain_order=True):
            thin = line.gather_every(max(1, len(line) // POINTS))
            axes.plot(thin["event_at"].to_list(), thin["relative"].to_list(), color=COLOURS["ink"], linewidth=0.9)
        _bands(axes, rows)
        for symbol, at, ratio in facts.splits.select("symbol", "event_at", "ratio").rows():
            if symbol in set(own["symbol"]):
                axes.axvline(at, color=COLOURS["series-3"], linewidth=1.2)
                axes.annotate(
                    f" {symbol} split {ratio:g}:1", (at, 1), xycoords=("data", "axes fraction"), va="top", size=8
                )
        if len(classes) > 1:
            axes.set_title(name, loc="left", size=9, pad=2)
        axes.set_yscale("log")
        ticks = _ticks(own["relative"].min(), own["relative"].max())  # type: ignore[arg-type]  # closes are numbers
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(axis="y", color=COLOURS["line"], linewidth=0.8)
        axes.set_axisbelow(True)
    return inline_svg(figure, f"prices-{key}", f"{key}: prices of all assets and splits in time")


def decision_strips(parts: Mapping[str, pl.DataFrame], symbol: str) -> Markup:
    """One strip per dataset of `parts`, one mark per decision of `symbol` in the colour of its split."""
    figure, axes = new_figure(0.5 + 0.42 * len(parts))
    for at, part in enumerate(parts.values()):
        for split, colour in SPLIT_COLOURS.items():
            days = part.filter(pl.col("split") == split)["decision_at"].gather_every(max(1, len(part) // POINTS))
            axes.vlines(days.to_list(), at - 0.36, at + 0.36, color=COLOURS[colour], linewidth=1.5)
    axes.set_yticks(range(len(parts)), list(parts))
    axes.set_ylim(len(parts) - 0.5, -0.5)
    return inline_svg(figure, "decisions", f"Decisions on {symbol} by split: {', '.join(parts)}")


def _ticks(low: float, high: float) -> list[float]:
    """A few round values within the span of a log axis.

    >>> _ticks(0.85, 1.09), _ticks(0.08, 4.9)
    ([0.9, 1.0], [0.1, 0.3, 1.0, 3.0])
    """
    decades = [lead * 10.0**power for power in range(-9, 10) for lead in (1, 3)]
    found = MaxNLocator(3, steps=[1, 2, 5, 10]).tick_values(low, high) if high / low < _NARROW_SPAN else decades
    return [float(f"{tick:.6g}") for tick in found if low <= tick <= high]


def _bands(axes: Axes, rows: pl.DataFrame) -> None:
    for split, colour in SPLIT_COLOURS.items():
        decided = rows.filter(pl.col("split") == split)["decision_at"]
        first, last = decided.min(), decided.max()
        if isinstance(first, datetime) and isinstance(last, datetime):
            axes.axvspan(first, last, color=COLOURS[colour], alpha=0.22, linewidth=0)  # type: ignore[arg-type]  # dates are fine


def loss_picture(metrics: Path, stage: str) -> Markup | None:
    """The training loss of one stage by step; None if the stage logged nothing."""
    if not metrics.is_file():
        return None
    rows = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    points = [(row["step"], row["loss"]) for row in rows if row.get("loss") is not None]
    if not points:
        return None
    figure, axes = new_figure(1.9, width=NARROW)
    axes.plot([step for step, _ in points], [loss for _, loss in points], color=COLOURS["accent"], linewidth=1.3)
    axes.set_xlabel("step")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y", color=COLOURS["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    return inline_svg(figure, f"loss-{stage}", f"Training loss of {stage} by step")
