"""Pictures of the demo's page: how the data are cut in time, and how the losses fell."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import polars as pl
from markupsafe import Markup
from matplotlib.ticker import FuncFormatter, MaxNLocator

from foretune.pages.drawing import COLOURS, inline_svg, new_figure

SPLIT_COLOURS = {"train": "series-1", "validation": "series-2", "test": "accent"}


def split_picture(panel: Path, symbol: str, key: str) -> Markup:
    """The price of `symbol` over time; bands show which decisions train, validate and test.

    The gaps between the bands are the purged rows: their 90-day outcome reaches into the next band.
    """
    frame = pl.read_parquet(panel, columns=["asset_symbol", "decision_at", "price_close", "split"])
    own = frame.filter(pl.col("asset_symbol") == symbol).sort("decision_at")
    figure, axes = new_figure(2.3)
    axes.plot(own["decision_at"].to_list(), own["price_close"].to_list(), color=COLOURS["ink"], linewidth=1)
    axes.set_yscale("log")
    for split, colour in SPLIT_COLOURS.items():
        dates = own.filter(pl.col("split") == split)["decision_at"]
        first, last = dates.min(), dates.max()
        if isinstance(first, datetime) and isinstance(last, datetime):
            axes.axvspan(first, last, color=COLOURS[colour], alpha=0.22, linewidth=0)  # type: ignore[arg-type]  # dates are fine
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    axes.grid(axis="y", color=COLOURS["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    return inline_svg(figure, f"split-{key}", f"{symbol}: price and splits in time")


def loss_picture(metrics: Path, stage: str) -> Markup | None:
    """The training loss of one stage by step; None if the stage logged nothing."""
    if not metrics.is_file():
        return None
    rows = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    points = [(row["step"], row["loss"]) for row in rows if row.get("loss") is not None]
    if not points:
        return None
    figure, axes = new_figure(1.9, width=3.4)
    axes.plot([step for step, _ in points], [loss for _, loss in points], color=COLOURS["accent"], linewidth=1.3)
    axes.set_xlabel("step")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y", color=COLOURS["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    return inline_svg(figure, f"loss-{stage}", f"Training loss of {stage} by step")
