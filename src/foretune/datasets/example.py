"""One training example, and the file that holds them. No text is rendered here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import polars as pl

from foretune.answers.context import MarketContext
from foretune.answers.slots import render
from foretune.answers.tasks import TASKS, Task
from foretune.answers.template import TEMPLATE
from foretune.config import Config
from foretune.datasets.parquet import damaged, read_built
from foretune.errors import EmptyData

FILE_NAME = "examples.parquet"

Numbers = Literal["slots", "digits"]
"""How an answer carries numbers: as slots that a renderer fills, or typed digit by digit."""


class Split(StrEnum):
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Example(Config):
    """A context, the analyst's answer in slots, and the time its label covers.

    `label_end_at` is None for answers that use nothing after `context.as_of`.
    """

    id: str
    task: Task
    split: Split
    context: MarketContext
    answer: str
    label_end_at: datetime | None = None

    @property
    def instruction(self) -> str:
        return TASKS[self.task].instruction

    @property
    def prompt(self) -> str:
        return TEMPLATE.prompt(self.instruction, self.context.text())

    def written(self, answer: str, numbers: Numbers) -> str:
        """`answer` (slots) as the model shall write it."""
        return answer if numbers == "slots" else render(answer, self.context)


_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String,
    "task": pl.String,
    "split": pl.String,
    "symbol": pl.String,
    "decision_at": pl.Datetime("us", "UTC"),
    "label_end_at": pl.Datetime("us", "UTC"),
    "origin": pl.String,
    "context": pl.String,
    "answer": pl.String,
}


def write_examples(examples: Iterable[Example], folder: Path) -> Path:
    """Write `examples.parquet` (context as JSON text) and return its path."""
    rows = [
        {
            "id": e.id,
            "task": e.task.value,
            "split": e.split.value,
            "symbol": e.context.symbol,
            "decision_at": e.context.as_of,
            "label_end_at": e.label_end_at,
            "origin": e.context.origin.value,
            "context": e.context.model_dump_json(),
            "answer": e.answer,
        }
        for e in examples
    ]
    path = folder / FILE_NAME
    pl.DataFrame(rows, schema=_SCHEMA).write_parquet(path)
    return path


def read_examples(folders: Sequence[Path], *, split: Split | None = None) -> list[Example]:
    """Examples of one or several dataset folders, in file order.

    Raises:
        DataError: a folder is no dataset (the message says how to make one), or its file is damaged.
        EmptyData: no example is left for `split`.
    """
    found: list[Example] = []
    for folder in folders:
        path = folder / FILE_NAME
        frame = read_built(path, list(_SCHEMA))
        try:
            found += [_example(row) for row in frame.iter_rows(named=True) if split is None or row["split"] == split]
        except ValueError as exc:  # a context that is none, an unknown task
            raise damaged(path) from exc
    if not found:
        where = ", ".join(str(folder) for folder in folders)
        raise EmptyData(f"no {split.value if split else ''} examples in {where}; widen the dates of the build")
    return found


def _example(row: dict[str, Any]) -> Example:
    return Example(
        id=row["id"],
        task=Task(row["task"]),
        split=Split(row["split"]),
        context=MarketContext.model_validate_json(row["context"]),
        answer=row["answer"],
        label_end_at=row["label_end_at"],
    )
