"""Models answer held-out prompts; the checks' verdicts are counted. No check is made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from foretune.answers.checks import Verdict, assess_generated
from foretune.answers.tasks import TASKS
from foretune.config import Config
from foretune.datasets.example import Example
from foretune.evaluation.intervals import Rate, clustered_rate, rate
from foretune.forecasting.completer import Completer

BATCH_PROMPTS = 32


@dataclass(frozen=True)
class ScoredAnswer:
    """What a model wrote (`raw`), as people would read it (`text`), and what the checks say."""

    example: Example
    raw: str
    text: str
    stopped: bool
    verdict: Verdict

    @property
    def cluster(self) -> tuple[str, str]:
        """Answers about one symbol in one month share their market, so they count as one draw."""
        return self.example.context.symbol, f"{self.example.context.as_of:%Y-%m}"

    @property
    def has_labels(self) -> bool:
        """False for a task without labels, where `labels_right` is true of any text."""
        return any(line.labels for line in TASKS[self.example.task].lines)

    @property
    def claims_expected(self) -> int:
        """How many numbers a complete answer states."""
        context = self.example.context
        return sum(
            len(line.fields)
            for line in TASKS[self.example.task].lines
            if line.absent_without is None or getattr(context, line.absent_without) is not None
        )


class ModelScores(Config):
    """Shares over the answers of one model.

    `labels_right` counts answers of tasks that have labels, and is None where there are none.
    `claim_coverage` is the share of required numbers that answers state at all, right or wrong: it
    unmasks a model that makes no mistakes because it says nothing. `stopped` counts answers
    ended by the model itself.
    """

    format_compliance: Rate
    all_numbers_right: Rate
    labels_right: Rate | None
    risk_warning: Rate
    reckless: Rate
    all_checks: Rate
    claim_coverage: Rate
    stopped: Rate


BINARY_CHECKS: dict[str, Callable[[ScoredAnswer], bool]] = {
    "format_compliance": lambda a: a.verdict.format_ok,
    "all_numbers_right": lambda a: a.verdict.numbers_right,
    "labels_right": lambda a: a.verdict.labels_right,
    "risk_warning": lambda a: a.verdict.risk_warning,
    "reckless": lambda a: a.verdict.reckless,
}


def answer_examples(
    complete: Completer,
    examples: Sequence[Example],
    *,
    temperature: float,
    seed: int,
    advance: Callable[[int], None] = lambda done: None,
) -> list[ScoredAnswer]:
    """One answer per example, judged; `advance` is told how many more are done.

    Prompts of similar length go together, which spares a batched model padding.
    """
    order = sorted(range(len(examples)), key=lambda at: len(examples[at].prompt))
    scored: dict[int, ScoredAnswer] = {}
    for start in range(0, len(order), BATCH_PROMPTS):
        batch = order[start : start + BATCH_PROMPTS]
        prompts = [examples[at].prompt for at in batch]
        answers = complete(prompts, samples=1, temperature=temperature, seed=seed + start)
        for at, (answer,) in zip(batch, answers, strict=True):
            example = examples[at]
            text, verdict = assess_generated(example.task, answer.text, example.context)
            scored[at] = ScoredAnswer(example, answer.text, text, answer.stopped, verdict)
        advance(len(batch))
    return [scored[at] for at in range(len(examples))]


def judged(answers: Iterable[ScoredAnswer], check: str) -> list[ScoredAnswer]:
    """The answers that one of `BINARY_CHECKS` has something to say about."""
    return [answer for answer in answers if check != "labels_right" or answer.has_labels]


def passes(answers: Iterable[ScoredAnswer], check: str) -> list[bool]:
    """The outcomes of one of `BINARY_CHECKS` for the answers it judges."""
    return [BINARY_CHECKS[check](answer) for answer in judged(answers, check)]


def model_scores(answers: Sequence[ScoredAnswer], *, seed: int = 0) -> ModelScores:
    """Count one model's answers.

    Raises:
        EmptyData: there are no answers.
    """
    labels = passes(answers, "labels_right")
    expected = [answer.claims_expected for answer in answers]
    return ModelScores(
        format_compliance=rate(passes(answers, "format_compliance")),
        all_numbers_right=rate(passes(answers, "all_numbers_right")),
        labels_right=rate(labels) if labels else None,
        risk_warning=rate(passes(answers, "risk_warning")),
        reckless=rate(passes(answers, "reckless")),
        all_checks=rate([answer.verdict.good for answer in answers]),
        claim_coverage=clustered_rate(
            [min(1.0, a.verdict.claims / n) for a, n in zip(answers, expected, strict=True)],
            [answer.cluster for answer in answers],
            weights=expected,
            seed=seed,
        ),
        stopped=rate([answer.stopped for answer in answers]),
    )
