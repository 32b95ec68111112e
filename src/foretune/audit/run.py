"""All checks over one dataset folder, in order. What a check means stands in its own file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from foretune.audit.availability import CHECK as AVAILABILITY
from foretune.audit.availability import check_availability
from foretune.audit.blocks import sample_sizes
from foretune.audit.canary import check_canary
from foretune.audit.clocks import CHECK as CLOCKS
from foretune.audit.clocks import check_clocks, declared_lags
from foretune.audit.dataset import AuditedDataset, read_dataset
from foretune.audit.exported_rows import check_exported_again, check_exported_places
from foretune.audit.files import check_files
from foretune.audit.finding import AuditReport, Finding, Status
from foretune.audit.folds import check_folds
from foretune.audit.instruction_rows import check_instruction_rows
from foretune.audit.made_again import check_examples, check_pairs, examples_again
from foretune.audit.perturbation import CHECK as PERTURBATION
from foretune.audit.perturbation import check_perturbation
from foretune.audit.recompute import CHECK as RECOMPUTE
from foretune.audit.recompute import check_recompute
from foretune.audit.scaling import check_scaling
from foretune.audit.split_order import check_doubles, check_label_intervals, check_split_order
from foretune.audit.target import check_target
from foretune.audit.too_good import check_too_good
from foretune.config import parse_config
from foretune.datasets.facts import Facts
from foretune.datasets.manifest import FILE_NAME, Manifest
from foretune.datasets.panel import PanelSpec, build_panel
from foretune.errors import DataError


def audit(path: Path, *, quick: bool = False, step: Callable[[str], None] = lambda label: None) -> AuditReport:
    """Audit the dataset folder (or Parquet file of panel rows) at `path`. Nothing in it is changed.

    Args:
        quick: fewer cuts and seeds, a sample of the exported files made again, and no availability
            check; the rest is the same.
        step: is told what is being done.

    Raises:
        DataError: there is no panel to audit, or a table is damaged.
        EmptyData: the panel has no rows.
        ConfigError: the manifest says what no panel can be cut by.
    """
    step("reading")
    data = read_dataset(path)
    spec = panel_spec(data.manifest)
    tolerance, embargo = (spec.tolerance_days, spec.split.embargo_days) if spec is not None else (5, 0)
    findings: list[Finding] = []

    def add(label: str, check: Callable[[], list[Finding]]) -> None:
        step(label)
        findings.extend(check())

    add("files", lambda: check_files(data))
    add("splits", lambda: check_label_intervals(data))
    add("splits", lambda: check_split_order(data.rows, embargo))
    add("doubles", lambda: check_doubles(data.rows))
    if data.manifest is not None:
        add("folds", lambda: check_folds(data, embargo))
        add("instruction rows", lambda: check_instruction_rows(data))
        add("exported rows", lambda: check_exported_places(data))
        add("rows made again", lambda: _rows_again(data, quick))
    add("targets", lambda: check_target(data, tolerance))
    add("scalers", lambda: check_scaling(data))
    add("correlations", lambda: check_too_good(data))
    add("canary", lambda: check_canary(data, seeds=64 if quick else 256))
    if data.facts is not None:
        facts = data.facts
        add("clocks", lambda: check_clocks(facts, declared_lags(data.manifest)))
    findings += _with_facts(data, spec, quick, step)
    return AuditReport(
        dataset=str(path),
        horizon_days=data.horizon_days,
        quick=quick,
        samples=sample_sizes(data.rows),
        findings=findings,
    )


def panel_spec(manifest: Manifest | None) -> PanelSpec | None:
    """How the panel was cut, as the manifest tells it; None without one.

    Raises:
        ConfigError: the manifest says what no panel can be cut by.
    """
    if manifest is None:
        return None
    plan = {name: manifest.spec[name] for name in PanelSpec.model_fields if name in manifest.spec}
    return parse_config(plan, PanelSpec, where=f"{FILE_NAME}: spec")


def _rows_again(data: AuditedDataset, quick: bool) -> list[Finding]:
    """Everything a model trains on, compared with what the panel makes."""
    made = examples_again(data)
    if isinstance(made, Finding):
        return [made]
    return [*check_examples(data, made), *check_pairs(data, made), *check_exported_again(data, made, quick=quick)]


def _with_facts(
    data: AuditedDataset, spec: PanelSpec | None, quick: bool, step: Callable[[str], None]
) -> list[Finding]:
    """The checks that make the panel again."""
    if data.facts is None or spec is None:
        what = (
            "no facts/ beside the panel" if data.facts is None else "no manifest.json: how the panel was cut is unknown"
        )
        checks = [CLOCKS] if data.facts is None else []
        return [
            Finding(check=check, status=Status.SKIPPED, what=what, mend="audit the folder as 'foretune build' left it")
            for check in (*checks, RECOMPUTE, PERTURBATION, AVAILABILITY)
        ]

    def build(facts: Facts) -> pl.DataFrame:
        panel = build_panel(facts, spec)
        return panel.rows

    step("making the panel again")
    try:
        rebuilt = build(data.facts)
    except DataError as exc:
        return [
            Finding(
                check=RECOMPUTE,
                status=Status.LEAK,
                what="the facts in the folder make no panel at all",
                detail=str(exc),
                mend="build the dataset again",
            )
        ]
    findings = check_recompute(data, data.facts, rebuilt, build)
    step("rubbish after t")
    findings += check_perturbation(build, data.facts, data.rows, cuts=2 if quick else 10)
    if not quick:
        step("later availability")
        findings += check_availability(data, data.facts, build)
    return findings
