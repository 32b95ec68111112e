"""Each guard lets a sound row pass and refuses the fault it is there for."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from foretune.datasets.example import Example
from foretune.errors import StopTokenNotTrained, TuningError
from foretune.tuning.guards import check_processes, check_reference, check_rows, check_tokens_agree
from foretune.tuning.rows import IGNORED, Row, encode


@pytest.fixture
def row(tokenizer: Any, examples: list[Example]) -> Row:
    return encode(tokenizer, [(examples[0].prompt, examples[0].answer)])[0]


def test_sound_rows_pass(tokenizer: Any, row: Row) -> None:
    check_rows([row, row], tokenizer, max_length=len(row.input_ids))


def test_a_row_without_stop_token_is_refused(tokenizer: Any, row: Row) -> None:
    cut = Row(row.input_ids[:-1], row.labels[:-1])
    with pytest.raises(StopTokenNotTrained, match=r"row 1: .*never learn to stop"):
        check_rows([row, cut], tokenizer, max_length=512)


def test_a_stop_token_that_carries_no_loss_is_refused(tokenizer: Any, row: Row) -> None:
    masked = replace(row, labels=[*row.labels[:-1], IGNORED])
    with pytest.raises(StopTokenNotTrained):
        check_rows([masked], tokenizer, max_length=512)


def test_a_row_that_would_be_cut_is_refused_with_the_count(tokenizer: Any, row: Row) -> None:
    length = len(row.input_ids)
    with pytest.raises(TuningError, match=f"2 of 2 rows are longer than max_length {length - 1} .longest {length}"):
        check_rows([row, row], tokenizer, max_length=length - 1)


def test_a_doubled_bos_is_refused(tokenizer: Any, row: Row) -> None:
    doubled = Row([tokenizer.bos_token_id, *row.input_ids], [IGNORED, *row.labels])
    with pytest.raises(TuningError, match="2 BOS tokens"):
        check_rows([doubled], tokenizer, max_length=512)


def test_a_missing_bos_is_refused(tokenizer: Any, row: Row) -> None:
    with pytest.raises(TuningError, match="0 BOS tokens"):
        check_rows([Row(row.input_ids[1:], row.labels[1:])], tokenizer, max_length=512)


def test_loss_on_the_prompt_is_refused(tokenizer: Any, row: Row) -> None:
    with pytest.raises(TuningError, match="prompt is part of the loss"):
        check_rows([replace(row, labels=list(row.input_ids))], tokenizer, max_length=512)


def test_an_empty_answer_is_refused(tokenizer: Any, examples: list[Example]) -> None:
    with pytest.raises(TuningError, match="answer is empty"):
        check_rows(encode(tokenizer, [(examples[0].prompt, "")]), tokenizer, max_length=512)


def test_no_rows_are_refused(tokenizer: Any) -> None:
    with pytest.raises(TuningError, match="no row"):
        check_rows([], tokenizer, max_length=512)


def test_a_trainer_that_dropped_or_changed_a_row_is_refused(row: Row) -> None:
    check_tokens_agree([row, row], [row, row])
    with pytest.raises(TuningError, match="kept 1 of 2 rows"):
        check_tokens_agree([row, row], [row])
    with pytest.raises(TuningError, match="row 0"):
        check_tokens_agree([row], [Row(row.input_ids, list(row.input_ids))])


@pytest.mark.parametrize("loss", [0.599, 0.0, math.nan, math.inf])
def test_a_policy_that_is_not_its_reference_is_refused(loss: float) -> None:
    check_reference(math.log(2) + 0.0009)
    with pytest.raises(TuningError, match=r"not ln 2 = 0\.6931"):
        check_reference(loss)


def test_a_launcher_that_started_another_number_of_processes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    check_processes(1, 1)
    with pytest.raises(TuningError, match="wants 2 training process"):
        check_processes(2, 1)
    # a launcher that announces two while this process trains alone: nothing would be averaged
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TuningError, match="launcher announced 2"):
        check_processes(1, 1)
