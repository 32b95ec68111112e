"""The files below `rows/`: complete, equal in every format and file type, readable by Hugging Face `datasets`."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import polars as pl
import pyarrow.parquet as pq
import pytest

from foretune.answers.template import TEMPLATE
from foretune.config import parse_config
from foretune.datasets.example import Split
from foretune.datasets.export import ExportSpec, chosen_features, export
from foretune.datasets.instructions import make_examples
from foretune.datasets.preferences import make_pairs
from foretune.datasets.row_formats import RowFormat
from foretune.datasets.rows import PROVENANCE
from foretune.errors import ConfigError

CONTENTS = ("features", "window", "answers")
FILES = ("jsonl", "parquet", "csv")
NAMES = [f"{content}-{layout}" for content in CONTENTS for layout in RowFormat] + ["preferences-pairs"]
NESTED = {RowFormat.SHAREGPT: "conversations", RowFormat.CHATML: "messages"}


@pytest.fixture(scope="module")
def examples(panel_of_two):
    return list(make_examples(panel_of_two))


@pytest.fixture(scope="module")
def pairs(examples):
    chosen = [example for split in Split for example in examples if example.split is split][::25]
    return make_pairs(chosen, seed=0)


@pytest.fixture(scope="module")
def exported(panel_of_two, two_assets, examples, pairs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    return folder, export(panel_of_two, two_assets, examples, pairs, folder, ExportSpec())


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows_of(folder, split, name) -> pl.DataFrame:
    return pl.read_parquet(folder / "rows" / split / f"{name}.parquet")


def test_by_default_every_content_stands_in_every_format_and_file_type(exported):
    folder, _ = exported
    assert set(files_of(folder)) == {
        f"rows/{split}/{name}.{kind}" for split in Split for name in NAMES for kind in FILES
    }


def test_the_counts_are_those_of_the_files_and_of_the_panel(exported, panel_of_two):
    folder, counted = exported
    assert counted.rows == {f"{split}/{name}": len(rows_of(folder, split, name)) for name in NAMES for split in Split}
    for split in Split:
        labelled = panel_of_two.filter(pl.col("split") == split).height
        assert counted.rows[f"{split}/features-alpaca"] == counted.rows[f"{split}/window-chatml"] == labelled
        assert counted.rows[f"{split}/answers-sharegpt"] == 2 * labelled
    assert counted.left_out == {}


@pytest.mark.parametrize("name", NAMES)
def test_the_three_file_types_hold_the_same_rows(exported, name):
    folder, _ = exported
    for split in Split:
        parquet = rows_of(folder, split, name).to_dicts()
        path = folder / "rows" / split
        lines = (path / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == parquet
        with (path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = list(csv.DictReader(file))
        flat = [
            {key: json.loads(text) if key in NESTED.values() else text for key, text in row.items()} for row in cells
        ]
        assert flat == [{key: "" if value is None else value for key, value in row.items()} for row in parquet]


@pytest.mark.parametrize("content", CONTENTS)
def test_the_four_formats_hold_the_same_text(exported, content):
    folder, _ = exported
    for split in Split:
        alpaca = rows_of(folder, split, f"{content}-alpaca")
        users = [TEMPLATE.user_message(*row) for row in alpaca.select("instruction", "input").rows()]
        answers = alpaca["output"].to_list()
        for layout, column in NESTED.items():
            turns = [
                [list(turn.values())[1] for turn in row]
                for row in rows_of(folder, split, f"{content}-{layout}")[column]
            ]
            assert turns == [list(pair) for pair in zip(users, answers, strict=True)]
        completion = rows_of(folder, split, f"{content}-prompt_completion")
        prompts = [TEMPLATE.prompt(*row) for row in alpaca.select("instruction", "input").rows()]
        assert completion["prompt"].to_list() == prompts
        assert completion["completion"].to_list() == answers


def test_the_numbers_of_the_text_are_the_panels_to_seven_digits(exported, panel_of_two):
    folder, _ = exported
    panel = {(row["asset_symbol"], row["decision_at"].isoformat()): row for row in panel_of_two.iter_rows(named=True)}
    for row in rows_of(folder, "test", "features-alpaca").iter_rows(named=True):
        known = panel[row["symbol"], row["decision_at"]]
        question, answer = json.loads(row["input"]), json.loads(row["output"])
        assert set(question) == {"price_close", *(n for n in chosen_features(ExportSpec()) if known[n] is not None)}
        for name, value in question.items():
            assert value == pytest.approx(known[name], rel=5.1e-7)
        for name, value in answer.items():
            assert value == pytest.approx(known[name.replace("predicted", "target")], rel=5.1e-7)


def test_every_row_carries_its_provenance_and_no_split_column(exported):
    folder, _ = exported
    for split in Split:
        for name in NAMES:
            rows = rows_of(folder, split, name)
            assert rows.columns[-len(PROVENANCE) :] == list(PROVENANCE)
            assert rows["id"].n_unique() == len(rows) or name == "preferences-pairs"
            assert set(rows["origin"]) == {"simulated"}


def test_rows_come_in_order_of_time(exported):
    folder, _ = exported
    for name in NAMES:
        assert rows_of(folder, "train", name)["decision_at"].is_sorted()


def test_exporting_again_gives_the_same_bytes(exported, panel_of_two, two_assets, examples, pairs, tmp_path):
    folder, counted = exported
    shuffled = panel_of_two.sample(fraction=1, shuffle=True, seed=1)
    assert export(shuffled, two_assets, examples, pairs, tmp_path, ExportSpec()) == counted
    assert files_of(tmp_path) == files_of(folder)


def test_shards_cover_the_same_rows_and_none_is_empty(exported, panel_of_two, two_assets, tmp_path):
    folder, counted = exported
    spec = ExportSpec(contents=["features"], formats=["alpaca"], files=["parquet"], shard="quarter")
    again = export(panel_of_two, two_assets, [], [], tmp_path, spec)
    assert again.rows == {name: n for name, n in counted.rows.items() if name.endswith("/features-alpaca")}
    for split in Split:
        paths = sorted((tmp_path / "rows" / split).glob("features-alpaca-*.parquet"))
        assert pl.concat([pl.read_parquet(path) for path in paths]).equals(rows_of(folder, split, "features-alpaca"))
        for path in paths:
            decided = pl.read_parquet(path)["decision_at"].str.to_datetime(time_zone="UTC")
            quarters = {f"{at.year}-Q{(at.month + 2) // 3}" for at in decided}
            assert quarters == {path.stem.removeprefix("features-alpaca-")}


def test_no_more_rows_in_a_file_than_asked_for(panel_of_two, two_assets, tmp_path):
    spec = ExportSpec(contents=["window"], formats=["chatml"], files=["jsonl"], max_rows=100)
    counted = export(panel_of_two, two_assets, [], [], tmp_path, spec)
    for split in Split:
        sizes = [
            len(path.read_text(encoding="utf-8").splitlines()) for path in sorted((tmp_path / "rows" / split).iterdir())
        ]
        full, rest = divmod(counted.rows[f"{split}/window-chatml"], 100)
        assert sizes == [100] * full + ([rest] if rest else [])


def test_windows_that_cannot_be_shown_are_counted(panel_of_two, two_assets, tmp_path):
    spec = ExportSpec(contents=["window"], formats=["alpaca"], files=["csv"], window=300)
    counted = export(panel_of_two, two_assets, [], [], tmp_path, spec)
    # rows begin with the 200th bar, so 100 of each asset have fewer than 300
    assert counted.left_out == {"window: fewer than 300 closes": 2 * 100}


def test_a_parquet_dictionary_is_on_columns_that_repeat_only(exported):
    folder, _ = exported
    meta = pq.ParquetFile(folder / "rows" / "train" / "features-alpaca.parquet").metadata.row_group(0)
    encoded = {meta.column(at).path_in_schema for at in range(meta.num_columns) if meta.column(at).has_dictionary_page}
    assert encoded == {"instruction", "task", "symbol", "origin"}


def test_all_features_leave_out_flags_and_canonical_ones_are_the_guides():
    every = chosen_features(ExportSpec(features="all"))
    assert set(chosen_features(ExportSpec())) < set(every)
    assert len(chosen_features(ExportSpec())) == 36
    assert not [name for name in every if name.endswith("_missing")]
    assert chosen_features(ExportSpec(features=["vix", "rsi_14"])) == ["vix", "rsi_14"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"formats": ["alpacca"]}, "formats.0"),
        ({"contents": ["prices"]}, "contents.0"),
        ({"shard": "week"}, "shard"),
        ({"max_rows": 0}, "max_rows"),
        ({"window": 1}, "window"),
        ({"format": ["alpaca"]}, "did you mean 'formats'"),
    ],
)
def test_a_mistake_in_the_plan_is_named(wrong, told):
    with pytest.raises(ConfigError, match=told):
        parse_config(wrong, ExportSpec, where="exports")


def test_an_unknown_feature_is_refused_before_a_file_is_written(panel_of_two, two_assets, tmp_path):
    with pytest.raises(ConfigError, match="'rsi_15' is no column"):
        export(panel_of_two, two_assets, [], [], tmp_path, ExportSpec(features=["rsi_15"]))
    assert files_of(tmp_path) == {}


def test_no_row_of_training_covers_time_that_a_later_split_decides_in(exported):
    folder, _ = exported
    ends, starts = {}, {}
    for split in Split:
        rows = rows_of(folder, split, "features-alpaca")
        ends[split], starts[split] = (
            rows.select(pl.col(name).str.to_datetime(time_zone="UTC")).to_series()
            for name in ("label_end_at", "decision_at")
        )
    assert ends[Split.TRAIN].max() + timedelta(days=5) <= starts[Split.VALIDATION].min()
    assert ends[Split.VALIDATION].max() + timedelta(days=5) <= starts[Split.TEST].min()


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("name", NAMES)
def test_hugging_face_datasets_reads_it(exported, tmp_path, kind, name):
    datasets = pytest.importorskip("datasets")
    folder, _ = exported
    files = {str(split): str(folder / "rows" / split / f"{name}.{kind}") for split in Split}

    loaded = datasets.load_dataset("json" if kind == "jsonl" else kind, data_files=files, cache_dir=str(tmp_path))

    for split in Split:
        wanted = rows_of(folder, split, name)
        found = loaded[str(split)]
        assert set(found.column_names) == set(wanted.columns)
        for column in wanted.columns[: -len(PROVENANCE)]:
            values = found[column][:]
            if kind == "csv" and wanted.schema[column].is_nested():
                values = [json.loads(value) for value in values]
            assert values == wanted[column].to_list()
