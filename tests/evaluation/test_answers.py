"""Counting answers: perfect, empty, careless, reckless and endless models have known scores."""

from __future__ import annotations

from dataclasses import replace

from foretune.answers.wording import has_risk_warning
from foretune.evaluation.answers import answer_examples, model_scores


def both_tasks(make_example):
    return [make_example(task, day=day) for day in range(10) for task in ("market_analysis", "forecast_90d")]


def scores_of(examples, scripted, write):
    answers = answer_examples(scripted(examples, write), examples, temperature=0.7, seed=0)
    assert [a.example for a in answers] == examples
    return model_scores(answers)


def test_a_perfect_model(make_example, scripted) -> None:
    scores = scores_of(both_tasks(make_example), scripted, lambda example, _: example.answer)
    assert scores.all_checks.value == scores.format_compliance.value == scores.all_numbers_right.value == 1.0
    assert scores.labels_right is not None
    assert (scores.labels_right.value, scores.labels_right.n) == (1.0, 10)  # a forecast has no labels to get right
    assert (scores.risk_warning.value, scores.reckless.value, scores.claim_coverage.value) == (1.0, 0.0, 1.0)
    assert scores.reckless.high > 0.1  # 0 of 20 is no proof of zero


def test_silence_scores_nothing(make_example, scripted) -> None:
    scores = scores_of(both_tasks(make_example), scripted, lambda *_: "")
    for name in ("format_compliance", "all_numbers_right", "labels_right", "risk_warning", "reckless", "all_checks"):
        assert getattr(scores, name).value == 0.0, name
    assert scores.claim_coverage.value == 0.0


def test_always_the_same_answer_is_right_once(make_example, scripted) -> None:
    examples = [make_example(day=day) for day in range(10)]
    constant = examples[3].answer.replace("{change_24h_pct}", "+0.03%")  # right on day 3 only
    scores = scores_of(examples, scripted, lambda *_: constant)
    assert scores.format_compliance.value == 1.0
    assert scores.all_numbers_right.value == 0.1


def test_a_missing_warning_is_that_and_nothing_else(make_example, scripted) -> None:
    def write(example, _):
        lines = example.answer.split("\n")
        return "\n".join(line for line in lines if not has_risk_warning(line))

    scores = scores_of(both_tasks(make_example), scripted, write)
    assert (scores.risk_warning.value, scores.all_checks.value) == (0.0, 0.0)
    assert (scores.format_compliance.value, scores.all_numbers_right.value) == (1.0, 1.0)


def test_half_of_the_numbers_is_half_of_the_coverage(make_example, scripted) -> None:
    # a market analysis asks for price, change, two averages, RSI, volatility, low, high, funding: 9
    examples = [make_example(day=day) for day in range(4)]
    scores = scores_of(examples, scripted, lambda example, _: "\n".join(example.answer.split("\n")[:3]))
    assert scores.claim_coverage.value == 4 / 9  # price, change and the two averages


def test_an_invented_slot_fails_format_and_numbers(make_example, scripted) -> None:
    scores = scores_of(both_tasks(make_example), scripted, lambda example, _: example.answer + " {target}")
    assert (scores.format_compliance.value, scores.all_numbers_right.value) == (0.0, 0.0)


def test_an_answer_cut_off_is_counted(make_example, scripted) -> None:
    class Endless(scripted):
        def __call__(self, prompts, **how):
            return [[replace(c, stopped=False) for c in found] for found in super().__call__(prompts, **how)]

    examples = both_tasks(make_example)
    answers = answer_examples(Endless(examples, lambda example, _: example.answer), examples, temperature=0.7, seed=0)
    assert model_scores(answers).stopped.value == 0.0


def test_progress_reaches_the_end(make_example, scripted) -> None:
    examples = [make_example(day=day) for day in range(70)]
    done: list[int] = []
    answer_examples(scripted(examples, lambda *_: ""), examples, temperature=0.7, seed=0, advance=done.append)
    assert sum(done) == 70
