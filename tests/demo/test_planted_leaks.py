"""Leaks planted into copies: each changes only what it says, is named by its check, and leaves the dataset alone."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foretune.audit.run import audit, panel_spec
from foretune.datasets.facts import Facts
from foretune.datasets.manifest import Manifest, file_hashes
from foretune.demo.planted import LEAKS, Dataset, plant_and_audit
from foretune.errors import DataError

LEAK = {leak.name: leak for leak in LEAKS}


@pytest.fixture(scope="module")
def built(finished):
    return finished.datasets[0]


@pytest.fixture(scope="module")
def honest(built):
    rows = pl.read_parquet(built.folder / "panel.parquet")
    return Dataset(rows, Facts.read(built.folder / "facts"), panel_spec(built.manifest))


def test_the_audit_names_every_planted_leak_and_none_in_the_dataset_itself(finished, built):
    assert {planted.leak.name: planted.found is not None for planted in finished.planted} == dict.fromkeys(LEAK, True)
    assert built.audit.leaks == []


def test_the_dataset_is_left_as_it_was_built(finished, built):
    files = file_hashes(built.folder)
    files.pop("manifest.json")
    assert files == built.manifest.files


def test_a_copy_says_first_what_was_planted_in_it(finished):
    for planted in finished.planted:
        manifest = Manifest.model_validate_json((planted.folder / "manifest.json").read_text(encoding="utf-8"))
        assert manifest.notes[0].startswith("A leak was planted here on purpose")
        assert planted.leak.what in manifest.notes[0]


def test_a_reader_who_audits_the_copy_gets_the_same_answer(finished):
    planted = finished.planted[0]
    assert audit(planted.folder, quick=True).leaks == planted.report.leaks


def test_shuffling_keeps_every_row_and_the_size_of_each_split(honest):
    leaking = LEAK["shuffled_split"].plant(honest).rows
    assert_frame_equal(leaking.drop("split"), honest.rows.drop("split"))
    sizes = pl.col("split").value_counts(sort=True)
    assert_frame_equal(leaking.select(sizes), honest.rows.select(sizes))


def test_the_centred_average_ends_nine_days_after_its_day(honest):
    leaking = LEAK["centred_window"].plant(honest).rows
    around = honest.rows["price_close"][90:110]  # ten days before day 100, itself, and nine after
    assert leaking["sma_20"][100] == pytest.approx(around.mean(), rel=1e-12)
    assert_frame_equal(leaking.drop("sma_20"), honest.rows.drop("sma_20"))


def test_prices_of_a_month_are_seen_on_its_first_day(honest):
    leaking = LEAK["release_ignored"].plant(honest)
    ours = leaking.facts.observations.filter(pl.col("field") == "cpi_yoy")
    assert (ours["known_at"] == ours["event_at"]).all()
    changed = [name for name in leaking.rows.columns if not leaking.rows[name].equals(honest.rows[name])]
    assert set(changed) == {"cpi_yoy", "cpi_yoy_change"}


def test_scaling_on_all_rows_leaves_mean_zero_and_deviation_one(honest):
    rsi = LEAK["scaled_on_all_rows"].plant(honest).rows["rsi_14"]
    assert rsi.mean() == pytest.approx(0, abs=1e-12)
    assert rsi.std() == pytest.approx(1, abs=1e-12)


def test_a_dataset_that_cannot_hold_a_leak_is_named(built, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    pl.read_parquet(built.folder / "panel.parquet").with_columns(pl.lit("train").alias("split")).write_parquet(
        bare / "panel.parquet"
    )
    Facts.read(built.folder / "facts").write(bare / "facts")
    with pytest.raises(DataError, match="small cannot hold the leak 'shuffled_split'"):
        next(plant_and_audit(bare, built.manifest, tmp_path / "planted"))
