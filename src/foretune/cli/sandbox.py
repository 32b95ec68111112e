"""`foretune sandbox`: a local server that speaks the providers' wire formats."""

from __future__ import annotations

from typing import Annotated

import typer

from foretune.cli.market import ArchHistoryOption, CatalogOption, SimulatedOption, chosen_market


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 picks a free one.")] = 8790,
    catalog: CatalogOption = None,
    simulated: SimulatedOption = False,
    arch_history: ArchHistoryOption = False,
) -> None:
    """Serve a simulated (default) or recorded market on loopback until Ctrl-C.

    Example: `foretune sandbox --port 8790`, then
    `curl "http://127.0.0.1:8790/bybit/v5/market/tickers?category=linear&symbol=BTCUSDT"`
    """
    from foretune.sandbox.server import serve
    from foretune.sandbox.simulated import SimulatedMarket

    market = chosen_market(catalog, simulated, arch_history) or SimulatedMarket()
    serve(market, port, started=lambda root: typer.echo(f"{market.origin} market at {root} (Ctrl-C stops it)"))
