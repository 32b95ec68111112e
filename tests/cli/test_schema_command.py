"""`foretune schema`: a table for people, JSON for programs, a JSON Schema for editors."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from foretune.cli.schema import schema
from foretune.datasets.schema import panel_schema

app = typer.Typer()
app.command()(schema)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("width", [80, 200])
def test_every_column_of_the_panel_is_shown_to_people(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    shown = run()
    for column in panel_schema():
        assert column.name in shown
    assert "looks ahead" in shown
    assert max(map(len, shown.splitlines())) <= width
    assert len(shown.splitlines()) < 3.2 * len(panel_schema())  # meanings are sentences, not columns of letters


def test_programs_get_every_column_with_type_unit_lookback_and_meaning():
    told = json.loads(run("panel", "--json"))
    assert told["table"] == "panel"
    assert [column["name"] for column in told["columns"]] == [column.name for column in panel_schema()]
    by_name = {column["name"]: column for column in told["columns"]}
    assert by_name["rsi_14"]["lookback"] == 15  # 14 changes need 15 closes
    assert by_name["rsi_14"]["dtype"] == "Float64"
    assert by_name["decision_at"]["dtype"] == "Datetime(time_unit='us', time_zone='UTC')"
    assert by_name["target_price_90d"]["looks_ahead"] is True


def test_the_horizon_names_the_target():
    names = [column["name"] for column in json.loads(run("--json", "--horizon-days", "30"))["columns"]]
    assert "target_price_30d" in names
    assert "target_price_90d" not in names


@pytest.mark.parametrize(
    ("table", "column"), [("bars", "volume_quote"), ("observations", "known_at"), ("splits", "ratio")]
)
def test_fact_tables_have_their_columns_too(table, column):
    assert column in [entry["name"] for entry in json.loads(run(table, "--json"))["columns"]]
    assert column in run(table)


@pytest.mark.parametrize("arguments", [("pipeline",), ("pipeline", "--json")])
def test_editors_get_a_json_schema_of_the_pipeline_file(arguments):
    told = json.loads(run(*arguments))
    assert told["type"] == "object"
    assert {"name", "assets", "start", "end"} <= set(told["required"])
    assert told["additionalProperties"] is False  # so that an editor marks a misspelt key


def test_an_unknown_table_is_refused():
    assert CliRunner().invoke(app, ["prices"]).exit_code == 2
