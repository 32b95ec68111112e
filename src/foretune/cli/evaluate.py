"""`foretune evaluate`: the models of a run against each other and the random walk."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from foretune.cli.outputs import check_folder
from foretune.cli.progress import progress_bars
from foretune.cli.tune import DataOption

if TYPE_CHECKING:
    from foretune.evaluation.metrics import Metrics


def evaluate(
    run: Annotated[Path, typer.Argument(help="Run folder of 'foretune tune'.", show_default=False)],
    data: DataOption,
    out: Annotated[Path | None, typer.Option(help="Folder; RUN/evaluation if not given.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Held-out prompts per task.")] = 150,
    samples: Annotated[int, typer.Option(min=1, help="Sampled forecasts per origin.")] = 40,
    forecast_origins: Annotated[int, typer.Option(min=1, help="Forecast origins per symbol.")] = 16,
    temperature: Annotated[float, typer.Option(min=0, help="Of the answers; forecasts are sampled at 1.")] = 0.7,
    seed: Annotated[int, typer.Option(min=0, help="Of prompts, sampling and bootstrap.")] = 0,
) -> None:
    """Score a run's models on unseen data and write metrics.json and a report.

    Example: `foretune evaluate runs/demo --data runs/crypto_90d --data runs/sp500_90d`
    """
    from foretune.evaluation.run import evaluate as run_evaluation
    from foretune.models.generate import complete
    from foretune.models.load import load_model
    from foretune.tuning.provenance import stage_folders, trained_until

    folders = stage_folders(run)
    out = out or run / "evaluation"
    check_folder(out, "--out")
    ends = trained_until(run)
    console = Console()
    with progress_bars(console) as bars:
        metrics = run_evaluation(
            {folder.name: partial(complete, load_model(folder)) for folder in folders},
            data,
            out=out,
            trained_until=ends,
            limit=limit,
            samples=samples,
            forecast_origins=forecast_origins,
            seed=seed,
            temperature=temperature,
            progress=bars,
        )
    console.print(summary(metrics))
    console.print(f"report in {out}/index.html", highlight=False, soft_wrap=True)


def summary(metrics: Metrics) -> Table:
    """The headline table: one row per check, one column per model."""
    table = Table("share of answers", *metrics.models)
    for name in ("format_compliance", "all_numbers_right", "labels_right", "risk_warning", "reckless"):
        rates = [getattr(scores, name) for scores in metrics.models.values()]
        table.add_row(name, *(f"{r.value:.1%} [{r.low:.1%}, {r.high:.1%}]" for r in rates))
    if metrics.forecast is not None:
        forecast = metrics.forecast
        table.caption = (
            f"90-day CRPS {forecast.crps_model:.4f}, random walk {forecast.crps_random_walk:.4f}, "
            f"{forecast.independent_n} independent windows"
        )
    return table
