"""What the operating system refuses, and what a provider sends to steer a terminal, is one plain sentence."""

from __future__ import annotations

import errno
import os

import pytest

from foretune.cli import main as entry
from foretune.errors import RequestRefused


@pytest.fixture
def failing(monkeypatch, refused):
    """`failing(error)` is what the command line says when a command ends with it."""

    def run(error: Exception) -> str:
        def stop() -> None:
            raise error

        monkeypatch.setattr(entry, "app", stop)
        return refused()

    return run


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EROFS])
def test_the_operating_systems_refusal_names_the_file_and_what_to_check(failing, code):
    said = failing(OSError(code, os.strerror(code), "out/panel.parquet"))
    assert said.startswith(f"out/panel.parquet: {os.strerror(code)}; check")


def test_a_refusal_without_a_file(failing):
    assert failing(OSError(errno.ENOSPC, "No space left on device")).startswith("No space left on device; check")
    assert failing(OSError("no model there")) == "no model there"
    assert failing(OSError()) == "OSError"


def test_a_file_name_in_bytes(failing):
    assert failing(OSError(errno.ENOENT, "No such file or directory", b"a\xff")).startswith("a�: No such")


def test_escapes_do_not_reach_the_terminal(failing):
    assert failing(RequestRefused("gdelt", "\x1b]0;pwned\x07 [red]no[/]")) == "gdelt: �]0;pwned� [red]no[/]"
