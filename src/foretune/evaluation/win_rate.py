"""Two models on the same prompts: who answers better by a fixed rubric. No model judges.

The rubric, per answer: one point each for the right format, all numbers right, all labels right
(where the task has labels) and a risk warning; minus two for reckless wording. More points win, equal
points tie, a tie is half a win. It counts the checks the preference pairs were made from, so it says
that a model passes more of them, not that people would like it better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from foretune.config import Config
from foretune.errors import DataError
from foretune.evaluation.answers import BINARY_CHECKS, ScoredAnswer, judged, passes
from foretune.evaluation.intervals import clustered_rate
from foretune.evaluation.significance import PairedTest, paired_tests

RECKLESS_COST = 2


class Comparison(Config):
    """`first` against `second`: share of wins (ties half), clustered by symbol and month.

    `metrics` compares each check by itself: how often only one of the two models has it. A check
    that judges none of the prompts is left out.
    """

    first: str
    second: str
    value: float
    n: int
    low: float
    high: float
    wins: int
    ties: int
    losses: int
    metrics: dict[str, PairedTest]


def points(answer: ScoredAnswer) -> int:
    """The rubric; an empty answer scores nothing, reckless wording costs two."""
    verdict = answer.verdict
    earned = verdict.format_ok + verdict.numbers_right + verdict.risk_warning
    earned += answer.has_labels and verdict.labels_right
    return earned - RECKLESS_COST * verdict.reckless


def compare(
    first: tuple[str, Sequence[ScoredAnswer]], second: tuple[str, Sequence[ScoredAnswer]], *, seed: int = 0
) -> Comparison:
    """Compare two named models' answers, prompt by prompt.

    Raises:
        DataError: the answers are not to the same prompts in the same order.
    """
    (name, ours), (other, theirs) = first, second
    if [a.example for a in ours] != [a.example for a in theirs]:
        raise DataError(f"{name} and {other} did not answer the same prompts; evaluate them in one run")
    margins = [points(a) - points(b) for a, b in zip(ours, theirs, strict=True)]
    won = clustered_rate([(m > 0) + 0.5 * (m == 0) for m in margins], [a.cluster for a in ours], seed=seed)
    checks = [check for check in BINARY_CHECKS if judged(ours, check)]
    return Comparison(
        first=name,
        second=other,
        value=won.value,
        n=won.n,
        low=won.low,
        high=won.high,
        wins=sum(m > 0 for m in margins),
        ties=sum(m == 0 for m in margins),
        losses=sum(m < 0 for m in margins),
        metrics=paired_tests(
            {check: passes(ours, check) for check in checks},
            {check: passes(theirs, check) for check in checks},
            {check: [answer.cluster for answer in judged(ours, check)] for check in checks},
            seed=seed,
        ),
    )


def compare_all(answers: Mapping[str, Sequence[ScoredAnswer]], *, seed: int = 0) -> dict[str, Comparison]:
    """Every later model against every earlier one, keyed `later_vs_earlier`."""
    return {
        f"{later}_vs_{earlier}": compare((later, answers[later]), (earlier, answers[earlier]), seed=seed)
        for earlier, later in combinations(answers, 2)
    }
