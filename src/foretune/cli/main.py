"""Entry point of `foretune`: the commands, and the one place where errors become sentences.

Each command imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

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
from foretune.sources.excerpt import printable

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
        _stop(str(exc))
    except OSError as exc:  # a full disk, a folder that may not be written: nothing that Foretune could mend
        _stop(_system_error(exc))
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; finished stages are kept, run the same command to go on\n")
        sys.exit(130)


def _stop(said: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True, highlight=False).print("[bold red]error[/]", end=" ")
    sys.stderr.write(f"{printable(said)}\n")
    sys.exit(1)


def _system_error(exc: OSError) -> str:
    if exc.strerror is None:
        return str(exc) or type(exc).__name__
    place = "" if exc.filename is None else f"{os.fsdecode(exc.filename)}: "
    return f"{place}{exc.strerror}; check the path, its permissions and the space left on its disk"
