"""What a manifest says of a build: inputs by hash, counts, spans, what a reader must know. Nothing is built here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

import foretune
from foretune.datasets.effective_sample import independent_blocks
from foretune.datasets.export import Exported
from foretune.datasets.manifest import Manifest
from foretune.datasets.panel import Panel, coverage
from foretune.origin import Origin
from foretune.pipeline.feeds import FredFeed, GoogleTrendsFeed
from foretune.pipeline.fetch import Fetched
from foretune.pipeline.spec import BuildSpec
from foretune.quality.result import QualityReport


@dataclass(frozen=True, slots=True)
class Built:
    """The parts of one build that its manifest speaks of."""

    spec: BuildSpec
    fetched: Fetched
    panel: Panel
    quality: QualityReport
    exported: Exported


def make_manifest(built: Built, *, files: Mapping[str, str]) -> Manifest:
    """The manifest of `built` with `files` as the hashes of what was written."""
    spec, rows, facts = built.spec, built.panel.rows, built.fetched.facts
    rejected, quarantine = built.fetched.rejected, built.panel.quarantine
    reasons = Counter(quarantine["reason"].to_list()) + Counter(rejected["reason"].to_list())
    reasons.update(built.exported.left_out)
    return Manifest(
        name=spec.name,
        foretune=foretune.__version__,
        origin=Origin.combine(Origin(origin) for origin in rows["origin"].unique()),
        spec=spec.model_dump(mode="json"),
        inputs=built.fetched.inputs,
        rows={"panel": len(rows), "quarantine": len(quarantine), "rejected": len(rejected), **built.exported.rows},
        splits=_spans(rows),
        coverage=coverage(rows),
        known_at_basis=_basis(facts.observations),
        independent_blocks=independent_blocks(rows, spec.horizon_days),
        quarantine=dict(sorted(reasons.items())),
        absent=built.fetched.absent,
        quality={result.gate: result.status for result in built.quality.results},
        files=files,
        notes=_notes(spec, rows, facts.observations),
    )


def _basis(observations: pl.DataFrame) -> dict[str, dict[str, int]]:
    """How `known_at` was decided, in rows, per field (`SYMBOL.field` where it is one asset's)."""
    found: dict[str, dict[str, int]] = {}
    named = observations.with_columns(
        pl.concat_str(pl.col("symbol") + ".", pl.col("field"), ignore_nulls=True).alias("_name")
    )
    for name, basis, rows in named.group_by("_name", "basis").len().sort("_name", "basis").iter_rows():
        found.setdefault(name, {})[basis] = rows
    return found


def _spans(rows: pl.DataFrame) -> dict[str, dict[str, str | int]]:
    spans: dict[str, dict[str, str | int]] = {}
    for (name,), part in rows.sort("decision_at").group_by("split", maintain_order=True):
        first, last, end = part["decision_at"][0], part["decision_at"][-1], part["label_end_at"].max()
        spans[str(name)] = {"rows": len(part), "first": str(first), "last": str(last), "labels_end": str(end)}
    return spans


def _notes(spec: BuildSpec, rows: pl.DataFrame, observations: pl.DataFrame) -> Sequence[str]:
    notes = ["A bar, of whatever market, counts as known at 24:00 UTC of its day."]
    feeds = [(name, feed) for _, name, feed in spec.feeds()]
    published = set(observations.filter(pl.col("basis") == "published")["field"].unique())
    if any(isinstance(feed, FredFeed) and name not in published for name, feed in feeds):
        notes.append(
            "FRED's graph CSV holds the latest vintage: the timing of a release is respected, later revisions "
            "of its value are not undone."
        )
    if any(isinstance(feed, GoogleTrendsFeed) for _, feed in feeds):
        notes.append(
            "A Google Trends download is scaled over its whole span; here each value is relative to the highest up "
            "to its own date, but the provider's rounding to whole points still knows the later maximum."
        )
    if any(asset.asset_class == "equity" for asset in spec.assets):
        notes.append("Returns of equities are price returns: splits are adjusted for, dividends are not.")
    if Origin.SIMULATED.value in rows["origin"].unique():
        notes.append("Simulated market: no number in this dataset says anything about a real one.")
    return notes
