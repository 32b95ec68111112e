"""Which held-out examples are asked. Chosen before any model answers, and without its help."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from foretune.answers.tasks import Task
from foretune.datasets.example import Example
from foretune.forecasting.outcomes import ForecastCase


def sample_examples(examples: Sequence[Example], *, limit: int, seed: int) -> list[Example]:
    """At most `limit` examples of each task, symbols as even as they can be, in file order."""
    rng = random.Random(seed)
    kept: set[int] = set()
    for task in Task:
        by_symbol: defaultdict[str, list[int]] = defaultdict(list)
        for at, example in enumerate(examples):
            if example.task is task:
                by_symbol[example.context.symbol].append(at)
        piles = [rng.sample(by_symbol[symbol], len(by_symbol[symbol])) for symbol in sorted(by_symbol)]
        rng.shuffle(piles)  # the symbols that get one more are not always the first of the alphabet
        turns = [pile[turn] for turn in range(max(map(len, piles), default=0)) for pile in piles if turn < len(pile)]
        kept.update(turns[:limit])
    return [examples[at] for at in sorted(kept)]


def spread_cases(cases: Sequence[ForecastCase], *, count: int) -> list[ForecastCase]:
    """At most `count` cases per symbol, evenly spread over the time all of `cases` span.

    Symbols share the grid of dates, so that one day's shock is seen as one day's.
    """
    if not cases:
        return []
    start, end = min(c.decision_at for c in cases), max(c.decision_at for c in cases)
    step = (end - start) / max(1, count - 1)
    by_symbol: defaultdict[str, list[ForecastCase]] = defaultdict(list)
    for case in cases:
        by_symbol[case.symbol].append(case)
    chosen: list[ForecastCase] = []
    for own in by_symbol.values():
        picked = {
            min(range(len(own)), key=lambda at, due=start + turn * step: abs(own[at].decision_at - due))  # type: ignore[misc]
            for turn in range(count)
        }
        chosen += [own[at] for at in sorted(picked)]
    return chosen
