"""Scores of a model's 90-day forecasts, always beside the random walk on the same origins.

CRPS is in units of the log return. Labels of nearby origins overlap, so the number that carries the
evidence is `independent_n`, the non-overlapping label windows, and inference uses one origin date
per window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from pydantic import Field

from foretune.config import Config
from foretune.errors import EmptyData, ForecastError
from foretune.evaluation.intervals import Rate, t_interval, wilson
from foretune.forecasting.forecast import Forecast, NormalForecast
from foretune.forecasting.language_model import SampledForecast
from foretune.forecasting.outcomes import ForecastCase
from foretune.forecasting.random_walk import random_walk
from foretune.origin import Origin

COVERAGE = 0.9
PIT_BINS = 10
SAME_DATE = timedelta(days=5)  # markets close at different hours and on different days


@dataclass(frozen=True)
class ScoredForecast:
    """One origin: the model's forecast (None: it gave none), the random walk's, the outcome."""

    case: ForecastCase
    model: Forecast | None
    floor: NormalForecast
    samples: int = 0
    refused: int = 0

    @property
    def crps_model(self) -> float:
        """No forecast is scored as a point forecast of no change: its CRPS is the size of the move."""
        return abs(self.case.log_return) if self.model is None else self.model.crps(self.case.log_return)

    @property
    def crps_random_walk(self) -> float:
        return self.floor.crps(self.case.log_return)

    @property
    def hit(self) -> float:
        """1 if the likelier direction came true, 0 if not; a forecast that leans nowhere scores 0.5."""
        lean = 0.5 if self.model is None else self.model.prob_up
        if lean == 0.5:
            return 0.5
        return float((lean > 0.5) == (self.case.log_return > 0))


class SymbolScores(Config):
    """The scores of one symbol."""

    origin: Origin
    n: int
    independent_n: int
    crps_model: float
    crps_random_walk: float
    skill: float


class ForecastScores(Config):
    """The scores of one group of symbols, on the same `n` origins for both forecasters.

    `skill` is 1 - crps_model / crps_random_walk: positive is better than the random walk.
    `difference` is the mean CRPS of the model minus the random walk's, over one origin date per window,
    with Student's 95 % interval (None with fewer than three windows). `unanswered` origins
    are scored, not dropped. Rates carry Wilson intervals at `independent_n`, not at n.
    """

    origin: Origin
    symbols: list[str]
    first_origin: datetime
    last_origin: datetime
    n: int = Field(ge=1)
    independent_n: int = Field(ge=1)
    samples: int
    refused: int
    unanswered: int
    crps_model: float
    crps_random_walk: float
    skill: float
    difference: float
    difference_low: float | None
    difference_high: float | None
    coverage_90: Rate
    coverage_90_random_walk: Rate
    hit_rate: Rate
    always_up: Rate
    pit: list[int]
    by_symbol: dict[str, SymbolScores]

    @property
    def beats_random_walk(self) -> bool:
        """Better on average, and the interval of the difference excludes zero."""
        return self.skill > 0 and self.difference_high is not None and self.difference_high < 0

    @property
    def verdict(self) -> str:
        """The result in words."""
        skill = f"skill {self.skill * 100:+.1f} %".replace("-", "\N{MINUS SIGN}")
        if self.skill <= 0:
            return f"The model does not beat the random walk ({skill})."
        if self.beats_random_walk:
            return f"The model beats the random walk ({skill}), by more than chance explains."
        return f"The model scores better than the random walk ({skill}), but not by more than chance explains."


class ForecastReport(ForecastScores):
    """The headline group's scores, flat, and every group beside it by the name of its origin."""

    groups: dict[str, ForecastScores]


def with_floor(cases: Sequence[ForecastCase]) -> list[tuple[ForecastCase, NormalForecast]]:
    """Cases the random walk can be computed for; the others lack a year of history before them.

    Raises:
        ForecastError: none is left; the message is that of the first case.
    """
    found, first = [], None
    for case in cases:
        try:
            found.append((case, random_walk(case.history, case.decision_at)))
        except ForecastError as exc:
            first = first or exc
    if first is not None and not found:
        raise first
    return found


def score(
    pairs: Sequence[tuple[ForecastCase, NormalForecast]], sampled: Sequence[SampledForecast]
) -> list[ScoredForecast]:
    """Bring cases, floor and the model's forecasts together, in order."""
    return [
        ScoredForecast(case, model.forecast, floor, model.samples, model.refused)
        for (case, floor), model in zip(pairs, sampled, strict=True)
    ]


