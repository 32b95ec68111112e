"""Which market a command talks to: the live network, or a sandbox started for the command.

Imports of the sandbox stand in the functions: `--help` must not wait for a server to load.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr

from foretune.errors import ConfigError
from foretune.settings import Settings
from foretune.sources.endpoints import Endpoints

if TYPE_CHECKING:
    from foretune.sandbox.market import Market

CatalogOption = Annotated[
    Path | None, typer.Option(help="Replay recorded history listed in this catalogue.", show_default=False)
]
SimulatedOption = Annotated[bool, typer.Option("--simulated", help="Use a seeded simulated market.")]
ArchHistoryOption = Annotated[
    bool, typer.Option("--arch-history", help="Use the real S&P 500, VIX and WTI that the arch package ships.")
]
SandboxOption = Annotated[
    str | None, typer.Option(help="Root URL of a running 'foretune sandbox'.", show_default=False)
]


def chosen_market(catalog: Path | None, simulated: bool, arch_history: bool) -> Market | None:
    """The sandbox market the flags ask for, or None for the live network.

    Raises:
        ConfigError: more than one of them is asked for.
    """
    from foretune.sandbox.arch_history import ArchHistoryMarket
    from foretune.sandbox.recorded import RecordedMarket
    from foretune.sandbox.simulated import SimulatedMarket

    if (catalog is not None) + simulated + arch_history > 1:
        raise ConfigError("--catalog, --simulated and --arch-history exclude each other; give one")
    if catalog is not None:
        return RecordedMarket(catalog)
    if simulated:
        return SimulatedMarket()
    return ArchHistoryMarket() if arch_history else None


@dataclass(frozen=True, slots=True)
class Access:
    """Where to ask and with which keys."""

    endpoints: Endpoints
    settings: Settings


@contextmanager
def access(market: Market | None, sandbox: str | None = None) -> Iterator[Access]:
    """Access to `sandbox` if given, to a sandbox serving `market`, else to the live providers.

    Keys of the environment go to live providers only: a sandbox gets a key that is none.
    """
    from foretune.sandbox.server import Sandbox

    no_keys = Settings(ALPHAVANTAGE_API_KEY=SecretStr("sandbox"))
    if sandbox is not None:
        if market is not None:
            raise ConfigError("--sandbox names a running server; it cannot be combined with a market flag")
        yield Access(Endpoints.at(sandbox), no_keys)
    elif market is None:
        yield Access(Endpoints(), Settings())
    else:
        with Sandbox(market) as running:
            yield Access(Endpoints.at(running.root), no_keys)
