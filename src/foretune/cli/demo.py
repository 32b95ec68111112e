"""`foretune demo`: the whole loop once, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from foretune.cli.ask import show
from foretune.cli.evaluate import summary
from foretune.cli.outputs import check_folder
from foretune.cli.progress import progress_bars, stage_reporter


def demo(
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("runs/demo"),
) -> None:
    """Run the whole loop on two CPU cores: markets, datasets, tiny model, SFT, DPO, evaluation, answer, page.

    Needs no network, no GPU and no model hub. Example: `foretune demo --out runs/demo`
    """
    from foretune.demo.loop import Watch, run_loop
    from foretune.demo.page import write_page

    check_folder(out, "--out")
    console = Console()
    with progress_bars(console) as bars:
        watch = Watch(step=lambda label: console.print(f"[bold]{label}[/]"), bars=bars, training=stage_reporter(bars))
        result = run_loop(out, watch)
    if result.metrics is not None:
        console.print(summary(result.metrics))
    for found in result.answers:
        show(found, console)
    page = write_page(result)
    console.print(f"\n[bold]Everything is linked from {page}[/]", highlight=False, soft_wrap=True)
