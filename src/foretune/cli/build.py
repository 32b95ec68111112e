"""`foretune build`: a data pipeline into a dataset folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from foretune.cli.market import (
    ArchHistoryOption,
    CatalogOption,
    SandboxOption,
    SimulatedOption,
    access,
    chosen_market,
)
from foretune.config import load_config

if TYPE_CHECKING:
    from foretune.datasets.manifest import Manifest


def build(
    pipeline: Annotated[Path, typer.Argument(help="Pipeline YAML, as in pipelines/.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write; replaced if it holds a dataset.", show_default=False)],
    catalog: CatalogOption = None,
    simulated: SimulatedOption = False,
    arch_history: ArchHistoryOption = False,
    sandbox: SandboxOption = None,
) -> None:
    """Build a leak-free 90-day dataset from a pipeline YAML.

    Without a market flag the live providers are asked.

    Example: `foretune build pipelines/btc_90d.yaml --catalog ../shared/data/catalog.yaml --out runs/btc_90d`
    """
    from foretune.pipeline.build import build as build_dataset
    from foretune.pipeline.spec import BuildSpec

    spec = load_config(pipeline, BuildSpec)
    console = Console()
    with (
        access(chosen_market(catalog, simulated, arch_history), sandbox) as market,
        Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress,
    ):
        running = progress.add_task("starting", total=None)
        result = build_dataset(
            spec,
            market.endpoints,
            out,
            settings=market.settings,
            step=lambda label: progress.update(running, description=f"{spec.name}: {label}"),
        )
        progress.update(running, description=f"{spec.name}: done")
    console.print(_summary(result.manifest))
    console.print(f"dataset in {result.folder}", highlight=False, soft_wrap=True)


def _summary(manifest: Manifest) -> Table:
    table = Table(title=f"{manifest.name} ({manifest.origin})")
    for column in ("split", "rows", "first decision", "last label ends", "independent 90-day blocks"):
        table.add_column(column, justify="right" if column == "rows" else "left")
    for split, span in manifest.splits.items():
        table.add_row(
            split,
            f"{span['rows']:,}",
            str(span["first"])[:10],
            str(span["labels_end"])[:10],
            str(manifest.independent_blocks[split]),
        )
    quarantined = manifest.rows["quarantine"] + manifest.rows["rejected"]
    table.caption = f"{quarantined:,} rows put aside, each with its reason (quarantine.parquet, rejected.parquet)"
    return table
