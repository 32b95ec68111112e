"""`foretune sandbox`: a local server that speaks the providers' wire formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

import typer

from foretune.cli.market import ArchHistoryOption, CatalogOption, MarketChoice, SeedOption, SimulatedOption
from foretune.errors import ConfigError

DEFAULT_FAULT_RATE: Final = 0.2


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 picks a free one.")] = 8790,
    catalog: CatalogOption = None,
    simulated: SimulatedOption = False,
    seed: SeedOption = None,
    arch_history: ArchHistoryOption = False,
    faults: Annotated[
        str | None,
        typer.Option(
            help="Let answers go wrong: all, passing (what a second try gets over), or some of rate-limited, banned, "
            "server-error, html, truncated, empty-fields, slow, reset.",
            show_default=False,
        ),
    ] = None,
    fault_rate: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Share of requests that go wrong; 0.2 if not given.", show_default=False),
    ] = None,
) -> None:
    """Serve a simulated (default) or recorded market on loopback until Ctrl-C.

    Examples:

    `foretune sandbox --port 8790`, then
    `curl "http://127.0.0.1:8790/bybit/v5/market/tickers?category=linear&symbol=BTCUSDT"`

    `foretune sandbox --catalog ../shared/data/catalog.yaml` replays recorded history

    `foretune sandbox --seed 3 --faults passing --fault-rate 0.3` tries a client's patience
    """
    from foretune.sandbox.faults import FaultPlan, kinds_named
    from foretune.sandbox.server import describe, serve
    from foretune.sandbox.simulated import SimulatedMarket

    if fault_rate is not None and faults is None:
        raise ConfigError("--fault-rate is the share of --faults; give that too, such as --faults passing")
    plan = None
    if faults is not None:
        rate = DEFAULT_FAULT_RATE if fault_rate is None else fault_rate
        plan = FaultPlan(kinds=kinds_named(faults), rate=rate, seed=seed or 0)
    choice = MarketChoice(catalog, simulated or (catalog is None and not arch_history), arch_history, seed)
    market = choice.market() or SimulatedMarket()

    def started(root: str) -> None:
        typer.echo(f"{market.origin} market at {root}, seen at {market.now:%Y-%m-%d %H:%M} UTC (Ctrl-C stops it)")
        for line in _contents(describe(market)):
            typer.echo(f"  {line}")
        if plan is not None:
            typer.echo(f"  {plan.rate:.0%} of the answers go wrong: {', '.join(plan.kinds)}")

    serve(market, port, started, plan)


def _contents(described: Mapping[str, object], above: str = "") -> Iterator[str]:
    """A line for each thing that a provider has, as `bybit funding: BTCUSDT`."""
    for name, served in described.items():
        if name in ("origin", "now"):
            continue
        where = f"{above} {name}".strip()
        if isinstance(served, Mapping) and not all(isinstance(item, str) for item in served.values()):
            yield from _contents(served, where)
        elif isinstance(served, Mapping) and served:
            yield f"{where}: {', '.join(f'{key} ({item})' for key, item in served.items())}"
        elif isinstance(served, list | tuple) and served:
            yield f"{where}: {', '.join(served)}"
