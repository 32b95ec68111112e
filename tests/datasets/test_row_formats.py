"""One row in each of the four layouts, written out."""

from __future__ import annotations

import json

import polars as pl
import pytest

from foretune.answers.template import TEMPLATE
from foretune.datasets.row_formats import RowFormat, as_json_text, in_format
from foretune.errors import DataError

ROW = pl.DataFrame({"instruction": ["Add them."], "input": ["1, 1"], "output": ["2"], "id": ["a"]})
USER_TURN = "Add them.\n\n### Input:\n1, 1"

GOLDEN = {
    RowFormat.ALPACA: {"instruction": "Add them.", "input": "1, 1", "output": "2", "id": "a"},
    RowFormat.SHAREGPT: {
        "conversations": [{"from": "human", "value": USER_TURN}, {"from": "gpt", "value": "2"}],
        "id": "a",
    },
    RowFormat.CHATML: {
        "messages": [{"role": "user", "content": USER_TURN}, {"role": "assistant", "content": "2"}],
        "id": "a",
    },
    RowFormat.PROMPT_COMPLETION: {
        "prompt": "### Instruction:\nAdd them.\n\n### Input:\n1, 1\n\n### Response:\n",
        "completion": "2",
        "id": "a",
    },
}


@pytest.mark.parametrize("layout", RowFormat)
def test_a_row_looks_like_this(layout):
    assert in_format(ROW, layout).to_dicts() == [GOLDEN[layout]]


@pytest.mark.parametrize("layout", RowFormat)
def test_the_text_columns_come_first_and_the_others_stay(layout):
    assert in_format(ROW, layout).columns == list(GOLDEN[layout])


def test_the_user_turn_and_the_prompt_are_the_trainers_own():
    turn = in_format(ROW, RowFormat.CHATML)["messages"][0][0]["content"]
    assert turn == TEMPLATE.user_message("Add them.", "1, 1")
    assert in_format(ROW, RowFormat.PROMPT_COMPLETION)["prompt"][0] == TEMPLATE.prompt("Add them.", "1, 1")


@pytest.mark.parametrize(
    ("layout", "turn"),
    [
        (RowFormat.SHAREGPT, {"from": "system", "value": "Be brief."}),
        (RowFormat.CHATML, {"role": "system", "content": "Be brief."}),
    ],
)
def test_a_system_turn_comes_before_the_users(layout, turn):
    turns = in_format(ROW, layout, system="Be brief.").to_dicts()[0]
    assert next(iter(turns.values())) == [turn, *next(iter(GOLDEN[layout].values()))]


@pytest.mark.parametrize("layout", [RowFormat.ALPACA, RowFormat.PROMPT_COMPLETION])
def test_layouts_without_turns_have_no_place_for_a_system_turn(layout):
    assert in_format(ROW, layout, system="Be brief.").to_dicts() == [GOLDEN[layout]]


def test_text_with_quotes_braces_and_line_ends_arrives_as_it_is():
    nasty = '{"a": "b\\n"}\n"quoted", <tag> é \u2028'
    rows = ROW.with_columns(pl.lit(nasty).alias("input"), pl.lit(nasty).alias("output"))
    for layout in (RowFormat.SHAREGPT, RowFormat.CHATML):
        flat = as_json_text(in_format(rows, layout))
        turns = json.loads(flat.to_series(0)[0])
        assert [list(turn.values())[1] for turn in turns] == [TEMPLATE.user_message("Add them.", nasty), nasty]


@pytest.mark.parametrize("column", ["instruction", "input", "output"])
@pytest.mark.parametrize("value", ["", None])
def test_a_row_with_a_part_missing_is_refused(column, value):
    with pytest.raises(DataError, match=f"without {column}"):
        in_format(ROW.with_columns(pl.lit(value, dtype=pl.String).alias(column)), RowFormat.ALPACA)


def test_no_rows_stay_no_rows():
    assert in_format(ROW.clear(), RowFormat.CHATML).height == 0
