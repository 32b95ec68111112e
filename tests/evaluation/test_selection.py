"""Which prompts and origins are asked: balanced, spread, repeatable."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from foretune.evaluation.selection import sample_examples, spread_cases
from foretune.forecasting.outcomes import forecast_cases


def test_symbols_get_their_even_share_of_each_task(make_example) -> None:
    examples = [
        make_example(task, symbol=symbol, day=day)
        for symbol, days in (("A", 100), ("B", 100), ("RARE", 2))
        for day in range(days)
        for task in ("market_analysis", "forecast_90d")
    ]
    chosen = sample_examples(examples, limit=20, seed=0)
    counts = Counter((e.task.value, e.context.symbol) for e in chosen)
    for task in ("market_analysis", "forecast_90d"):
        assert {symbol: counts[task, symbol] for symbol in ("A", "B", "RARE")} == {"A": 9, "B": 9, "RARE": 2}
    assert chosen == sample_examples(examples, limit=20, seed=0)
    assert chosen != sample_examples(examples, limit=20, seed=1)


def test_fewer_than_the_limit_are_all_taken(make_example) -> None:
    examples = [make_example(day=day) for day in range(5)]
    assert sample_examples(examples, limit=20, seed=0) == examples


def test_origins_are_spread_from_first_to_last_day(tmp_path: Path, market) -> None:
    market(tmp_path / "data", {"A": "simulated", "B": "simulated"})
    cases = forecast_cases([tmp_path / "data"])
    chosen = spread_cases(cases, count=5)  # 41 days per symbol, 10 apart: every tenth
    first = min(case.decision_at for case in cases)
    days = [(case.decision_at - first).days for case in chosen]
    assert days == [0, 100, 200, 300, 400] * 2
