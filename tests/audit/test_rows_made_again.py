"""Examples, pairs and exported rows against the panel they were made of: what a trainer would take in unseen."""

from __future__ import annotations

import shutil

import polars as pl
import pytest

from foretune.audit.dataset import AuditedDataset
from foretune.audit.exported_rows import check_exported_again, check_exported_places
from foretune.audit.finding import Finding, Status
from foretune.audit.made_again import check_examples, check_pairs, examples_again
from foretune.datasets.example import write_examples
from foretune.datasets.export import ExportSpec, export
from foretune.datasets.instructions import make_examples
from foretune.datasets.manifest import Manifest
from foretune.datasets.panel import PanelSpec, build_panel
from foretune.datasets.preferences import make_pairs, write_pairs
from foretune.errors import DataError

SPEC = ExportSpec(formats=("alpaca",), contents=("features", "answers", "preferences"))
NO_TIME = pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("label_end_at")


@pytest.fixture(scope="module")
def given(making):
    return making.facts(days=1500)


@pytest.fixture(scope="module")
def panel(given):
    return build_panel(given, PanelSpec()).rows


@pytest.fixture(scope="module")
def examples(panel):
    return list(make_examples(panel))


@pytest.fixture(scope="module")
def written(given, panel, examples, tmp_path_factory):
    place = tmp_path_factory.mktemp("rows")
    pairs = make_pairs(examples[:100], seed=1)
    write_examples(examples, place)
    write_pairs(pairs, place)
    export(panel, given, examples, pairs, place, SPEC)
    return place


@pytest.fixture
def folder(written, tmp_path):
    shutil.copytree(written, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def data(folder, given, panel):
    manifest = Manifest(
        name="rows", foretune="0", origin="recorded", spec={"exports": SPEC.model_dump(mode="json")}, inputs=[],
        rows={}, splits={}, coverage={}, known_at_basis={}, independent_blocks={}, quarantine={}, files={}, notes=[],
    )  # fmt: skip
    return AuditedDataset(folder, panel.sort("decision_at"), 90, 0, manifest, given, panel)


def changed(folder, name, change):
    change(pl.read_parquet(folder / name)).write_parquet(folder / name)


def leaks(findings):
    return [finding for finding in findings if finding.status is Status.LEAK]


def test_rows_as_they_were_made_pass(data, examples):
    findings = [
        *check_examples(data, examples_again(data)),
        *check_pairs(data, examples),
        *check_exported_places(data),
        *check_exported_again(data, examples),
    ]
    assert [finding.status for finding in findings] == [Status.OK] * 4
    # features, answers and pairs of three splits as jsonl, parquet and csv; pairs are of training rows only
    assert findings[-1].what == "21 files of rows are what the panel makes"


def test_contexts_of_later_rows_are_found(data, folder, examples):
    later = pl.col("context").shift(-90).over("task").fill_null(pl.col("context"))
    changed(folder, "examples.parquet", lambda e: e.with_columns(later))
    (finding,) = leaks(check_examples(data, examples))
    assert list(finding.columns) == ["context"]


def test_label_ends_that_were_wiped_are_found(data, folder, examples):
    changed(folder, "examples.parquet", lambda e: e.with_columns(NO_TIME))
    (finding,) = leaks(check_examples(data, examples))
    assert list(finding.columns) == ["label_end_at"]
    assert finding.what == f"label_end_at of {len(examples) // 2:,} examples is not what the panel makes"


def test_answers_of_other_outcomes_are_found(data, folder, examples):
    changed(folder, "examples.parquet", lambda e: e.with_columns(pl.col("answer").shift(2).over("task")))
    assert list(leaks(check_examples(data, examples))[0].columns) == ["answer"]


def test_an_example_of_no_panel_row_is_found(data, folder, examples):
    invented = pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("DOGE:2020-01-01")).otherwise("id").alias("id")
    changed(folder, "examples.parquet", lambda e: e.with_columns(invented))
    stranger, left_out = check_examples(data, examples)
    assert stranger.what == f"1 of {len(examples):,} examples are of no panel row in a split"
    assert (left_out.status, left_out.what) == (Status.WARNING, "1 examples that the panel makes are not here")


def test_pairs_in_another_split_or_with_another_prompt_are_found(data, folder, examples):
    test = pl.lit("test").alias("split")
    changed(folder, "preferences.parquet", lambda p: p.with_columns(test, pl.col("prompt").shift(2)))
    (finding,) = leaks(check_pairs(data, examples))
    assert set(finding.columns) == {"split", "prompt"}


