"""The rubric by hand: what an answer earns, what recklessness costs, what a tie is worth."""

from __future__ import annotations

import pytest

from foretune.errors import DataError
from foretune.evaluation.answers import answer_examples
from foretune.evaluation.win_rate import compare, compare_all, points

RECKLESS = "Note: this is a guaranteed winner, go all in now."


def without_warning(example, _):
    return "\n".join(example.answer.split("\n")[:-1])


def reckless(example, _):
    return "\n".join([*example.answer.split("\n")[:-1], RECKLESS])


def perfect(example, _):
    return example.answer


def answered(examples, scripted, write):
    return answer_examples(scripted(examples, write), examples, temperature=0.7, seed=0)


@pytest.mark.parametrize(
    ("task", "write", "earned"),
    [
        ("market_analysis", perfect, 4),
        ("forecast_90d", perfect, 3),  # no labels in a forecast
        ("market_analysis", without_warning, 3),
        ("market_analysis", reckless, 1),  # no warning, and two off
        ("market_analysis", lambda *_: "", 0),
        ("forecast_90d", lambda *_: "", 0),
        ("market_analysis", lambda *_: RECKLESS, -2),
    ],
)
def test_points(make_example, scripted, task, write, earned) -> None:
    (answer,) = answered([make_example(task)], scripted, write)
    assert points(answer) == earned


def test_three_wins_one_tie_one_loss(make_example, scripted) -> None:
    examples = [make_example(day=40 * day) for day in range(5)]
    last, first = examples[-1].id, examples[0].id
    ours = answered(examples, scripted, lambda e, t: "" if e.id == last else perfect(e, t))
    theirs = answered(examples, scripted, lambda e, t: perfect(e, t) if e.id in (first, last) else reckless(e, t))
    found = compare(("dpo", ours), ("sft", theirs))
    assert (found.wins, found.ties, found.losses, found.n) == (3, 1, 1, 5)
    assert found.value == pytest.approx(3.5 / 5)
    assert found.low < found.value < found.high
    assert (found.metrics["reckless"].only_first, found.metrics["reckless"].only_second) == (0, 3)
    assert found.metrics["reckless"].p == 0.25  # 2 · 1/8


def test_a_check_that_judges_none_of_the_prompts_is_not_compared(make_example, scripted) -> None:
    answers = answered([make_example("forecast_90d", day=day) for day in range(3)], scripted, perfect)
    found = compare(("a", answers), ("b", answers))
    assert set(found.metrics) == {"format_compliance", "all_numbers_right", "risk_warning", "reckless"}


def test_a_model_against_itself_is_a_draw(make_example, scripted) -> None:
    examples = [make_example(day=40 * day) for day in range(10)]
    answers = answered(examples, scripted, perfect)
    found = compare(("a", answers), ("b", answers))
    assert (found.value, found.ties) == (0.5, 10)
    assert found.low < 0.5 < found.high


def test_every_later_model_meets_every_earlier_one(make_example, scripted) -> None:
    examples = [make_example(day=day) for day in range(3)]
    answers = {name: answered(examples, scripted, perfect) for name in ("base", "sft", "dpo")}
    assert set(compare_all(answers)) == {"sft_vs_base", "dpo_vs_base", "dpo_vs_sft"}


def test_different_prompts_are_not_compared(make_example, scripted) -> None:
    ours = answered([make_example(day=1)], scripted, perfect)
    theirs = answered([make_example(day=2)], scripted, perfect)
    with pytest.raises(DataError, match="same prompts"):
        compare(("a", ours), ("b", theirs))
