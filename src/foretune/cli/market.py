"""Which market a command talks to: the live network, or a sandbox started for the command.

Imports of the sandbox stand in the functions: `--help` must not wait for a server to load.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foretune.errors import ConfigError
from foretune.settings import SANDBOX_KEYS, Settings
from foretune.sources.endpoints import Endpoints

if TYPE_CHECKING:
    from foretune.sandbox.market import Market

CatalogOption = Annotated[
    Path | None, typer.Option(help="Replay recorded history listed in this catalogue.", show_default=False)
]
SimulatedOption = Annotated[bool, typer.Option("--simulated", help="Use a seeded simulated market.")]
SeedOption = Annotated[
    int | None, typer.Option(min=0, help="Which simulated market; 7 if not given.", show_default=False)
]
ArchHistoryOption = Annotated[
    bool, typer.Option("--arch-history", help="Use the real S&P 500, VIX and WTI that the arch package ships.")
]
SandboxOption = Annotated[
    str | None, typer.Option(help="Root URL of a running 'foretune sandbox'.", show_default=False)
]


@dataclass(frozen=True, slots=True)
class MarketChoice:
    """The market flags of a command, as given.

    Raises:
        ConfigError: they exclude each other.
    """

    catalog: Path | None = None
    simulated: bool = False
    arch_history: bool = False
    seed: int | None = None
    sandbox: str | None = None

    def __post_init__(self) -> None:
        asked = (self.catalog is not None) + self.simulated + self.arch_history
        if asked > 1:
            raise ConfigError("--catalog, --simulated and --arch-history exclude each other; give one")
        if asked and self.sandbox is not None:
            raise ConfigError("--sandbox names a running server; it cannot be combined with a market flag")
        if self.seed is not None and not self.simulated:
            raise ConfigError("--seed chooses a simulated market; give --simulated with it")

    def market(self) -> Market | None:
        """The sandbox market the flags ask for, or None for the live network or a running sandbox."""
        from foretune.sandbox.arch_history import ArchHistoryMarket
        from foretune.sandbox.recorded import RecordedMarket
        from foretune.sandbox.simulated import SimulatedMarket

        if self.catalog is not None:
            return RecordedMarket(self.catalog)
        if self.simulated:
            return SimulatedMarket() if self.seed is None else SimulatedMarket(seed=self.seed)
        return ArchHistoryMarket() if self.arch_history else None

    def identity(self) -> str | None:
        """A text that is the same only for the same market; None where that cannot be known."""
        if self.catalog is not None:
            try:
                content = self.catalog.read_bytes()
            except OSError:
                return None  # the market itself says what is wrong with the file
            return f"catalog {self.catalog.resolve()} {hashlib.sha256(content).hexdigest()}"
        if self.simulated:
            return f"simulated {self.seed}"
        if self.arch_history:
            return "arch history"
        return "live" if self.sandbox is None else None


@dataclass(frozen=True, slots=True)
class Access:
    """Where to ask and with which keys."""

    endpoints: Endpoints
    settings: Settings


@contextmanager
def access(choice: MarketChoice) -> Iterator[Access]:
    """Access to the running sandbox of `choice`, to one started for its market, or to the live providers."""
    from foretune.sandbox.server import Sandbox

    market = choice.market()
    if choice.sandbox is not None:
        yield Access(Endpoints.at(choice.sandbox), SANDBOX_KEYS)
    elif market is None:
        yield Access(Endpoints(), Settings())
    else:
        with Sandbox(market) as running:
            yield Access(Endpoints.at(running.root), SANDBOX_KEYS)
