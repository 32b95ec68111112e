"""Finds the pipelines and recipes the demo runs: shipped in the wheel, or those of the checkout."""

from __future__ import annotations

from pathlib import Path

from foretune.errors import ConfigError

_PACKAGE = Path(__file__).parent


def default_file(name: str) -> Path:
    """The path of e.g. `recipes/demo.yaml`.

    Raises:
        ConfigError: neither the installed package nor a checkout has it.
    """
    for root in (_PACKAGE / "defaults", _PACKAGE.parents[2]):
        if (root / name).is_file():
            return root / name
    raise ConfigError(f"the embedded default '{name}' is missing from this installation; install foretune again")
