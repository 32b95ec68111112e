"""Entry point of `foretune`: the commands, and the one place where errors become sentences.

Each command imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

import foretune
from foretune.cli.ask import ask
from foretune.cli.audit import audit
from foretune.cli.build import build
from foretune.cli.demo import demo
from foretune.cli.evaluate import evaluate
from foretune.cli.quality import quality
from foretune.cli.sandbox import sandbox
from foretune.cli.schema import schema
from foretune.cli.tune import tune
from foretune.errors import ForetuneError

app = typer.Typer(
    name="foretune",
    help="Market data in, a financial language model you can check out.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
for command in (build, quality, audit, schema, tune, evaluate, ask, sandbox, demo):
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"foretune {foretune.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Market data in, a financial language model you can check out."""


def main() -> None:
    """Run the command line. An expected failure is one sentence and exit code 1."""
    try:
        app()
    except ForetuneError as exc:
        Console(stderr=True, soft_wrap=True, highlight=False).print("[bold red]error[/]", end=" ")
        sys.stderr.write(f"{exc}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; finished stages are kept, run the same command to go on\n")
        sys.exit(130)