def windows(cases: Sequence[ForecastCase]) -> list[list[int]]:
    """Positions of cases in label windows that do not overlap: as many windows as fit, greedily.

    A window holds one case per symbol, the first on its date (symbols share a shock, so they
    share a window); the next window begins when the last of its labels has ended.
    """
    order = sorted(range(len(cases)), key=lambda at: (cases[at].decision_at, cases[at].symbol))
    found: list[list[int]] = []
    at = 0
    while at < len(order):
        start = cases[order[at]].decision_at
        members: dict[str, int] = {}
        while at < len(order) and cases[order[at]].decision_at <= start + SAME_DATE:
            members.setdefault(cases[order[at]].symbol, order[at])
            at += 1
        end = max(cases[member].label_end_at for member in members.values())
        found.append(list(members.values()))
        while at < len(order) and cases[order[at]].decision_at < end:
            at += 1
    return found


def forecast_scores(scored: Sequence[ScoredForecast]) -> ForecastScores:
    """Score one group of forecasts.

    Raises:
        EmptyData: there are none.
    """
    if not scored:
        raise EmptyData("no forecast has an outcome yet; use a test span that ends 90 days before the data do")
    blocks = windows([s.case for s in scored])
    differences = [s.crps_model - s.crps_random_walk for s in scored]
    per_block = [float(np.mean([differences[at] for at in block])) for block in blocks]
    interval = t_interval(per_block)
    outcomes = [s.case.log_return for s in scored]
    crps_model, crps_floor = _means(scored)
    by_symbol = {}
    for symbol in sorted({s.case.symbol for s in scored}):
        own = [s for s in scored if s.case.symbol == symbol]
        model, floor = _means(own)
        by_symbol[symbol] = SymbolScores(
            origin=Origin.combine(s.case.example.context.origin for s in own),
            n=len(own),
            independent_n=len(windows([s.case for s in own])),
            crps_model=model,
            crps_random_walk=floor,
            skill=1 - model / floor,
        )
    return ForecastScores(
        origin=Origin.combine(s.case.example.context.origin for s in scored),
        symbols=list(by_symbol),
        first_origin=min(s.case.decision_at for s in scored),
        last_origin=max(s.case.decision_at for s in scored),
        n=len(scored),
        independent_n=len(blocks),
        samples=sum(s.samples for s in scored),
        refused=sum(s.refused for s in scored),
        unanswered=sum(s.model is None for s in scored),
        crps_model=crps_model,
        crps_random_walk=crps_floor,
        skill=1 - crps_model / crps_floor,
        difference=float(np.mean(per_block)),
        difference_low=interval[0] if interval else None,
        difference_high=interval[1] if interval else None,
        coverage_90=_rate([_covers(s.model, s.case.log_return) for s in scored], len(blocks)),
        coverage_90_random_walk=_rate([_covers(s.floor, s.case.log_return) for s in scored], len(blocks)),
        hit_rate=_rate([s.hit for s in scored], len(blocks)),
        always_up=_rate([float(outcome > 0) for outcome in outcomes], len(blocks)),
        pit=_histogram([s.model.pit(s.case.log_return) for s in scored if s.model is not None]),
        by_symbol=by_symbol,
    )


def forecast_report(scored: Sequence[ScoredForecast]) -> ForecastReport:
    """Score each origin (recorded, live, simulated) apart; a real market is the headline where there is one.

    Skill on a simulated market shows that the loop works and nothing about a real one.
    """
    groups = {}
    for origin in (Origin.RECORDED, Origin.LIVE, Origin.SIMULATED):
        own = [s for s in scored if s.case.example.context.origin is origin]
        if own:
            groups[origin.value] = forecast_scores(own)
    headline = next(iter(groups.values())) if groups else forecast_scores(scored)
    return ForecastReport(**{name: getattr(headline, name) for name in ForecastScores.model_fields}, groups=groups)


def direction_half_width(independent_n: int) -> float:
    """How far a coin's hit rate strays from one half at this many independent windows (95 %).

    >>> round(direction_half_width(26), 3)
    0.192
    """
    return float(1.96 * 0.5 / np.sqrt(independent_n))


def _means(scored: Sequence[ScoredForecast]) -> tuple[float, float]:
    return float(np.mean([s.crps_model for s in scored])), float(np.mean([s.crps_random_walk for s in scored]))


def _covers(forecast: Forecast | None, outcome: float) -> float:
    if forecast is None:
        return 0.0
    low, high = forecast.interval(COVERAGE)
    return float(low <= outcome <= high)


def _rate(values: Sequence[float], independent_n: int) -> Rate:
    value = float(np.mean(values))
    low, high = wilson(value * independent_n, independent_n)
    return Rate(value=value, n=len(values), low=min(low, value), high=max(high, value))


def _histogram(values: Sequence[float]) -> list[int]:
    counts, _ = np.histogram(values, bins=PIT_BINS, range=(0.0, 1.0))
    return [int(count) for count in counts]
