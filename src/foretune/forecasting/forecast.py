"""A forecast is a distribution of one log return. How it is made, and who is better, is not here.

Forecast              where and when, and everything that follows from quantiles
├── EnsembleForecast  samples of the return, equally likely
└── NormalForecast    a normal return, scored in closed form
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist

import numpy as np
import scoringrules
from numpy.typing import NDArray

from foretune.answers.slots import HORIZON_DAYS
from foretune.errors import ForecastError

Floats = NDArray[np.float64]
MIN_MEMBERS = 8


@dataclass(frozen=True, kw_only=True)
class Forecast(ABC):
    """The log return of `symbol` from `decision_at` (UTC) over `horizon_days` calendar days.

    `price` is the last price known at `decision_at`, in quote currency.
    """

    symbol: str
    decision_at: datetime
    price: float
    horizon_days: int = HORIZON_DAYS

    def __post_init__(self) -> None:
        if not (np.isfinite(self.price) and self.price > 0):
            raise ForecastError(f"{self.where}: a forecast starts from a positive price, found {self.price}")

    @property
    def where(self) -> str:
        return f"{self.symbol} at {self.decision_at:%Y-%m-%d}"

    @abstractmethod
    def quantile(self, p: Sequence[float]) -> Floats:
        """Log returns not exceeded with probability `p` (0 < p < 1), shape (len(p),)."""

    @property
    @abstractmethod
    def prob_up(self) -> float:
        """Probability that the price rises; a return of exactly zero counts half."""

    @abstractmethod
    def pit(self, outcome: float) -> float:
        """Probability of a return below `outcome`, an equal one counting half: uniform if calibrated."""

    @abstractmethod
    def crps(self, outcome: float) -> float:
        """Continuous ranked probability score of the realised log return; lower is better."""

    def interval(self, level: float) -> tuple[float, float]:
        """The central interval that should hold the log return with probability `level`."""
        low, high = self.quantile([(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def prices(self, p: Sequence[float]) -> Floats:
        """`quantile`, as prices."""
        return np.asarray(self.price * np.exp(self.quantile(p)), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class EnsembleForecast(Forecast):
    """Equally likely log returns `members`, shape (m,) with m >= 8, all finite.

    Raises:
        ForecastError: too few members, or one that is not a number.

    >>> from datetime import UTC, datetime
    >>> members = np.linspace(-0.9, 0.9, 19)
    >>> new_year = datetime(2024, 1, 1, tzinfo=UTC)
    >>> forecast = EnsembleForecast(symbol="BTC", decision_at=new_year, price=1.0, members=members)
    >>> [round(bound, 2) for bound in forecast.interval(0.9)], forecast.prob_up
    ([-0.9, 0.9], 0.5)
    """

    members: Floats

    def __post_init__(self) -> None:
        super().__post_init__()
        members = np.sort(np.asarray(self.members, dtype=np.float64).ravel())
        if members.size < MIN_MEMBERS:
            raise ForecastError(
                f"{self.where}: {members.size} samples are no distribution, at least {MIN_MEMBERS} are needed; "
                "draw more"
            )
        if not np.isfinite(members).all():
            raise ForecastError(f"{self.where}: {int((~np.isfinite(members)).sum())} samples are not finite numbers")
        members.setflags(write=False)
        object.__setattr__(self, "members", members)

    def quantile(self, p: Sequence[float]) -> Floats:
        """Sample quantiles at ranks p·(m + 1).

        These ranks make a central interval cover a fresh draw with exactly its level, whatever the
        distribution, from m = 2 / (1 - level) - 1 members on (19 for 90 %); with fewer it is their
        range, and too narrow.
        """
        return np.asarray(
            np.quantile(self.members, np.asarray(p, dtype=np.float64), method="weibull"), dtype=np.float64
        )

    @property
    def prob_up(self) -> float:
        return 1 - self.pit(0.0)

    def pit(self, outcome: float) -> float:
        below, equal = (self.members < outcome).mean(), (self.members == outcome).mean()
        return float(below + equal / 2)

    def crps(self, outcome: float) -> float:
        """The *fair* estimator: unbiased in m, so twenty samples are not punished for being twenty."""
        return float(scoringrules.crps_ensemble(outcome, self.members, estimator="fair"))


@dataclass(frozen=True, kw_only=True)
class NormalForecast(Forecast):
    """A normal log return with mean `mean` and standard deviation `sigma` > 0 over the horizon."""

    sigma: float
    mean: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (np.isfinite(self.sigma) and self.sigma > 0 and np.isfinite(self.mean)):
            raise ForecastError(f"{self.where}: N({self.mean}, {self.sigma}²) is no distribution")

    @property
    def _normal(self) -> NormalDist:
        return NormalDist(self.mean, self.sigma)

    def quantile(self, p: Sequence[float]) -> Floats:
        return np.array([self._normal.inv_cdf(each) for each in p], dtype=np.float64)

    @property
    def prob_up(self) -> float:
        return 1 - self.pit(0.0)

    def pit(self, outcome: float) -> float:
        return self._normal.cdf(outcome)

    def crps(self, outcome: float) -> float:
        return float(scoringrules.crps_normal(outcome, self.mean, self.sigma))
