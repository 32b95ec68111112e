"""`foretune ask`: one question about one symbol, answered from the market of this minute."""

from __future__ import annotations

from functools import partial
from math import log1p
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from foretune.cli.market import CatalogOption, MarketChoice, SandboxOption, SimulatedOption, access
from foretune.cli.outputs import check_file
from foretune.errors import ConfigError
from foretune.origin import Origin

if TYPE_CHECKING:
    from foretune.assistant.ask import Answer, Interval
    from foretune.feedback.ledger import LedgerEntry

DEFAULT_MODEL = Path("runs/demo/dpo")


def ask(
    question: Annotated[str, typer.Argument(help="In plain words.", show_default=False)],
    symbol: Annotated[str, typer.Option(help="Bybit symbol, upper case.")] = "BTCUSDT",
    model: Annotated[Path, typer.Option(help="Folder of a tuned model.")] = DEFAULT_MODEL,
    category: Annotated[str, typer.Option(help="spot, linear or inverse.")] = "linear",
    catalog: CatalogOption = None,
    simulated: SimulatedOption = False,
    sandbox: SandboxOption = None,
    ledger: Annotated[Path, typer.Option(help="File the answer is appended to.")] = Path("runs/answers.jsonl"),
    json_output: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of sampled forecasts.")] = 0,
) -> None:
    """Ask about a symbol; every number of the answer is in the data shown with it.

    Example: `foretune ask "How does BTC look?" --symbol BTCUSDT --simulated`
    """
    from foretune.assistant.ask import answer as answer_question
    from foretune.assistant.live_market import live_market
    from foretune.feedback.ledger import append
    from foretune.forecasting.random_walk import random_walk
    from foretune.models.generate import complete
    from foretune.models.load import load_model
    from foretune.sources.bybit import BybitSource
    from foretune.sources.http import HttpClient

    if not question.strip():
        raise ConfigError('the question is empty; ask something like "How does BTC look?"')
    check_file(ledger, "--ledger")
    writer = load_model(model)
    choice = MarketChoice(catalog=catalog, simulated=simulated, sandbox=sandbox)
    with access(choice) as market, HttpClient() as http:
        live = live_market(BybitSource(http, market.endpoints.bybit), symbol, category)
    found = answer_question(
        question,
        live.context,
        partial(complete, writer),
        random_walk=random_walk(live.history, live.context.as_of),
        seed=seed,
    )
    append(_entry(found, model), ledger)
    console = Console()
    if json_output:
        console.print_json(found.model_dump_json())
    else:
        show(found, console)


def show(found: Answer, console: Console) -> None:
    """Print an answer as people read it: text, data, time, origin."""
    console.print(Text("AI-generated analysis; no order is placed.", style="dim"))
    colour = "red" if found.refused else "green"
    console.print(Panel(Text(found.text), title=f"{found.symbol}, {found.task}", border_style=colour))
    if found.forecast is not None:
        console.print(Text(f"Model, central 90 %:       {_range(found.forecast)}"))
        if found.random_walk is not None:
            console.print(Text(f"Random walk, central 90 %: {_range(found.random_walk)}"))
    if not found.refused:
        console.print(Panel(Text(found.context.text()), title="every number above comes from here", border_style="dim"))
    stamp = f"Data of {found.as_of:%Y-%m-%d %H:%M:%S} UTC"
    simulated = found.origin is Origin.SIMULATED
    console.print(Text(f"{stamp}, {found.origin} market", style="bold yellow" if simulated else "bold"))
    for problem in found.problems:
        console.print(Text(f"check: {problem}", style="dim"))


def _range(interval: Interval) -> str:
    return f"{interval.low_pct:+.1f} % to {interval.high_pct:+.1f} %, median {interval.median_pct:+.1f} %"


def _entry(found: Answer, model: Path) -> LedgerEntry:
    from foretune.feedback.ledger import LedgerEntry

    bounds = found.forecast
    return LedgerEntry(
        symbol=found.symbol,
        as_of=found.as_of,
        origin=found.origin,
        model=str(model),
        question=found.question,
        answer=found.text,
        price=found.context.price,
        median=None if bounds is None else log1p(bounds.median_pct / 100),
        low=None if bounds is None else log1p(bounds.low_pct / 100),
        high=None if bounds is None else log1p(bounds.high_pct / 100),
    )
