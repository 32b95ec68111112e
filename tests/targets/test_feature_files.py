"""Whole files through the kernel: what is written, what is kept on the next run, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foretune.errors import ConfigError, DataError
from foretune.features.kernel import bar_features
from foretune.targets import files
from foretune.targets.files import features_of_file, features_of_files
from foretune.targets.forward import forward_targets

DAY = 86_400_000_000
STAMP = pa.timestamp("us", "UTC")


def bars(symbol: str, n: int = 120) -> pa.Table:
    close = 100 * np.exp(np.cumsum(np.random.default_rng(len(symbol)).normal(0, 0.03, n)))
    return pa.table(
        {
            "symbol": [symbol] * n,
            "asset_class": ["crypto"] * n,
            "event_at": pa.array(np.arange(n) * DAY).cast(STAMP),
            "known_at": pa.array((np.arange(n) + 1) * DAY).cast(STAMP),
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": close * 3,
            "source": ["test"] * n,
        }
    )


def written(table: pa.Table, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def test_each_file_becomes_one_of_the_same_name_with_features_and_target(tmp_path):
    table = pa.concat_tables([bars("A"), bars("BB")])
    one, two = written(table, tmp_path / "in/one.parquet"), written(bars("CCC"), tmp_path / "in/two.parquet")
    made = list(features_of_files([one, two], tmp_path / "out", horizon_days=30))
    assert [(m.path.name, m.rows, sorted(m.symbols), m.reused) for m in made] == [
        ("one.parquet", 240, ["A", "BB"], False),
        ("two.parquet", 120, ["CCC"], False),
    ]
    expected = forward_targets(bar_features(table), horizon_days=30)
    found = pq.read_table(made[0].path)
    assert found.column_names == expected.column_names
    assert found.cast(expected.schema).equals(expected)


def test_texts_are_dictionaries_in_the_file_and_numbers_are_not(tmp_path):
    path = features_of_file(written(bars("A"), tmp_path / "a.parquet"), tmp_path / "out").path
    group = pq.ParquetFile(path).metadata.row_group(0)
    encoded = {group.column(i).path_in_schema: group.column(i).has_dictionary_page for i in range(group.num_columns)}
    assert {name for name, has in encoded.items() if has} == {"symbol", "asset_class", "source"}


def test_a_second_run_keeps_what_is_finished_and_makes_anew_what_is_not(tmp_path):
    one, two = written(bars("A"), tmp_path / "in/one.parquet"), written(bars("BB"), tmp_path / "in/two.parquet")
    out = tmp_path / "out"
    list(features_of_files([one, two], out))
    (out / "two.parquet").write_bytes(b"PAR1 cut off")
    before = (out / "one.parquet").stat().st_mtime_ns
    assert [m.reused for m in features_of_files([one, two], out)] == [True, False]
    assert (out / "one.parquet").stat().st_mtime_ns == before
    written(bars("A", 121), one)
    assert [(m.rows, m.reused) for m in features_of_files([one, two], out)] == [(121, False), (120, True)]
    assert [m.reused for m in features_of_files([one, two], out, horizon_days=30)] == [False, False]


def test_a_run_killed_while_writing_leaves_nothing_that_looks_finished(tmp_path, monkeypatch):
    path, out = written(bars("A"), tmp_path / "a.parquet"), tmp_path / "out"

    def half(table, target, made_from):
        target.write_bytes(b"PAR1 half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files, "_write", half)
        with pytest.raises(KeyboardInterrupt):
            features_of_file(path, out)
    assert list(out.iterdir()) == []
    assert not features_of_file(path, out).reused


def test_an_asset_in_two_files_is_refused_since_its_warm_up_would_start_twice(tmp_path):
    paths = [written(bars("A"), tmp_path / f"in/{name}.parquet") for name in ("one", "two")]
    with pytest.raises(DataError, match=r"A is in .*one\.parquet and in .*two\.parquet; a file must hold whole assets"):
        list(features_of_files(paths, tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["one.parquet"]


def test_an_output_may_replace_neither_its_input_nor_another_output(tmp_path):
    path, other = written(bars("A"), tmp_path / "a/x.parquet"), written(bars("BB"), tmp_path / "b/x.parquet")
    with pytest.raises(ConfigError, match="would replace the input"):
        features_of_file(path, tmp_path / "a")
    with pytest.raises(ConfigError, match="would both be written"):
        list(features_of_files([path, other], tmp_path / "out"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda table: table.drop_columns(["open", "low"]), "has no column open, low"),
        (lambda table: table.take([1, 0, 2]), "does not rise at row 1"),
        (lambda table: table.set_column(0, "symbol", pa.array([None] * len(table), pa.string())), "symbol is missing"),
        (lambda table: table.set_column(7, "close", pa.array([0.0] * len(table))), "close has a value that is not"),
    ],
)
def test_bad_bars_are_named_with_their_file(tmp_path, spoil, message):
    path = written(spoil(bars("A")), tmp_path / "bad.parquet")
    with pytest.raises(DataError, match=rf"bad\.parquet: .*{message}"):
        features_of_file(path, tmp_path / "out")


def test_what_is_not_parquet_or_not_there_is_told(tmp_path):
    (tmp_path / "a.parquet").write_text("symbol,close\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.parquet: is not a Parquet file"):
        features_of_file(tmp_path / "a.parquet", tmp_path / "out")
    with pytest.raises(DataError, match=r"b\.parquet: cannot be read"):
        features_of_file(tmp_path / "b.parquet", tmp_path / "out")
