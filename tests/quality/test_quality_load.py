"""The evidence of a folder is what the build judged, and its gates can be changed by hand."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretune.config import load_config
from foretune.errors import ConfigError, DataError
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
        ("completeness_min", "write gate=value"),
        ("=3", "write gate=value"),
        ("severity.=off", "write gate=value"),
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


def test_a_bare_off_of_yaml_is_the_word(tmp_path):
    path = tmp_path / "gates.yaml"
    path.write_text("severity: {gaps: off, outliers: fail}\n", encoding="utf-8")
    assert load_config(path, GateSpec).severity == {"gaps": "off", "outliers": "fail"}


@given(text=st.one_of(st.text(max_size=20), st.text(max_size=12).map("gap_days_max={}".format)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_an_override_or_a_sentence(dataset, text):
    with suppress(ConfigError):  # anything else is a bug
        load(dataset, [text])
