"""The shapes in which trainers read a row: Alpaca, ShareGPT, ChatML messages, prompt and completion.

Each is defined once, over a frame that has `instruction`, `input` and `output`; what the text says is
decided elsewhere, and so is the file type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import polars as pl

from foretune.answers.template import TEMPLATE
from foretune.errors import DataError

TEXT = ("instruction", "input", "output")
"""What a frame needs to be put into a format."""


class RowFormat(StrEnum):
    """How a row is laid out. The value is the format's part of the file name."""

    ALPACA = "alpaca"
    SHAREGPT = "sharegpt"
    CHATML = "chatml"
    PROMPT_COMPLETION = "prompt_completion"


def in_format(rows: pl.DataFrame, layout: RowFormat, *, system: str | None = None) -> pl.DataFrame:
    """`rows` with `instruction`, `input`, `output` replaced by the columns of `layout`, which come first.

    ========================  ==================================================================
    `alpaca`                  `instruction`, `input`, `output`: text
    `sharegpt`                `conversations`: list of `{from: system | human | gpt, value}`
    `chatml`                  `messages`: list of `{role: system | user | assistant, content}`
    `prompt_completion`       `prompt`, `completion`: the prompt is the one the trainer makes
    ========================  ==================================================================

    The user's turn is instruction, blank line, input block, so that a chat template gives the same
    prompt as `prompt_completion` does. `system`, if given, is one more turn before it; Alpaca and
    prompt/completion have no place for it.

    >>> rows = pl.DataFrame({"instruction": ["Add."], "input": ["1 1"], "output": ["2"], "id": ["a"]})
    >>> in_format(rows, RowFormat.CHATML)["messages"].to_list()[0][1]
    {'role': 'assistant', 'content': '2'}

    Raises:
        DataError: a row without an instruction, an input or an output.
    """
    for name in TEXT:
        if rows[name].null_count() or (rows[name] == "").any():
            raise DataError(f"a row without {name} cannot be trained on; leave it out before it is put into a format")
    return rows.select(*_LAYOUTS[layout](system), pl.exclude(*TEXT))


def as_json_text(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with every nested column as JSON text, for files that hold flat cells only."""
    return rows.with_columns(
        pl.concat_str(
            pl.lit("["), pl.col(name).list.eval(pl.element().struct.json_encode()).list.join(","), pl.lit("]")
        ).alias(name)
        for name, dtype in rows.schema.items()
        if dtype.is_nested()
    )


def _alpaca(system: str | None) -> list[pl.Expr]:
    return [pl.col(name) for name in TEXT]


def _prompt_completion(system: str | None) -> list[pl.Expr]:
    return [_filled(TEMPLATE.prompt).alias("prompt"), pl.col("output").alias("completion")]


def _sharegpt(system: str | None) -> list[pl.Expr]:
    return [_turns("conversations", ("from", "value"), ("system", "human", "gpt"), system)]


def _chatml(system: str | None) -> list[pl.Expr]:
    return [_turns("messages", ("role", "content"), ("system", "user", "assistant"), system)]


_LAYOUTS: Mapping[RowFormat, Callable[[str | None], list[pl.Expr]]] = {
    RowFormat.ALPACA: _alpaca,
    RowFormat.SHAREGPT: _sharegpt,
    RowFormat.CHATML: _chatml,
    RowFormat.PROMPT_COMPLETION: _prompt_completion,
}


def _turns(column: str, keys: tuple[str, str], speakers: tuple[str, str, str], system: str | None) -> pl.Expr:
    said = [_filled(TEMPLATE.user_message), pl.col("output")]
    who = list(speakers[1:])
    if system is not None:
        said, who = [pl.lit(system), *said], list(speakers)
    turns = [pl.struct(pl.lit(name).alias(keys[0]), text.alias(keys[1])) for name, text in zip(who, said, strict=True)]
    return pl.concat_list(turns).alias(column)


def _filled(template: Callable[[str, str], str]) -> pl.Expr:
    """What `template` makes of instruction and input, for all rows at once.

    The template is asked once, with two characters no text has, and cut where they stand.
    """
    first, second = "\ue000", "\ue001"
    before, rest = template(first, second).split(first)
    between, after = rest.split(second)
    return pl.concat_str(pl.lit(before), "instruction", pl.lit(between), "input", pl.lit(after))
