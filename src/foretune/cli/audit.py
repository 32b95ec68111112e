"""`foretune audit`: does a dataset know what it could not have known?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from foretune.cli.outputs import check_file
from foretune.cli.plain import plain

if TYPE_CHECKING:
    from foretune.audit.finding import AuditReport, Finding

_COLOURS = {"ok": "green", "warning": "yellow", "leak": "bold red", "skipped": "dim"}


def audit(
    dataset: Annotated[
        Path, typer.Argument(help="Folder of 'foretune build', or a Parquet file of panel rows.", show_default=False)
    ],
    json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    quick: Annotated[bool, typer.Option(help="Fewer cuts and seeds, no availability check.")] = False,
    strict: Annotated[bool, typer.Option(help="A check that had to be skipped fails too.")] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the report to this file.", show_default=False)] = None,
) -> None:
    """Look for leaks in a dataset; exit code 1 if there is one. Nothing in it is changed.

    Example: `foretune audit runs/btc_90d`
    """
    from foretune.audit.run import audit as run_audit

    if out is not None:
        check_file(out, "--out")
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        running = progress.add_task("audit", total=None)
        report = run_audit(
            dataset, quick=quick, step=lambda label: progress.update(running, description=f"audit: {label}")
        )
    text = report.model_dump_json(indent=2)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n", encoding="utf-8")
    if json_:
        typer.echo(text)
    else:
        _show(report, Console())
    if report.leaks or (strict and report.skipped):
        raise typer.Exit(1)


def _show(report: AuditReport, console: Console) -> None:
    table = Table("check", "", "finding", title=f"leakage audit of {plain(report.dataset)}", show_lines=True)
    # checks that ask the same of several splits or fields answer in one row
    for (check, status), group in itertools.groupby(report.findings, lambda finding: (finding.check, finding.status)):
        lines = [line for finding in group for line in _lines(finding)]
        table.add_row(check, f"[{_COLOURS[status]}]{status}[/]", "\n".join(lines))
    console.print(table)
    sizes = Table(
        "split", "rows", "assets", f"independent {report.horizon_days}-day blocks", title="effective sample size"
    )
    for name, size in report.samples.items():
        sizes.add_row(name, f"{size.rows:,}", str(size.assets), str(size.blocks))
    console.print(sizes)
    console.print(_verdict(report), highlight=False, soft_wrap=True)


def _lines(finding: Finding) -> Iterator[str]:
    yield plain(finding.what)
    if finding.detail:
        yield f"[dim]{plain(finding.detail)}[/]"
    if finding.mend and finding.status != "ok":
        yield f"→ {plain(finding.mend)}"


def _verdict(report: AuditReport) -> str:
    unasked = {finding.check for finding in report.skipped}
    skipped = f", {len(unasked)} checks skipped: the audit is incomplete" if unasked else ""
    if report.leaks:
        checks = ", ".join(dict.fromkeys(finding.check for finding in report.leaks))
        return f"[bold red]leak[/]: {checks}{skipped}"
    return f"[green]no leak found[/]{skipped}"
