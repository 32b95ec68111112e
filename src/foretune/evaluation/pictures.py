"""Pictures of scores as inline SVG. Nothing is computed here that a table does not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from foretune.evaluation.answers import ModelScores
from foretune.evaluation.forecasts import ForecastScores, ScoredForecast
from foretune.evaluation.intervals import Rate
from foretune.evaluation.win_rate import Comparison
from foretune.forecasting.forecast import Floats, Forecast
from foretune.forecasting.history import utc64
from foretune.pages.drawing import COLOURS, inline_svg, new_figure
from foretune.pages.frame import model_label

PAST_DAYS = 120


def series_names(models: Sequence[str]) -> dict[str, str]:
    """The colour of each model: the last is the accent, those before it are quieter."""
    quiet = ("series-1", "series-2", "series-3")
    return {name: "accent" if name == models[-1] else quiet[at % 3] for at, name in enumerate(models)}


def forest(models: Mapping[str, ModelScores], checks: Mapping[str, str]) -> Markup:
    """A row per check, a dot with its 95 % interval per model."""
    figure, axes = new_figure(0.45 + 0.5 * len(checks))
    colours = series_names(list(models))
    for row, check in enumerate(checks):
        for turn, (name, scores) in enumerate(models.items()):
            rate: Rate | None = getattr(scores, check)
            if rate is not None:
                y = row + (turn - (len(models) - 1) / 2) * 0.24
                _whisker(axes, y, rate.value, rate.low, rate.high, colours[name])
    axes.set_yticks(range(len(checks)), list(checks.values()))
    axes.set_ylim(len(checks) - 0.45, -0.55)
    _share_axis(axes)
    return inline_svg(figure, "forest", "Share of answers that pass each check, with 95 % intervals")


def win_rates(comparisons: Mapping[str, Comparison]) -> Markup:
    """Win rate of each pair with its interval; the line at one half is a draw."""
    figure, axes = new_figure(0.6 + 0.42 * len(comparisons))
    axes.axvline(0.5, color=COLOURS["muted"], linewidth=1, linestyle=(0, (3, 3)))
    for row, comparison in enumerate(comparisons.values()):
        _whisker(axes, row, comparison.value, comparison.low, comparison.high, "accent")
    axes.set_yticks(
        range(len(comparisons)), [f"{model_label(c.first)} vs {model_label(c.second)}" for c in comparisons.values()]
    )
    axes.set_ylim(len(comparisons) - 0.4, -0.6)
    _share_axis(axes)
    return inline_svg(figure, "wins", "Win rates with 95 % intervals")


def crps_bars(forecast: ForecastScores) -> Markup:
    """CRPS by symbol, the model above the random walk; shorter is better."""
    figure, axes = new_figure(0.5 + 0.5 * len(forecast.by_symbol))
    for row, scores in enumerate(forecast.by_symbol.values()):
        for offset, value, colour in (
            (-0.17, scores.crps_model, "accent"),
            (0.17, scores.crps_random_walk, "series-1"),
        ):
            axes.barh(row + offset, value, height=0.28, color=COLOURS[colour])
            axes.annotate(
                f"{value:.3f}", (value, row + offset), (4, 0), textcoords="offset points", va="center", size=8
            )
    axes.set_yticks(range(len(forecast.by_symbol)), list(forecast.by_symbol))
    axes.set_ylim(len(forecast.by_symbol) - 0.5, -0.5)
    axes.margins(x=0.14)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    return inline_svg(figure, f"crps-{forecast.origin}", "CRPS by symbol, model and random walk")


def pit_histogram(forecast: ForecastScores) -> Markup:
    """How often the outcome fell in each tenth of the forecast; flat is calibrated."""
    figure, axes = new_figure(2.1)
    bins = len(forecast.pit)
    axes.bar((np.arange(bins) + 0.5) / bins, forecast.pit, width=0.9 / bins, color=COLOURS["accent"])
    axes.axhline(sum(forecast.pit) / bins, color=COLOURS["muted"], linewidth=1, linestyle=(0, (3, 3)))
    axes.set_xlabel("where the outcome fell in the forecast (0 lowest, 1 highest)")
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y", color=COLOURS["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    return inline_svg(figure, f"pit-{forecast.origin}", "Histogram of probability integral transforms")


def fan(scored: ScoredForecast, key: str) -> Markup:
    """The model's 50 % and 90 % bands, the random walk's 90 % as dashes, and the price that came.

    Only the end of a band is forecast: in between, its centre moves evenly and its width grows with the
    square root of time.
    """
    figure, axes = new_figure(2.6)
    case = scored.case
    ahead = (case.label_end_at - case.decision_at).total_seconds() / 86400
    if scored.model is not None:
        _bands(axes, scored.model, ahead)
    for end in scored.floor.quantile([0.05, 0.95]):
        days, prices = _path(scored.floor, ahead, float(end))
        axes.plot(days, prices, color=COLOURS["muted"], linewidth=1.1, linestyle=(0, (4, 2)))
    history = case.history.between(case.decision_at - timedelta(days=PAST_DAYS), case.label_end_at)
    elapsed = (history.times - utc64(case.decision_at)) / np.timedelta64(1, "D")
    axes.plot(elapsed, history.prices, color=COLOURS["ink"], linewidth=1.1)
    axes.plot([ahead], [scored.floor.price * np.exp(case.log_return)], "o", color=COLOURS["ink"], markersize=4.5)
    axes.axvline(0, color=COLOURS["muted"], linewidth=1, linestyle=(0, (3, 3)))
    axes.set_xlabel(f"days from {case.decision_at:%Y-%m-%d}")
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axes.grid(axis="y", color=COLOURS["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    return inline_svg(figure, key, f"Forecast and outcome of {case.symbol} from {case.decision_at:%Y-%m-%d}")


def _bands(axes: Axes, forecast: Forecast, ahead: float) -> None:
    low, quarter, middle, three_quarters, high = (float(q) for q in forecast.quantile([0.05, 0.25, 0.5, 0.75, 0.95]))
    for bottom, top, alpha in ((low, high, 0.18), (quarter, three_quarters, 0.3)):
        days, under = _path(forecast, ahead, bottom)
        _, over = _path(forecast, ahead, top)
        axes.fill_between(days, under, over, color=COLOURS["accent"], alpha=alpha, linewidth=0)
    axes.plot(*_path(forecast, ahead, middle), color=COLOURS["accent"], linewidth=1.3)


def _path(forecast: Forecast, ahead: float, end: float) -> tuple[Floats, Floats]:
    """Days and prices on the way to the log return `end`: the median evenly, the distance to it as a square root."""
    share = np.linspace(0.0, 1.0, 40)
    middle = float(forecast.quantile([0.5])[0])
    return share * ahead, forecast.price * np.exp(middle * share + (end - middle) * np.sqrt(share))


def _whisker(axes: Axes, y: float, value: float, low: float, high: float, colour: str) -> None:
    axes.plot([low, high], [y, y], color=COLOURS[colour], linewidth=2, solid_capstyle="round")
    axes.plot([value], [y], "o", color=COLOURS[colour], markersize=5.5)


def _share_axis(axes: Axes) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    axes.grid(axis="x", color=COLOURS["line"], linewidth=0.8)
    axes.set_axisbelow(True)
