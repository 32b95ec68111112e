"""`foretune quality`: a built dataset against its gates, again or with others."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from foretune.cli.outputs import check_file
from foretune.cli.plain import plain
from foretune.errors import ConfigError

if TYPE_CHECKING:
    from foretune.quality.result import QualityReport

_COLOURS = {"pass": "green", "warn": "yellow", "fail": "bold red", "off": "dim", "skipped": "dim"}


def quality(
    dataset: Annotated[Path, typer.Argument(help="Folder of 'foretune build'.", show_default=False)],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another limit, as completeness_min=0.99; repeatable.", metavar="K=V"),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the page to this file.", show_default=False)] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show the page in the browser.")] = False,
) -> None:
    """Measure a dataset again; exit code 1 if it misses a gate. Nothing in the folder is changed.

    Examples:

    `foretune quality runs/btc_90d`

    `foretune quality runs/btc_90d --set completeness_min=0.99 --set severity.outliers=fail --out quality.html`
    """
    from foretune.quality.load import load
    from foretune.quality.measure import measure
    from foretune.quality.report import PAGE_NAME, report_json, write_page

    if out is not None:
        check_file(out, "--out")
    if open_ and out is None and overrides:
        raise ConfigError("--open with --set needs --out: the page in the folder is about the limits of its build")
    name, evidence = load(dataset, overrides or ())
    report = measure(name, evidence)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_page(report, evidence, out)
    if json_:
        typer.echo(report_json(report), nl=False)
    else:
        _show(report, Console())
    if open_:
        webbrowser.open((out or dataset / PAGE_NAME).resolve().as_uri())
    if report.failed:
        raise typer.Exit(1)


def _show(report: QualityReport, console: Console) -> None:
    from foretune.quality.report import figure

    table = Table("gate", "", "found", "limit", "what", title=f"quality of {plain(report.name)} ({report.origin})")
    for result in report.results:
        colour, what = _COLOURS[result.status], plain(result.what)
        table.add_row(
            result.gate,
            f"[{colour}]{result.status}[/]",
            figure(result.value, result.unit),
            figure(result.threshold, result.unit),
            what + (f"\n→ {plain(result.mend)}" if result.mend else ""),
        )
    console.print(table)
    for name, why in report.absent.items():
        console.print(f"[yellow]absent[/] {plain(name)}: {plain(why)}", soft_wrap=True, highlight=False)
    missed = ", ".join(report.failed)
    verdict = f"[bold red]missed[/]: {missed}" if missed else "[green]every gate that ends a build is passed[/]"
    console.print(verdict, highlight=False, soft_wrap=True)
