"""A dataset folder that was edited into something no build leaves is refused with a sentence, never a traceback."""

from __future__ import annotations

import json

import polars as pl
import pytest

from foretune.audit.run import audit
from foretune.datasets.manifest import Manifest, write_manifest
from foretune.errors import ConfigError, DataError, EmptyData

UTC_US = pl.Datetime("us", "UTC")


@pytest.fixture
def folder(clean, tmp_path):
    """A panel and its manifest."""
    clean.write_parquet(tmp_path / "panel.parquet")
    empty = ("rows", "splits", "coverage", "known_at_basis", "independent_blocks", "quarantine", "files")
    nothing = {name: {} for name in empty}
    spec = {"horizon_days": 90, "assets": [{"fields": {}}], "fields": {}}
    write_manifest(
        Manifest(name="small", foretune="0", origin="recorded", spec=spec, inputs=[], notes=[], **nothing), tmp_path
    )
    return tmp_path


def with_spec(folder, spec):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, "spec": manifest["spec"] | spec}), encoding="utf-8")


def with_panel(folder, *columns):
    path = folder / "panel.parquet"
    pl.read_parquet(path).with_columns(*columns).write_parquet(path)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"horizon_days": "x"}, "'horizon_days'"),
        ({"horizon_days": None}, "'horizon_days'"),
        ({"horizon_days": 10**30}, "'horizon_days'"),
        ({"tolerance_days": "a"}, "'tolerance_days'"),
        ({"split": 3}, "'split'"),
    ],
    ids=str,
)
def test_a_panel_that_cannot_have_been_cut_so(folder, spec, said):
    with_spec(folder, spec)
    with pytest.raises(ConfigError, match=r"manifest\.json: spec") as refused:
        audit(folder, quick=True)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "spec",
    [{"assets": 3}, {"assets": [3]}, {"assets": [{"fields": [1]}]}, {"fields": [1]}, {"fields": {"vix": 3}}],
    ids=str,
)
def test_a_plan_that_is_none(folder, spec):
    with_spec(folder, spec)
    with pytest.raises(DataError, match=r"spec\.assets or spec\.fields is no plan"):
        audit(folder, quick=True)


@pytest.mark.parametrize("text", ["[" * 100_000, r'{"name": "\ud800"}', ""], ids=["deep", "half a pair", "empty"])
def test_a_manifest_no_build_writes(folder, text):
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="not a manifest of this version"):
        audit(folder, quick=True)


def test_a_panel_without_rows(folder):
    with_panel(folder)
    pl.read_parquet(folder / "panel.parquet").clear().write_parquet(folder / "panel.parquet")
    with pytest.raises(EmptyData, match="no rows to audit"):
        audit(folder, quick=True)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pl.col("target_return_90d").cast(pl.String), "target_return_90d is String, not a number"),
        (pl.lit(1).alias("split"), "split is Int32, not text"),
        (pl.lit(1).alias("asset_symbol"), "asset_symbol is Int32, not text"),
    ],
    ids=["an outcome as text", "a split as a number", "an asset as a number"],
)
def test_a_column_of_a_type_it_cannot_have(folder, column, said):
    with_panel(folder, column)
    with pytest.raises(DataError, match=said):
        audit(folder, quick=True)


def test_instruction_rows_whose_time_is_text(folder):
    pl.DataFrame(
        {"id": ["a"], "split": ["train"], "symbol": ["BTC-USD"], "decision_at": ["2021"], "label_end_at": [None]},
        schema_overrides={"label_end_at": UTC_US},
    ).write_parquet(folder / "examples.parquet")
    with pytest.raises(DataError, match=r"examples\.parquet: decision_at is String, not Datetime"):
        audit(folder, quick=True)


def test_categories_are_as_good_as_text(folder):
    plain = audit(folder, quick=True)
    with_panel(folder, pl.col("split", "asset_symbol").cast(pl.Categorical))
    findings = [finding for finding in audit(folder, quick=True).findings if finding.check != "files"]
    assert findings == [finding for finding in plain.findings if finding.check != "files"]
