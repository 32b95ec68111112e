"""The evidence of a folder is what the build judged, and its gates can be changed by hand."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretune.config import load_config
from foretune.errors import ConfigError, DataError, EmptyData
from foretune.quality.gates import GateSpec
from foretune.quality.load import load
from foretune.quality.measure import measure


def test_a_folder_is_judged_as_the_build_judged_it(sound, dataset):
    name, evidence = load(dataset)
    assert name == "sound"
    assert measure("sound", evidence) == measure("sound", sound)


def test_overrides_are_put_over_the_gates_of_the_build(dataset):
    _, evidence = load(dataset, ["completeness_min=0.99", "severity.outliers=off", "required_fields=[vix]"])
    assert evidence.gates.completeness_min == 0.99
    assert evidence.gates.severity_of("outliers") == "off"
    assert list(evidence.gates.required_fields) == ["vix"]
    assert evidence.gates.gap_days_max == 7  # as it was


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("completeness_min", "write key=value, as in --set completeness_min=0.99"),
        ("=3", "write key=value, as in --set completeness_min=0.99"),
        ("severity.=off", "write key=value, as in --set completeness_min=0.99"),
        ("completenes_min=0.9", "did you mean 'completeness_min'?"),
        ("completeness_min=2", "'completeness_min'"),
        ("completeness_min.x=2", "has no 'x' in it"),
        ("gap_days_max=[1", "not valid YAML"),
        ("severity.outliers=stop", "severity.outliers"),
    ],
)
def test_an_override_that_is_no_gate_is_refused(dataset, text, said):
    with pytest.raises(ConfigError, match="set") as refused:
        load(dataset, [text])
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["manifest.json", "panel.parquet", "rejected.parquet", "facts/bars.parquet"])
def test_a_missing_file_says_what_to_run(dataset, name):
    (dataset / name).unlink()
    with pytest.raises(DataError, match="foretune build"):
        load(dataset)


@pytest.mark.parametrize("name", ["manifest.json", "quarantine.parquet", "facts/observations.parquet"])
def test_a_damaged_file_is_named(dataset, name):
    (dataset / name).write_bytes(b"\x00not it")
    with pytest.raises(DataError, match=name.rpartition("/")[2]):
        load(dataset)


def test_a_manifest_that_is_none_is_a_sentence(dataset):
    (dataset / "manifest.json").write_text(json.dumps([1]), encoding="utf-8")
    with pytest.raises(ConfigError, match="expected a mapping"):
        load(dataset)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"horizon_days": "x"}, "'horizon_days'"),
        ({"horizon_days": None}, "'horizon_days'"),
        ({"horizon_days": 10**30}, "'horizon_days'"),
        ({"horizon_days": 0}, "'horizon_days'"),
        ({"tolerance_days": "a"}, "'tolerance_days'"),
        ({"gates": [1]}, "gates: expected a mapping"),
        ({"gates": {"severity": 3}}, "'severity'"),
        ({"split": 1}, "'split'"),
    ],
    ids=str,
)
def test_a_manifest_edited_into_nonsense_is_a_sentence(dataset, spec, said):
    path = dataset / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, "spec": manifest["spec"] | spec}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"manifest\.json: spec") as refused:
        load(dataset)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, r'{"name": "\ud800"}', "9" * 5000], ids=["deep", "half a pair", "long"]
)
def test_a_manifest_no_build_writes_is_damaged(dataset, text):
    (dataset / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"manifest\.json: damaged"):
        load(dataset)


def edit(path, change):
    change(pl.read_parquet(path)).write_parquet(path)


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("panel.parquet", "price_close"),
        ("panel.parquet", "decision_at"),
        ("quarantine.parquet", "price_close"),
        ("facts/bars.parquet", "close"),
        ("facts/observations.parquet", "value"),
        ("facts/splits.parquet", "ratio"),
    ],
)
def test_a_column_of_another_type_is_named_with_its_file(dataset, file, column):
    edit(dataset / file, lambda rows: rows.with_columns(pl.col(column).cast(pl.String)))
    with pytest.raises(DataError, match=rf"{file}: {column} is String, not (Float64|Datetime.*); build"):
        load(dataset)


def test_a_panel_without_rows_is_empty(dataset):
    edit(dataset / "panel.parquet", lambda rows: rows.clear())
    with pytest.raises(EmptyData, match=r"panel\.parquet: has no rows"):
        load(dataset)


@pytest.mark.parametrize("column", ["asset_symbol", "decision_at", "target_return_90d"])
def test_a_panel_with_holes_where_no_row_has_any_is_refused(dataset, column):
    edit(dataset / "panel.parquet", lambda rows: rows.with_columns(pl.lit(None, rows.schema[column]).alias(column)))
    with pytest.raises(DataError, match=f"values are missing in {column}"):
        load(dataset)


def test_a_bare_off_of_yaml_is_the_word(tmp_path):
    path = tmp_path / "gates.yaml"
    path.write_text("severity: {gaps: off, outliers: fail}\n", encoding="utf-8")
    assert load_config(path, GateSpec).severity == {"gaps": "off", "outliers": "fail"}


@given(text=st.one_of(st.text(max_size=20), st.text(max_size=12).map("gap_days_max={}".format)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_an_override_or_a_sentence(dataset, text):
    try:
        said, gates = "", load(dataset, [text])[1].gates
    except ConfigError as exc:  # anything else is a bug
        said, gates = str(exc), None
    assert isinstance(gates, GateSpec) or 0 < len(said) < 1000  # it may list every gate
    assert "\n" not in said
