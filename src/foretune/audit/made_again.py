"""Check: examples and preference pairs are what the panel makes, word for word. No file of text rows is read."""

from __future__ import annotations

import reprlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from foretune.audit.dataset import AuditedDataset
from foretune.audit.finding import Finding, Status, named
from foretune.audit.instruction_rows import CHECK
from foretune.datasets.example import FILE_NAME, Example, write_examples
from foretune.datasets.instructions import FORECAST_DAYS, make_examples
from foretune.datasets.parquet import read_built
from foretune.datasets.preferences import FILE_NAME as PAIRS_FILE
from foretune.errors import ForetuneError

PAIRS = "preference pairs"
_NEEDED = (
    "origin", "price_close", "price_high", "price_low", "return_1d_pct", "sma_50", "sma_200", "rsi_14",
    "volatility_30d", "volatility_90d", "label_end_at", "split",
)  # fmt: skip
_MEND = "make examples and pairs from this panel, and change none by hand"


def examples_again(data: AuditedDataset) -> list[Example] | Finding:
    """The examples that the panel makes, or why it makes none."""
    panel = data.panel
    needed = [*_NEEDED, *([data.target] if data.horizon_days == FORECAST_DAYS else [])]
    absent = [name for name in needed if panel is None or name not in panel.columns]
    if panel is None or absent:
        return Finding(
            check=CHECK,
            status=Status.SKIPPED,
            what=f"the panel has no {named(absent)}: its examples cannot be made again",
            mend="audit the folder as 'foretune build' left it",
        )
    try:
        return list(make_examples(panel, horizon_days=data.horizon_days))
    except (ForetuneError, TypeError, ValueError, ArithmeticError) as exc:
        # a missing or impossible value where an answer needs one
        return Finding(
            check=CHECK,
            status=Status.LEAK,
            what="no examples can be made of this panel",
            detail=_why(exc),
            mend="build the dataset again",
        )


def _why(exc: Exception) -> str:
    if not isinstance(exc, ValidationError):
        return str(exc)
    error = exc.errors()[0]
    return f"{'.'.join(map(str, error['loc']))} is {reprlib.repr(error['input'])}: {error['msg'].lower()}"


def check_examples(data: AuditedDataset, made: Sequence[Example]) -> list[Finding]:
    """Compare every column of `examples.parquet` with the examples `made` of the panel.

    A context of a later row, an answer of another outcome or a label end that is gone is a leak;
    examples that the panel makes and the file has not are a warning.

    Raises:
        DataError: the file is damaged.
    """
    path = data.folder / FILE_NAME
    if not path.is_file():
        return []
    with tempfile.TemporaryDirectory() as place:
        expected = pl.read_parquet(write_examples(made, Path(place)))
    found = read_built(path, expected.columns)
    return _compared(CHECK, found, expected, "id", "examples")


def check_pairs(data: AuditedDataset, made: Sequence[Example]) -> list[Finding]:
    """Compare split, prompt and chosen answer of each preference pair with its example among `made`.

    Raises:
        DataError: the file is damaged.
    """
    path = data.folder / PAIRS_FILE
    if not path.is_file():
        return []
    found = read_built(path, ["example_id", "split", "prompt", "chosen", "rejected"])
    asked = set(found["example_id"])
    expected = pl.DataFrame(
        [
            {"example_id": e.id, "split": e.split.value, "prompt": e.prompt, "chosen": e.answer}
            for e in made
            if e.id in asked
        ],
        schema=dict.fromkeys(("example_id", "split", "prompt", "chosen"), pl.String),
    )
    return _compared(PAIRS, found, expected, "example_id", "pairs")


def _compared(check: str, found: pl.DataFrame, expected: pl.DataFrame, key: str, what: str) -> list[Finding]:
    findings = []
    strangers = found.join(expected, on=key, how="anti")
    if strangers.height:
        findings.append(
            Finding(
                check=check,
                status=Status.LEAK,
                what=f"{strangers.height:,} of {len(found):,} {what} are of no panel row in a split",
                detail=f"first: {strangers[key][0]}",
                mend=_MEND,
                figures={"rows": strangers.height},
            )
        )
    shared = [name for name in expected.columns if name != key and name in found.columns]
    both = found.select(key, *shared).join(expected.select(key, *shared), on=key, suffix="|made", maintain_order="left")
    changed = {name: both.filter(pl.col(name).ne_missing(pl.col(f"{name}|made"))) for name in shared}
    changed = {name: part for name, part in changed.items() if part.height}
    if changed:
        most = max(part.height for part in changed.values())
        findings.append(
            Finding(
                check=check,
                status=Status.LEAK,
                what=f"{named(list(changed))} of {most:,} {what} {'are' if len(changed) > 1 else 'is'} not what the "
                "panel makes",
                detail="; ".join(f"{name}: {part.height:,}, first {part[key][0]}" for name, part in changed.items()),
                mend=_MEND,
                columns=list(changed),
                figures={"rows": most},
            )
        )
    left_out = expected.join(found, on=key, how="anti")
    if left_out.height:
        findings.append(
            Finding(
                check=check,
                status=Status.WARNING,
                what=f"{left_out.height:,} {what} that the panel makes are not here",
                detail=f"first: {left_out[key][0]}",
                mend="say why they were left out; a choice that looks at outcomes is a leak no check can see",
                figures={"rows": left_out.height},
            )
        )
    return findings or [Finding(check=check, status=Status.OK, what=f"{len(found):,} {what} are what the panel makes")]
