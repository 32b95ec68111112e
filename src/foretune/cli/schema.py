"""`foretune schema`: the columns of a table, or the JSON Schema of a pipeline file."""

from __future__ import annotations

import dataclasses
import json
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from foretune.cli.plain import plain

_MARKS = {"key": "key", "needed": "never null", "looks_ahead": "looks ahead"}


class Described(StrEnum):
    """What can be described."""

    PANEL = "panel"
    BARS = "bars"
    OBSERVATIONS = "observations"
    SPLITS = "splits"
    PIPELINE = "pipeline"


def schema(
    table: Annotated[Described, typer.Argument(help="What to describe.")] = Described.PANEL,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs, on standard output.")] = False,
    horizon_days: Annotated[int, typer.Option(min=1, max=3650, help="Horizon of the panel's target.")] = 90,
) -> None:
    """Explain every column of the panel or of a fact table, or give the JSON Schema of a pipeline.

    `pipeline` is always JSON: an editor that knows YAML schemas completes and checks pipeline files with it.

    Examples: `foretune schema`, `foretune schema bars --json`, `foretune schema pipeline > pipeline.schema.json`
    """
    if table is Described.PIPELINE:
        from foretune.pipeline.spec import BuildSpec

        typer.echo(_json(BuildSpec.model_json_schema()))
        return
    records = _records(table, horizon_days)
    if as_json:
        typer.echo(_json({"table": table.value, "columns": records}))
        return
    Console().print(_table(table.value, records))


def _records(table: Described, horizon_days: int) -> list[dict[str, Any]]:
    from foretune.datasets.schema import panel_schema, table_schema
    from foretune.tables import schemas

    facts = {
        Described.BARS: schemas.Bars,
        Described.OBSERVATIONS: schemas.Observations,
        Described.SPLITS: schemas.Splits,
    }
    columns = panel_schema(horizon_days) if table is Described.PANEL else table_schema(facts[table])
    return [dataclasses.asdict(column) | {"dtype": str(column.dtype)} for column in columns]


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _table(title: str, records: list[dict[str, Any]]) -> Table:
    """Two columns, so that 80 characters of a terminal hold them; a line above each group names it."""
    table = Table(title=f"{title}: {len(records)} columns", show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    group = None
    for record in records:
        if record.get("group") != group:
            group = record["group"]
            table.add_row(f"[bold]{group}[/]")
        table.add_row(record["name"], _described(record))
    return table


def _described(record: dict[str, Any]) -> str:
    """Meaning, then unit or type, bars needed, and what marks the column, in few words."""
    said = [record.get("unit") or str(record["dtype"]).split("(")[0]]
    if record.get("lookback", 1) not in (None, 1):
        said.append(f"{record['lookback']} bars")
    said += [words for name, words in _MARKS.items() if record.get(name)]
    meaning = f"{plain(record['meaning'])} " if "meaning" in record else ""
    return f"{meaning}[dim]({plain(', '.join(said))})[/]"
