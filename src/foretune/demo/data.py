"""The demo's datasets: built from a market served over HTTP, audited, their findings kept. Nothing is trained here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foretune.audit.finding import AuditReport, Status
from foretune.audit.run import audit
from foretune.config import load_config
from foretune.datasets.manifest import Manifest
from foretune.demo.defaults import default_file
from foretune.demo.planted import Planted, plant_and_audit
from foretune.pipeline.build import build
from foretune.pipeline.fetch import Step
from foretune.pipeline.spec import BuildSpec
from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.market import Market
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.settings import SANDBOX_KEYS
from foretune.sources.endpoints import Endpoints

AUDITS = "audits"
PLANTED = "planted"


@cache
def simulated() -> SimulatedMarket:
    """The demo's simulated market; what it has made for one dataset serves the next."""
    return SimulatedMarket()


@dataclass(frozen=True, slots=True)
class DatasetPlan:
    """One dataset of the demo. `trained`: the demo's model is made from it; the others are shown only."""

    name: str
    market: Callable[[], Market]
    trained: bool
    overrides: Sequence[str] = ()


PLANS = (
    DatasetPlan("crypto_90d", simulated, trained=True),
    DatasetPlan("sp500_90d", ArchHistoryMarket, trained=True),
    DatasetPlan(
        "multi_asset",
        simulated,
        trained=False,
        # the pipeline ends where recorded history does and writes every format; the simulated market goes on
        overrides=("end=2024-10-31", "exports.formats=[alpaca]", "exports.files=[parquet]"),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoDataset:
    """A finished dataset folder and what the audit said about it."""

    folder: Path
    manifest: Manifest
    audit: AuditReport
    trained: bool

    @property
    def checks(self) -> int:
        """How many checks gave an answer; one that had to be skipped gave none."""
        return len({finding.check for finding in self.audit.findings if finding.status is not Status.SKIPPED})


def make_dataset(plan: DatasetPlan, out: Path, step: Step) -> DemoDataset:
    """Build `plan` into `out/data/<name>`, audit it in full, write `out/audits/<name>.json`.

    Raises:
        ForetuneError: whatever the build raises. A leak is no error: it is shown.
    """
    spec = load_config(default_file(f"pipelines/{plan.name}.yaml"), BuildSpec, plan.overrides)
    with Sandbox(plan.market()) as sandbox:
        built = build(spec, Endpoints.at(sandbox.root), out / "data" / plan.name, settings=SANDBOX_KEYS, step=step)
    return audited(built.folder, built.manifest, out, trained=plan.trained, step=step)


def audited(folder: Path, manifest: Manifest, out: Path, *, trained: bool, step: Step) -> DemoDataset:
    """Audit the dataset in `folder`, which lies below `out`."""
    asked: list[str] = []

    def watch(label: str) -> None:
        asked.append(label)
        step(f"audit: {label}", len(asked), len(asked) + 1)

    report = audit(folder, step=watch)
    _write_report(report, folder, out, out / AUDITS / f"{manifest.name}.json")
    return DemoDataset(folder, manifest, report, trained)


def plant_leaks(dataset: DemoDataset, out: Path, step: Step) -> list[Planted]:
    """Plant each leak into a copy of `dataset` below `out/planted`; the reports go to `out/audits`."""
    found = []
    for planted in plant_and_audit(dataset.folder, dataset.manifest, out / PLANTED):
        _write_report(planted.report, planted.folder, out, out / AUDITS / f"{PLANTED}-{planted.leak.name}.json")
        found.append(planted)
        step(planted.leak.name, len(found), len(found) + 1)
    return found


def _write_report(report: AuditReport, folder: Path, out: Path, path: Path) -> None:
    """The report as a file; the folder it names is told from `out`, so that the run can be moved."""
    path.parent.mkdir(parents=True, exist_ok=True)
    moved = report.model_copy(update={"dataset": folder.relative_to(out).as_posix()})
    path.write_text(moved.model_dump_json(indent=2) + "\n", encoding="utf-8")
