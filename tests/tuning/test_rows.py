"""Rows: tokens and mask of a rendered example, exactly; flaws planted in the share asked for."""

from __future__ import annotations

from typing import Any

import pytest

from foretune.answers.wording import has_risk_warning, is_reckless
from foretune.datasets.example import Example
from foretune.datasets.preferences import Flaw, make_pairs
from foretune.errors import DataError
from foretune.tuning.rows import IGNORED, choose, demonstrations, encode, written_pairs


def test_the_mask_covers_the_prompt_and_nothing_else(tokenizer: Any, examples: list[Example]) -> None:
    for example in examples[:6]:
        (row,) = encode(tokenizer, [(example.prompt, example.answer)])
        # rendered independently: the template by hand, the parts tokenised apart
        prompt = f"### Instruction:\n{example.instruction}\n\n### Input:\n{example.context.text()}\n\n### Response:\n"
        head = [tokenizer.bos_token_id, *tokenizer(prompt, add_special_tokens=False)["input_ids"]]
        tail = [*tokenizer(example.answer, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        assert row.input_ids == head + tail
        assert row.labels == [IGNORED] * len(head) + tail


def test_the_trained_part_is_the_answer_and_its_stop_token(tokenizer: Any, examples: list[Example]) -> None:
    (row,) = encode(tokenizer, [(examples[0].prompt, examples[0].answer)])
    assert tokenizer.decode([t for t in row.labels if t != IGNORED]) == examples[0].answer + "</s>"
    assert row.input_ids.count(tokenizer.bos_token_id) == 1


def test_a_token_across_the_end_of_the_prompt_is_refused(tokenizer: Any) -> None:
    # "24h" is one token: a prompt that ends in its middle is read differently alone
    with pytest.raises(DataError, match="joins the end of the prompt"):
        encode(tokenizer, [("over 24", "h")])


def test_demonstrations_are_sound_unless_flaws_are_asked_for(examples: list[Example]) -> None:
    assert demonstrations(examples, "slots", flawed={}, seed=0) == [(e.prompt, e.answer) for e in examples]


def test_flaws_are_planted_in_about_the_share_asked_for(examples: list[Example]) -> None:
    many = examples * 25  # 2,000 answers: a share of 0.35 has a standard error of 0.011
    flawed = {Flaw.MISSING_RISK_WARNING: 0.35, Flaw.RECKLESS: 0.10}
    answers = [answer for _, answer in demonstrations(many, "slots", flawed=flawed, seed=1)]
    reckless = sum(map(is_reckless, answers)) / len(answers)
    unwarned = sum(not has_risk_warning(a) for a in answers) / len(answers)
    assert reckless == pytest.approx(0.10, abs=0.03)
    assert unwarned == pytest.approx(0.45, abs=0.04)  # a reckless answer has lost its warning too


def test_digits_write_the_numbers_out(examples: list[Example]) -> None:
    ((_, slots),) = demonstrations(examples[:1], "slots", flawed={}, seed=0)
    ((_, digits),) = demonstrations(examples[:1], "digits", flawed={}, seed=0)
    assert "{price}" in slots
    assert "{" not in digits
    assert "$" in digits


def test_a_sample_is_seeded_and_keeps_the_order() -> None:
    rows = list(range(100))
    first = choose(rows, 10, seed=1)
    assert first == choose(rows, 10, seed=1) == sorted(first)
    assert first != choose(rows, 10, seed=2)
    assert choose(rows, None, seed=1) == choose(rows, 200, seed=1) == rows


def test_pairs_are_written_like_demonstrations(examples: list[Example]) -> None:
    pairs = make_pairs(examples[:4], seed=0)
    for pair, (prompt, chosen, rejected) in zip(pairs, written_pairs(pairs, examples, "digits"), strict=True):
        assert prompt == pair.prompt
        assert "{" not in chosen + rejected
        assert chosen != rejected


def test_a_pair_without_its_example_is_refused(examples: list[Example]) -> None:
    with pytest.raises(DataError, match="no such example"):
        written_pairs(make_pairs(examples[:2], seed=0), examples[2:], "slots")
