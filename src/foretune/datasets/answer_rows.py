"""Examples and preference pairs as rows of text, slots filled with numbers. No files, no formats.

The slot form stays in `examples.parquet` and `preferences.parquet`; here any trainer can read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from foretune.answers.slots import render
from foretune.datasets.example import Example
from foretune.datasets.preferences import PreferencePair

_PROVENANCE: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String,
    "task": pl.String,
    "symbol": pl.String,
    "decision_at": pl.String,
    "label_end_at": pl.String,
    "origin": pl.String,
    "split": pl.String,
    "decided": pl.Datetime("us", "UTC"),
}


def answer_rows(examples: Sequence[Example]) -> pl.DataFrame:
    """One row per example: `instruction`, `input` (the context's lines), `output` (the answer), and the
    columns of `rows.PROVENANCE` and `rows.KEYS`, in the order of `feature_rows`."""
    rows = [
        {
            "instruction": example.instruction,
            "input": example.context.text(),
            "output": render(example.answer, example.context),
            **_provenance(example),
        }
        for example in examples
    ]
    return _frame(rows, ("instruction", "input", "output"))


def preference_rows(pairs: Sequence[PreferencePair], examples: Sequence[Example]) -> pl.DataFrame:
    """One row per pair: `prompt`, `chosen`, `rejected`, `flaw` (what is wrong with `rejected`), and the same
    columns as `answer_rows`."""
    by_id = {example.id: example for example in examples}
    rows = [
        {
            "prompt": pair.prompt,
            "chosen": render(pair.chosen, by_id[pair.example_id].context),
            "rejected": render(pair.rejected, by_id[pair.example_id].context),
            "flaw": pair.flaw.value,
            **_provenance(by_id[pair.example_id]),
        }
        for pair in pairs
    ]
    return _frame(rows, ("prompt", "chosen", "rejected", "flaw"))


def _frame(rows: list[dict[str, object]], text: Sequence[str]) -> pl.DataFrame:
    schema = {**dict.fromkeys(text, pl.String), **_PROVENANCE}
    return pl.DataFrame(rows, schema=schema).sort("decided", "symbol", "id", maintain_order=True)


def _provenance(example: Example) -> dict[str, object]:
    end = example.label_end_at
    return {
        "id": example.id,
        "task": example.task.value,
        "symbol": example.context.symbol,
        "decision_at": example.context.as_of.isoformat(),
        "label_end_at": None if end is None else end.isoformat(),
        "origin": example.context.origin.value,
        "split": example.split.value,
        "decided": example.context.as_of,
    }
