"""Drawing for pages: figures that become inline SVG in the colours of the stylesheet. No content.

Colours are names of the stylesheet's variables, so one picture serves light and dark; text
stays text, so it can be searched and read aloud.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from io import StringIO

from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 4.6  # inches: drawn narrow, so that a phone shows the text at its size
# Stand-ins that matplotlib accepts; the SVG gets the variable instead.
COLOURS = {
    "ink": "#0a0a01",
    "muted": "#0a0a02",
    "line": "#0a0a03",
    "accent": "#0a0a04",
    "series-1": "#0a0a05",
    "series-2": "#0a0a06",
    "series-3": "#0a0a07",
}


def _settings() -> AbstractContextManager[None]:
    return rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "foretune",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.spines.left": False,
            "xtick.bottom": False,
            "ytick.left": False,
        }
    )


def new_figure(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    """An empty figure of `width` x `height` inches in the pages' style."""
    figure, (axes,) = new_stack([height], width)
    return figure, axes


def new_stack(heights: Sequence[float], width: float = WIDTH) -> tuple[Figure, list[Axes]]:
    """Axes below one another over the same x axis, of these heights in inches; only the last one shows its ticks."""
    with _settings():
        figure = Figure(figsize=(width, sum(heights)), layout="constrained")
        stack = figure.subplots(len(heights), sharex=True, squeeze=False, gridspec_kw={"height_ratios": list(heights)})
    for axes in (found := [row[0] for row in stack]):
        axes.tick_params(colors=COLOURS["ink"], labelsize=9)
        axes.xaxis.label.set_color(COLOURS["muted"])
        axes.spines["bottom"].set_color(COLOURS["line"])
    return figure, found


def inline_svg(figure: Figure, key: str, label: str) -> Markup:
    """The figure as an inline element: ids of its own, colours of the stylesheet, no fixed size."""
    buffer = StringIO()
    with _settings():
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    prefix = re.sub(r"[^A-Za-z0-9-]", "-", key)
    text = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{prefix}-", text)
    for name, stand_in in COLOURS.items():
        text = text.replace(stand_in, f"var(--{name})")
    opening = f'<svg role="img" aria-label="{escape(label)}" style="max-width: {figure.get_figwidth() * 96:.0f}px"'
    text = re.sub(r'<svg height="[^"]*"|<svg', opening, text, count=1)
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    # every text in the picture comes from matplotlib, which escapes it
    return Markup(text)  # noqa: S704
