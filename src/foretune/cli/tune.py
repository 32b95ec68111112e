"""`foretune tune`: a recipe and datasets into a base, an SFT and a DPO model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from foretune.cli.outputs import check_folder
from foretune.cli.progress import progress_bars, stage_reporter
from foretune.config import load_config

DataOption = Annotated[
    list[Path], typer.Option("--data", help="Dataset folder of 'foretune build'; repeat for more.", show_default=False)
]


def tune(
    recipe: Annotated[Path, typer.Argument(help="Recipe YAML, as in recipes/.", show_default=False)],
    data: DataOption,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/<name> if not given.", show_default=False)] = None,
) -> None:
    """Train by a recipe: base, then SFT, then DPO. Complete stages are kept, an interrupted one goes on.

    Example: `foretune tune recipes/demo.yaml --data runs/crypto_90d --data runs/sp500_90d`
    """
    from foretune.tuning.recipe import Recipe
    from foretune.tuning.run import tune as run_tuning

    wanted = load_config(recipe, Recipe)
    out = out or Path("runs") / wanted.name
    check_folder(out, "--out")
    console = Console()
    with progress_bars(console) as bars:
        result = run_tuning(wanted, out=out, data=data, progress=stage_reporter(bars))
    for stage in result.stages:
        kept = " (kept from before)" if stage.name in result.skipped else ""
        console.print(f"{stage.name}: {result.model(stage.name)}{kept}", highlight=False, soft_wrap=True)
