"""The task types: instruction, the lines an answer must have, and its label vocabulary.

Two tasks for now. A new one adds an entry here, a writer in `analyst` and its checks follow
from the lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    MARKET_ANALYSIS = "market_analysis"
    FORECAST_90D = "forecast_90d"


@dataclass(frozen=True, slots=True)
class Line:
    """One required line: `label: <words> <fields in this order>`.

    `optional_when_missing` names the context field whose absence turns the line into
    `label: not available.`
    """

    label: str
    fields: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    optional_when_missing: str | None = None


@dataclass(frozen=True, slots=True)
class TaskSpec:
    task: Task
    instruction: str
    title: str  # first line, with {symbol}
    lines: tuple[Line, ...]


TREND = ("up", "down", "mixed")
MOMENTUM = ("overbought", "oversold", "neutral")
VOLATILITY = ("low", "moderate", "high")
FUNDING = ("longs pay shorts", "shorts pay longs", "flat")

TASKS: dict[Task, TaskSpec] = {
    Task.MARKET_ANALYSIS: TaskSpec(
        Task.MARKET_ANALYSIS,
        "Analyse the market from the data given.",
        "Market analysis: {symbol}",
        (
            Line("Price", ("price", "change_24h_pct")),
            Line("Trend", ("vs_sma_50_pct", "vs_sma_200_pct"), TREND),
            Line("Momentum", ("rsi_14",), MOMENTUM),
            Line("Volatility", ("volatility_30d",), VOLATILITY),
            Line("Levels", ("low_24h", "high_24h")),
            Line("Funding", ("funding_rate",), FUNDING, optional_when_missing="funding_rate"),
        ),
    ),
    Task.FORECAST_90D: TaskSpec(
        Task.FORECAST_90D,
        "Forecast the return over the next 90 days from the data given.",
        "90-day forecast: {symbol}",
        (
            Line("Price", ("price",)),
            Line("Basis", ("volatility_90d",)),
            Line("Move", ("z",)),
            Line("Return", ("forecast_return_pct",)),
            Line("Price in 90 days", ("forecast_price",)),
        ),
    ),
}
