"""Leaks planted on purpose into copies of a dataset, each audited: what the audit is worth, run and not told.

No dataset that anything is trained on is touched, and no check of the audit is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from foretune.audit.clocks import CHECK as CLOCKS
from foretune.audit.finding import AuditReport, Finding
from foretune.audit.perturbation import CHECK as PERTURBATION
from foretune.audit.run import audit, panel_spec
from foretune.audit.scaling import CHECK as SCALING
from foretune.audit.split_order import ORDER
from foretune.datasets.facts import FOLDER as FACTS_FOLDER
from foretune.datasets.facts import Facts
from foretune.datasets.manifest import FILE_NAME, Manifest, file_hashes, write_manifest
from foretune.datasets.panel import PanelSpec, build_panel
from foretune.errors import DataError

PANEL = "panel.parquet"
CENTRED_DAYS = 20
RELEASED = "cpi_yoy"


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a leak is planted into: panel rows, the facts they are made of, how they were cut."""

    rows: pl.DataFrame
    facts: Facts
    spec: PanelSpec


@dataclass(frozen=True, slots=True)
class Leak:
    """`check` is the check of the audit that has to name it."""

    name: str
    what: str
    check: str
    plant: Callable[[Dataset], Dataset]


@dataclass(frozen=True, slots=True)
class Planted:
    """One copy with its leak, and all that the audit said about it."""

    leak: Leak
    folder: Path
    report: AuditReport

    @property
    def found(self) -> Finding | None:
        """The finding that names the leak; None if the audit missed it."""
        return next((finding for finding in self.report.leaks if finding.check == self.leak.check), None)


def plant_and_audit(folder: Path, manifest: Manifest, out: Path) -> Iterator[Planted]:
    """Write a copy of the dataset in `folder` to `out/<leak>` for each of `LEAKS` and audit it.

    A copy holds panel, facts and a manifest that lists them, as a builder with that fault would
    have left them; its first note says what was planted.

    Raises:
        DataError: the dataset cannot hold a leak: it has no series of that kind, or only one split.
    """
    spec = panel_spec(manifest)
    assert spec is not None  # noqa: S101 - only without a manifest
    honest = Dataset(pl.read_parquet(folder / PANEL), Facts.read(folder / FACTS_FOLDER), spec)
    for leak in LEAKS:
        copy = out / leak.name
        _write(leak, honest, manifest, copy)
        yield Planted(leak, copy, audit(copy, quick=True))


def _write(leak: Leak, honest: Dataset, manifest: Manifest, copy: Path) -> None:
    leaking = leak.plant(honest)
    if leaking.rows.equals(honest.rows):
        raise DataError(f"{manifest.name} cannot hold the leak {leak.name!r}: planting it changes no row")
    leaking.facts.write(copy / FACTS_FOLDER)
    leaking.rows.write_parquet(copy / PANEL)
    files = {name: digest for name, digest in file_hashes(copy).items() if name != FILE_NAME}
    note = f"A leak was planted here on purpose, to see whether the audit finds it: {leak.what}. Use it for nothing."
    write_manifest(manifest.model_copy(update={"files": files, "notes": [note, *manifest.notes]}), copy)


def shuffled_split(data: Dataset) -> Dataset:
    """Rows drawn into their splits by lot, as `train_test_split` does with its defaults."""
    split = data.rows["split"].to_numpy()
    by_lot = pl.Series("split", np.random.default_rng(7).permutation(split), dtype=pl.String)
    return Dataset(data.rows.with_columns(by_lot), data.facts, data.spec)


def centred_window(data: Dataset) -> Dataset:
    """A 20-day average with its window centred on the day, as `rolling(20, center=True)` has it."""
    average = pl.col("price_close").rolling_mean(CENTRED_DAYS, center=True).over("asset_symbol", order_by="timestamp")
    peeking = average.fill_null(pl.col(f"sma_{CENTRED_DAYS}")).alias(f"sma_{CENTRED_DAYS}")
    return Dataset(data.rows.with_columns(peeking), data.facts, data.spec)


def release_ignored(data: Dataset) -> Dataset:
    """A month's consumer prices joined on the month, weeks before anybody had counted them."""
    ours = pl.col("field") == RELEASED
    early = pl.when(ours).then(pl.col("event_at")).otherwise(pl.col("known_at")).alias("known_at")
    told = data.facts.observations.sort("known_at", maintain_order=True).with_columns(early)
    once = told.unique(["field", "symbol", "series", "event_at", "known_at"], keep="last", maintain_order=True)
    facts = Facts(data.facts.bars, once, data.facts.splits)
    return Dataset(build_panel(facts, data.spec).rows, facts, data.spec)


def scaled_on_all_rows(data: Dataset) -> Dataset:
    """RSI standardised with the mean and deviation of all rows, those of the test included."""
    rsi = pl.col("rsi_14")
    return Dataset(data.rows.with_columns((rsi - rsi.mean()) / rsi.std()), data.facts, data.spec)


LEAKS = (
    Leak("shuffled_split", "rows are drawn into train, validation and test by lot", ORDER, shuffled_split),
    Leak("centred_window", "the 20-day average looks nine days ahead", PERTURBATION, centred_window),
    Leak("release_ignored", "consumer prices of a month are known on its first day", CLOCKS, release_ignored),
    Leak("scaled_on_all_rows", "RSI is scaled with test rows in hand", SCALING, scaled_on_all_rows),
)
