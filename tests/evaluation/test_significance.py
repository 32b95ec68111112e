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
    (found,) = paired_tests(first, second).values()
    assert (found.only_first, found.only_second, found.p) == (2, 1, 1.0)


def test_models_must_have_answered_the_same_number_of_prompts() -> None:
    with pytest.raises(DataError, match="prompt by prompt"):
        paired_tests({"format": [True]}, {"format": [True, False]})