def test_a_pair_of_an_unknown_example_is_found(data, folder, examples):
    changed(folder, "preferences.parquet", lambda p: p.with_columns(pl.lit("X:2020-01-01").alias("example_id")))
    (finding,) = leaks(check_pairs(data, examples))
    assert finding.what == "100 of 100 pairs are of no panel row in a split"


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_test_rows_appended_to_the_training_file_are_found(data, folder, examples, suffix):
    train, test = (folder / "rows" / split / f"features-alpaca.{suffix}" for split in ("train", "test"))
    lines = test.read_text().splitlines(keepends=True)[suffix == "csv" :]
    train.write_text(train.read_text() + "".join(lines))
    (place,) = leaks(check_exported_places(data))
    assert place.figures == {"rows": len(lines), "files": 1}
    assert f"rows/train/features-alpaca.{suffix}: {len(lines):,}, first BTC-USD:" in place.detail
    assert "its panel row is in test" in place.detail
    (again,) = leaks(check_exported_again(data, examples))
    assert again.detail == f"rows/train/features-alpaca.{suffix}"


def test_a_changed_parquet_row_is_found_by_what_it_holds(data, folder, examples):
    name = "rows/train/features-alpaca.parquet"
    # the same rows in other bytes are the same rows
    changed(folder, name, lambda rows: rows)
    assert leaks(check_exported_again(data, examples)) == []
    changed(folder, name, lambda rows: rows.with_columns(pl.col("input").shift(-1).fill_null(pl.col("input"))))
    assert leaks(check_exported_places(data)) == []
    assert leaks(check_exported_again(data, examples))[0].detail == name


def test_rows_without_the_end_of_their_label_are_found(data, folder):
    changed(
        folder,
        "rows/test/features-alpaca.parquet",
        lambda r: r.with_columns(pl.lit(None, pl.String).alias("label_end_at")),
    )
    (finding,) = leaks(check_exported_places(data))
    assert "label_end_at is missing" in finding.detail


def test_a_file_of_rows_from_nowhere_is_a_warning(data, folder, examples):
    (folder / "rows" / "train" / "more.jsonl").write_text('{"instruction": "a", "output": "b"}\n')
    (place,) = [f for f in check_exported_places(data) if f.status is Status.WARNING]
    (again,) = [f for f in check_exported_again(data, examples) if f.status is Status.WARNING]
    assert place.what == "rows/train/more.jsonl: rows do not say which asset and time they are about"
    assert again.what == "1 files are none that the plan makes"


def test_quick_compares_one_layout_of_each_content(data, examples):
    (finding,) = check_exported_again(data, examples, quick=True)
    assert finding.what == "7 files of rows are what the panel makes"


def test_a_file_that_cannot_be_read_is_refused(data, folder):
    (folder / "rows" / "train" / "features-alpaca.parquet").write_bytes(b"rubbish")
    with pytest.raises(DataError, match="damaged"):
        check_exported_places(data)


def test_a_panel_of_somebody_elses_makes_no_examples(data, panel):
    theirs = AuditedDataset(data.folder, data.rows, 90, 0, None, None, panel.drop("sma_50"))
    finding = examples_again(theirs)
    assert isinstance(finding, Finding)
    assert (finding.status, finding.what) == (
        Status.SKIPPED,
        "the panel has no sma_50: its examples cannot be made again",
    )


def test_a_panel_with_a_hole_where_an_answer_needs_a_value_is_a_leak(data, panel):
    holes = panel.with_columns(pl.lit(None, pl.Float64).alias("volatility_90d"))
    finding = examples_again(AuditedDataset(data.folder, data.rows, 90, 0, None, None, holes))
    assert isinstance(finding, Finding)
    assert finding.status is Status.LEAK


def test_a_value_that_no_answer_can_hold_is_named(data, panel):
    """An index of 0 to 100 below 0 shows that the column was scaled."""
    scaled = panel.with_columns(pl.lit(-1.5).alias("rsi_14"))
    found = examples_again(AuditedDataset(data.folder, data.rows, 90, 0, None, None, scaled))
    assert isinstance(found, Finding)
    assert (found.status, found.detail) == (Status.LEAK, "rsi_14 is -1.5: input should be greater than or equal to 0")
