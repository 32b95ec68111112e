"""What people read first: version, help with an example for every command, and no wait for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import foretune
from foretune.cli.main import app

COMMANDS = ("build", "audit", "quality", "schema", "tune", "evaluate", "ask", "sandbox", "demo")


@pytest.fixture
def invoke():
    return lambda *arguments: CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, list(arguments))


def test_version(invoke):
    done = invoke("--version")
    assert (done.exit_code, done.output) == (0, f"foretune {foretune.__version__}\n")


def test_the_list_of_commands_is_whole(invoke):
    done = invoke("--help")
    assert done.exit_code == 0
    assert all(command in done.output for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(invoke, command):
    done = invoke(command, "--help")
    assert done.exit_code == 0
    assert "Example" in done.output
    assert f"foretune {command}" in done.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_is_for(command):
    from typer.main import get_command

    for parameter in get_command(app).commands[command].params:
        if parameter.name != "seed":  # its name says it
            assert parameter.help, parameter.name


def test_an_unknown_command_and_a_missing_argument_are_usage_errors(invoke):
    assert invoke("bulid").exit_code == 2
    assert invoke("build").exit_code == 2


def test_help_waits_for_no_heavy_library():
    program = "import json, sys; import foretune.cli.main; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    heavy = {"torch", "transformers", "trl", "peft", "datasets", "matplotlib", "scipy", "arch", "pandas", "polars"}
    assert loaded & heavy == set()
