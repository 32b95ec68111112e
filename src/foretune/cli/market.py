"""Which market a command talks to: the live network, or a sandbox started for the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from foretune.errors import ConfigError
from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.market import Market
from foretune.sandbox.recorded import RecordedMarket
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sources.endpoints import Endpoints

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
    if (catalog is not None) + simulated + arch_history > 1:
        raise ConfigError("--catalog, --simulated and --arch-history exclude each other; give one")
    if catalog is not None:
        return RecordedMarket(catalog)
    if simulated:
        return SimulatedMarket()
    return ArchHistoryMarket() if arch_history else None


@contextmanager
def endpoints(market: Market | None, sandbox: str | None = None) -> Iterator[Endpoints]:
    """Provider addresses: of `sandbox` if given, of a sandbox serving `market`, else the live ones."""
    if sandbox is not None:
        if market is not None:
            raise ConfigError("--sandbox names a running server; it cannot be combined with a market flag")
        yield Endpoints.at(sandbox)
    elif market is None:
        yield Endpoints()
    else:
        with Sandbox(market) as running:
            yield Endpoints.at(running.root)
