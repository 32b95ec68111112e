"""Paired differences: exact McNemar, Holm's correction, and an interval over clusters. No asymptotics."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence

from foretune.config import Config
from foretune.errors import DataError
from foretune.evaluation.intervals import clustered_rate

SIGNIFICANT = 0.05


class PairedTest(Config):
    """Two models on the same prompts: who alone passed, and how likely that is by chance.

    `difference` is the first's share minus the second's, `low` to `high` its 95 % interval over clusters
    of prompts. `p` is two-sided and exact, but takes prompts as independent; `p_holm` is corrected for the
    number of metrics tested together.
    """

    only_first: int
    only_second: int
    difference: float
    low: float
    high: float
    p: float
    p_holm: float

    @property
    def shown(self) -> bool:
        """Both must say so: the test after correction, and the interval that knows of clusters."""
        return self.p_holm < SIGNIFICANT and not self.low <= 0 <= self.high


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p of a split as uneven as this between two equals.

    >>> mcnemar(0, 5), mcnemar(3, 3)
    (0.0625, 1.0)
    """
    n, fewer = only_first + only_second, min(only_first, only_second)
    tail: float = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    return min(1.0, 2 * tail)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction, in the order given.

    >>> [round(p, 2) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    corrected = [0.0] * len(p_values)
    worst = 0.0
    for rank, at in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[at]))
        corrected[at] = worst
    return corrected


def paired_tests(
    first: Mapping[str, Sequence[bool]],
    second: Mapping[str, Sequence[bool]],
    clusters: Mapping[str, Sequence[Hashable]],
    *,
    seed: int = 0,
) -> dict[str, PairedTest]:
    """McNemar for each metric of two models on the same prompts, corrected together.

    Args:
        first, second: per metric, whether the model passed, prompt by prompt.
        clusters: per metric, what the prompts have in common; those of one cluster count as one draw.
        seed: of the bootstrap behind the interval.

    Raises:
        DataError: the models were not counted on the same number of prompts.
    """
    counts, differences = {}, {}
    for name, ours in first.items():
        theirs = second[name]
        if len(ours) != len(theirs):
            raise DataError(f"{name}: {len(ours)} answers against {len(theirs)}; pair them prompt by prompt")
        pairs = list(zip(ours, theirs, strict=True))
        # a difference of -1, 0 or 1 as a share, so that the interval of shares serves here too
        differences[name] = clustered_rate([(a - b + 1) / 2 for a, b in pairs], clusters[name], seed=seed)
        counts[name] = (sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs))
    p_values = [mcnemar(*split) for split in counts.values()]
    return {
        name: PairedTest(
            only_first=split[0],
            only_second=split[1],
            difference=2 * differences[name].value - 1,
            low=2 * differences[name].low - 1,
            high=2 * differences[name].high - 1,
            p=p,
            p_holm=p_holm,
        )
        for (name, split), p, p_holm in zip(counts.items(), p_values, holm(p_values), strict=True)
    }
