"""Rows that trainers read: Alpaca, prompt/completion and preference, as JSONL, CSV and Parquet.

Exported answers carry plain numbers, so any trainer can use them; the slot form stays in
`examples.parquet` and `preferences.parquet`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from foretune.answers.slots import render
from foretune.datasets.example import Example, Split
from foretune.datasets.preferences import PreferencePair

_PROVENANCE = {
    "id": pl.String,
    "task": pl.String,
    "symbol": pl.String,
    "decision_at": pl.String,
    "label_end_at": pl.String,
    "origin": pl.String,
}


def export_rows(examples: Sequence[Example], pairs: Sequence[PreferencePair], folder: Path) -> dict[str, int]:
    """Write `rows/<split>/{alpaca,prompt_completion,preference}.{jsonl,csv,parquet}`.

    Returns the number of rows per `<split>/<format>`. A format without rows makes no file.
    """
    by_id = {example.id: example for example in examples}
    counts: dict[str, int] = {}
    for split in Split:
        chosen = [example for example in examples if example.split is split]
        answers = [render(example.answer, example.context) for example in chosen]
        provenance = [_provenance(example) for example in chosen]
        alpaca = [
            {"instruction": e.instruction, "input": e.context.text(), "output": answer, **origin}
            for e, answer, origin in zip(chosen, answers, provenance, strict=True)
        ]
        completion = [
            {"prompt": e.prompt, "completion": answer, **origin}
            for e, answer, origin in zip(chosen, answers, provenance, strict=True)
        ]
        preference = [
            {
                "prompt": pair.prompt,
                "chosen": render(pair.chosen, by_id[pair.example_id].context),
                "rejected": render(pair.rejected, by_id[pair.example_id].context),
                "flaw": pair.flaw.value,
                **_provenance(by_id[pair.example_id]),
            }
            for pair in pairs
            if pair.split is split
        ]
        for name, rows, columns in (
            ("alpaca", alpaca, ("instruction", "input", "output")),
            ("prompt_completion", completion, ("prompt", "completion")),
            ("preference", preference, ("prompt", "chosen", "rejected", "flaw")),
        ):
            if rows:
                schema = {**dict.fromkeys(columns, pl.String), **_PROVENANCE}
                _write(pl.DataFrame(rows, schema=schema), folder / "rows" / split.value, name)
                counts[f"{split.value}/{name}"] = len(rows)
    return counts


def _provenance(example: Example) -> Mapping[str, str | None]:
    """Dates as ISO text, the one form all three file formats agree on."""
    end = example.label_end_at
    return {
        "id": example.id,
        "task": example.task.value,
        "symbol": example.context.symbol,
        "decision_at": example.context.as_of.isoformat(),
        "label_end_at": None if end is None else end.isoformat(),
        "origin": example.context.origin.value,
    }


def _write(frame: pl.DataFrame, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frame.write_ndjson(folder / f"{name}.jsonl")
    frame.write_csv(folder / f"{name}.csv")
    frame.write_parquet(folder / f"{name}.parquet")
