"""A dataset folder whose files are not what was written says which file, and how to get it back."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from foretune.datasets.example import Split, read_examples
from foretune.datasets.parquet import read_built
from foretune.datasets.preferences import PreferencePair, read_pairs
from foretune.errors import DataError

ROW = {
    "id": "BTCUSDT:2021-01-01", "task": "market_analysis", "split": "train", "symbol": "BTCUSDT", "decision_at": None,
    "label_end_at": None, "origin": "simulated", "context": "{}", "answer": "",
}  # fmt: skip
RUBBISH = {
    "nothing": b"",
    "text": b"hello",
    "half a header": b"PAR1" + b"x" * 50,
    "a wrong footer": b"PAR1" + b"\xff" * 50 + b"PAR1",
}


@pytest.mark.parametrize("name", RUBBISH)
@pytest.mark.parametrize("file", ["examples.parquet", "preferences.parquet"])
def test_a_file_that_is_no_parquet(tmp_path: Path, file: str, name: str) -> None:
    (tmp_path / file).write_bytes(RUBBISH[name])
    with pytest.raises(DataError, match=rf"{file}: damaged, .*'foretune build'"):
        read_examples([tmp_path]) if file == "examples.parquet" else read_pairs([tmp_path], split=Split.TRAIN)


@pytest.mark.parametrize(
    "changes",
    [{"context": "{}"}, {"context": "{"}, {"context": None}, {"task": "poetry"}, {"task": None}, {"split": "holdout"}],
)
def test_examples_that_cannot_be_true(tmp_path: Path, changes: dict[str, str | None]) -> None:
    pl.DataFrame([{**ROW, **changes}]).write_parquet(tmp_path / "examples.parquet")
    with pytest.raises(DataError, match=r"examples\.parquet: damaged"):
        read_examples([tmp_path])


def test_pairs_that_cannot_be_true(tmp_path: Path) -> None:
    row = dict.fromkeys(PreferencePair.model_fields, "x") | {"split": "train", "flaw": "no such flaw"}
    pl.DataFrame([row]).write_parquet(tmp_path / "preferences.parquet")
    with pytest.raises(DataError, match=r"preferences\.parquet: damaged"):
        read_pairs([tmp_path], split=Split.TRAIN)


@pytest.mark.parametrize("file", ["examples.parquet", "preferences.parquet"])
def test_a_missing_column_is_named(tmp_path: Path, file: str) -> None:
    pl.DataFrame({"id": ["x"]}).write_parquet(tmp_path / file)
    with pytest.raises(DataError, match=rf"{file}: has no column .*split"):
        read_examples([tmp_path]) if file == "examples.parquet" else read_pairs([tmp_path], split=Split.TRAIN)


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no panel\.parquet here; make the dataset first with 'foretune build'"):
        read_built(tmp_path / "panel.parquet", ["price_close"])
