"""The task types: instruction, the exact wording of an answer's lines, and the label vocabularies.

One wording serves the analyst that writes answers and the checks that read them. Two tasks for
now: a new one adds an entry here and a writer in `analyst`; its checks follow from the lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    MARKET_ANALYSIS = "market_analysis"
    FORECAST_90D = "forecast_90d"


SLOT_NAME = re.compile(r"\{(\w+)\}")
LABEL = "label"


@dataclass(frozen=True, slots=True)
class Line:
    """One required line: fixed words, a slot per number, and `{label}` where a word of `labels` stands.

    `absent_without` names the context field without which the line is `<name>: not available.`
    """

    wording: str
    labels: tuple[str, ...] = ()
    absent_without: str | None = None

    @property
    def name(self) -> str:
        """What stands before the colon."""
        return self.wording.partition(": ")[0]

    @property
    def fields(self) -> tuple[str, ...]:
        """The slots of the line in their order."""
        return tuple(name for name in SLOT_NAME.findall(self.wording) if name != LABEL)

    @property
    def label_slot(self) -> str:
        """The slot that stands for the line's label: its name in small letters."""
        return self.name.lower()

    @property
    def absent(self) -> str:
        """The line where its data are missing."""
        return f"{self.name}: not available."


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
            Line("Price: {price}, {change_24h_pct} in 24 hours."),
            Line(
                "Trend: {label}, {vs_sma_50_pct} against the 50-day and {vs_sma_200_pct} against the 200-day average.",
                TREND,
            ),
            Line("Momentum: {label}, RSI(14) {rsi_14}.", MOMENTUM),
            Line("Volatility: {label}, {volatility_30d} a year.", VOLATILITY),
            Line("Levels: support {low_24h}, resistance {high_24h}."),
            Line("Funding: {label}, {funding_rate}.", FUNDING, absent_without="funding_rate"),
        ),
    ),
    Task.FORECAST_90D: TaskSpec(
        Task.FORECAST_90D,
        "Forecast the return over the next 90 days from the data given.",
        "90-day forecast: {symbol}",
        (
            Line("Price: {price}"),
            Line("Basis: volatility {volatility_90d} a year."),
            Line("Move: {z} standard deviations."),
            Line("Return: {forecast_return_pct}"),
            Line("Price in 90 days: {forecast_price}"),
        ),
    ),
}
