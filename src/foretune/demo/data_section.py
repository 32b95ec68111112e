"""The data part of the demo's page: what it shows of each dataset and of the leaks that were planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import polars as pl
from markupsafe import Markup

from foretune.audit.finding import Finding, Status
from foretune.datasets.facts import FOLDER as FACTS_FOLDER
from foretune.datasets.facts import Facts
from foretune.datasets.manifest import Manifest
from foretune.demo.data import AUDITS, PLANTED, DemoDataset
from foretune.demo.pictures import decision_strips, price_picture
from foretune.demo.planted import Planted
from foretune.quality.result import QualityReport

FILES = (
    "quality.html",
    "datasheet.md",
    "quality.json",
    "manifest.json",
    "panel.parquet",
    "quarantine.parquet",
    "rejected.parquet",
    "facts",
    "rows",
    "examples.parquet",
)


@dataclass(frozen=True, slots=True)
class CheckShown:
    """One check of the audit: its worst answer, and all of its answers in words."""

    name: str
    status: str
    said: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class DatasetShown:
    """One dataset; paths are relative to the run folder. `missed` are gates that do not pass, in words."""

    manifest: Manifest
    trained: bool
    folder: str
    audit_file: str
    links: Sequence[str]
    assets: Sequence[str]
    first: datetime
    last: datetime
    labelled: int
    gates: Mapping[str, int]
    missed: Mapping[str, str]
    checks: Sequence[CheckShown]
    answered: int
    leaks: int
    picture: Markup


@dataclass(frozen=True, slots=True)
class LeakShown:
    """One planted leak and what the audit said; `named` if the check that has to find it did."""

    what: str
    folder: str
    audit_file: str
    named: bool
    said: Sequence[Finding]


def show_dataset(dataset: DemoDataset, out: Path) -> DatasetShown:
    """What the page shows of `dataset`, which lies below `out`."""
    manifest, folder = dataset.manifest, dataset.folder
    facts = Facts.read(folder / FACTS_FOLDER)
    rows = pl.read_parquet(folder / "panel.parquet", columns=["asset_symbol", "decision_at", "split"])
    quality = QualityReport.model_validate_json((folder / "quality.json").read_text(encoding="utf-8"))
    return DatasetShown(
        manifest=manifest,
        trained=dataset.trained,
        folder=folder.relative_to(out).as_posix(),
        audit_file=f"{AUDITS}/{manifest.name}.json",
        links=FILES,
        assets=[str(asset["symbol"]) for asset in manifest.spec["assets"]],
        first=_time(rows["decision_at"].min()),
        last=_time(rows["decision_at"].max()),
        labelled=len(rows),
        gates=Counter(result.status for result in quality.results),
        missed={result.gate: result.what for result in quality.results if result.status in ("warn", "fail")},
        checks=_checks(dataset.audit.findings),
        answered=dataset.checks,
        leaks=len({finding.check for finding in dataset.audit.leaks}),
        picture=price_picture(facts, rows, manifest.name),
    )


def show_leak(planted: Planted, out: Path) -> LeakShown:
    """What the page shows of a planted leak."""
    return LeakShown(
        what=planted.leak.what,
        folder=planted.folder.relative_to(out).as_posix(),
        audit_file=f"{AUDITS}/{PLANTED}-{planted.leak.name}.json",
        named=planted.found is not None,
        # the check that has to name it first, and each check once
        said=[
            next(group)
            for _, group in groupby(
                sorted(planted.report.leaks, key=lambda finding: finding.check != planted.leak.check),
                key=lambda finding: finding.check,
            )
        ],
    )


def split_comparison(dataset: DemoDataset, planted: Sequence[Planted]) -> Markup | None:
    """The decisions of one asset by split, as built and shuffled; None if no split was shuffled."""
    shuffled = next((copy for copy in planted if copy.leak.name == "shuffled_split"), None)
    if shuffled is None:
        return None
    columns = ["asset_symbol", "decision_at", "split"]
    built, by_lot = (
        pl.read_parquet(folder / "panel.parquet", columns=columns) for folder in (dataset.folder, shuffled.folder)
    )
    symbol = str(built["asset_symbol"].min())
    parts = {"as built": built, "by lot": by_lot}
    return decision_strips(
        {name: part.filter(pl.col("asset_symbol") == symbol) for name, part in parts.items()}, symbol
    )


def _checks(findings: Sequence[Finding]) -> list[CheckShown]:
    order = (Status.LEAK, Status.WARNING, Status.SKIPPED, Status.OK)
    by_check: dict[str, list[Finding]] = {}
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)
    return [
        CheckShown(name, min((finding.status for finding in said), key=order.index).value, said)
        for name, said in by_check.items()
    ]


def _time(value: object) -> datetime:
    assert isinstance(value, datetime)  # noqa: S101 - a dataset that was built has rows
    return value
