"""Exact McNemar and Holm, by hand."""

from __future__ import annotations

import pytest

from foretune.errors import DataError
from foretune.evaluation.significance import holm, mcnemar, paired_tests


def test_mcnemar_by_hand() -> None:
    # 1 against 9: 2 · (C(10,0) + C(10,1)) / 2^10 = 22 / 1024
    assert mcnemar(1, 9) == mcnemar(9, 1) == 22 / 1024


def test_no_difference_is_no_evidence() -> None:
    assert mcnemar(0, 0) == mcnemar(4, 4) == 1.0


def test_holm_never_lets_a_larger_p_pass_a_smaller_one() -> None:
    assert holm([0.02, 0.021, 0.5]) == pytest.approx([0.06, 0.06, 0.5])


def test_only_pairs_that_differ_count() -> None:
    first = {"format": [True, True, True, False]}
    second = {"format": [True, False, False, True]}
    (found,) = paired_tests(first, second, {"format": range(4)}).values()
    assert (found.only_first, found.only_second, found.p) == (2, 1, 1.0)
    assert found.difference == 0.25  # three of four against two of four
    assert found.low < 0.25 < found.high
    assert not found.shown


def test_many_prompts_of_one_market_are_no_evidence_of_their_own() -> None:
    first, second = {"format": [True] * 60}, {"format": [False] * 60}
    apart = paired_tests(first, second, {"format": range(60)})["format"]
    together = paired_tests(first, second, {"format": [at // 30 for at in range(60)]})["format"]
    assert apart.p_holm == together.p_holm < 1e-9
    assert (apart.difference, apart.high) == (together.difference, together.high) == (1.0, 1.0)
    # two clusters that agree: Wilson's 2 of 2 begins at 0.342, which as a difference is below zero
    assert (apart.shown, together.shown) == (True, False)
    assert together.low == pytest.approx(2 * 0.3424 - 1, abs=1e-3)


def test_a_worse_model_is_shown_to_be_worse() -> None:
    (found,) = paired_tests({"format": [False] * 40}, {"format": [True] * 40}, {"format": range(40)}).values()
    assert (found.difference, found.low, found.shown) == (-1.0, -1.0, True)
    assert found.high < 0


def test_models_must_have_answered_the_same_number_of_prompts() -> None:
    with pytest.raises(DataError, match="prompt by prompt"):
        paired_tests({"format": [True]}, {"format": [True, False]}, {"format": [0]})
