"""`foretune build`: a data pipeline into a dataset folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from foretune.cli.market import (
    ArchHistoryOption,
    CatalogOption,
    MarketChoice,
    SandboxOption,
    SeedOption,
    SimulatedOption,
    access,
)
from foretune.cli.outputs import check_folder
from foretune.cli.plain import plain
from foretune.cli.progress import step_reporter
from foretune.config import load_config
from foretune.errors import ConfigError

if TYPE_CHECKING:
    from foretune.datasets.manifest import Manifest
    from foretune.pipeline.build import BuildResult

MARKS = {
    "pass": "[green]pass[/]",
    "warn": "[yellow]warn[/]",
    "fail": "[red]fail[/]",
    "skipped": "[dim]skipped[/]",
    "off": "[dim]off[/]",
}


def build(
    pipeline: Annotated[Path, typer.Argument(help="Pipeline YAML, as in pipelines/.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write; replaced if it holds a dataset.", show_default=False)],
    catalog: CatalogOption = None,
    simulated: SimulatedOption = False,
    seed: SeedOption = None,
    arch_history: ArchHistoryOption = False,
    sandbox: SandboxOption = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="Put key=value over the pipeline, as split.test=0.3; repeatable.", metavar="K=V"),
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(help="Keep every answer of a provider in this folder.", show_default=False)
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use the answers in --archive only.")] = False,
    store: Annotated[
        Path | None,
        typer.Option(help="Fact store: only what is newer than it is fetched, then merged.", show_default=False),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Build a leak-free dataset from a pipeline YAML.

    Without a market flag the live providers are asked. A build that is interrupted goes on where
    it was when the same command is given again.

    Examples:

    `foretune build pipelines/btc_90d.yaml --catalog ../shared/data/catalog.yaml --out runs/btc_90d`

    `foretune build pipelines/multi_asset.yaml --simulated --seed 3 --set horizon_days=30 --out runs/multi`

    `foretune build pipelines/crypto_90d.yaml --store facts --out runs/crypto` (again tomorrow: only the new days)
    """
    from foretune.pipeline.build import Recording
    from foretune.pipeline.build import build as build_dataset
    from foretune.pipeline.spec import BuildSpec

    for folder, option in ((archive, "--archive"), (store, "--store")):
        if folder is not None:
            check_folder(folder, option)
    if offline and archive is None:
        raise ConfigError("--offline needs --archive, the folder with the answers to use")
    spec = load_config(pipeline, BuildSpec, overrides or ())
    choice = MarketChoice(catalog, simulated, arch_history, seed, sandbox)
    console = Console()
    with access(choice) as market, step_reporter(spec.name, Console(stderr=True)) as step:
        result = build_dataset(
            spec,
            market.endpoints,
            out,
            settings=market.settings,
            market=choice.identity(),
            recording=None if archive is None else Recording(archive, offline),
            store=store,
            step=step,
        )
    if json_output:
        console.print_json(json.dumps({"folder": str(result.folder), **result.manifest.model_dump(mode="json")}))
    else:
        _show(result, console)


def _show(result: BuildResult, console: Console) -> None:
    console.print(_summary(result.manifest))
    gates = "  ".join(f"{name} {MARKS[state]}" for name, state in result.manifest.quality.items())
    console.print(f"quality: {gates}", soft_wrap=True, highlight=False)
    for name, why in result.manifest.absent.items():
        console.print(f"[yellow]absent[/] {plain(name)}: {plain(why)}", soft_wrap=True, highlight=False)
    console.print(
        f"dataset in {plain(str(result.folder))}, its report is quality.html", highlight=False, soft_wrap=True
    )


def _summary(manifest: Manifest) -> Table:
    table = Table(title=f"{manifest.name} ({manifest.origin})")
    days = manifest.spec.get("horizon_days", 90)
    for column in ("split", "rows", "first decision", "last label ends", f"independent {days}-day blocks"):
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
