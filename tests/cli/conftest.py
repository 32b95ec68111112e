"""The command line as people start it: in an empty folder, in a process of its own or in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from foretune.cli.main import main

FORETUNE = (sys.executable, "-c", "from foretune.cli.main import main; main()")


@pytest.fixture
def environment() -> dict[str, str]:
    """No keys, no proxies, no data folder, plain wide output."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {**kept, "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1", "OMP_NUM_THREADS": "1"}


@pytest.fixture
def foretune(tmp_path, environment) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`foretune("build", …)` runs the command in an empty folder and waits for it."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [*FORETUNE, *map(str, arguments)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys) -> Callable[..., str]:
    """What `main` says when it refuses, in this process: one line on stderr and exit code 1."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")

    def run(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["foretune", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 1
        (line,) = capsys.readouterr().err.strip().split("\n")
        assert line.startswith("error ")
        return line.removeprefix("error ")

    return run


@pytest.fixture
def command() -> tuple[str, ...]:
    """How a process starts `foretune`."""
    return FORETUNE


@pytest.fixture
def running(monkeypatch) -> Callable[..., Callable[..., Result]]:
    """`running(command)(…)` calls one command by itself; an error of ours is raised."""
    monkeypatch.setenv("COLUMNS", "200")

    def alone(command: Callable[..., None]) -> Callable[..., Result]:
        app = typer.Typer()
        app.command()(command)

        def call(*arguments: str | Path) -> Result:
            done = CliRunner().invoke(app, [str(argument) for argument in arguments])
            if done.exception is not None and not isinstance(done.exception, SystemExit):
                raise done.exception
            return done

        return call

    return alone
