"""Build a dataset folder from a spec: fetch, panel, examples, pairs, exports, manifest."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

import foretune
from foretune.datasets.example import Example, write_examples
from foretune.datasets.export import export_rows
from foretune.datasets.instructions import make_examples
from foretune.datasets.manifest import InputRecord, Manifest, file_hashes, write_manifest
from foretune.datasets.panel import Panel, build_panel, coverage
from foretune.datasets.preferences import make_pairs, write_pairs
from foretune.datasets.splits import check_no_overlap
from foretune.origin import Origin
from foretune.pipeline.fetch import Facts, fetch_facts
from foretune.pipeline.spec import BuildSpec, FredSeries
from foretune.pipeline.workspace import workspace
from foretune.settings import Settings
from foretune.sources.endpoints import Endpoints
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The finished folder and its manifest."""

    folder: Path
    manifest: Manifest


def build(
    spec: BuildSpec,
    endpoints: Endpoints,
    out: Path,
    *,
    settings: Settings | None = None,
    step: Callable[[str], None] = lambda label: None,
) -> BuildResult:
    """Build `spec` into the folder `out`.

    An interrupted build leaves the folder that was there before (see `workspace`). `step` is told
    what is being done.

    Raises:
        ConfigError: `out` holds something that is not a dataset of ours.
        SourceError, DataError: see `fetch_facts` and `build_panel`.
    """
    with workspace(out) as partial:
        with HttpClient() as http:
            facts = fetch_facts(spec, http, endpoints, settings or Settings(), step)
        step("panel")
        panel = build_panel(
            facts.bars,
            facts.series,
            facts.asset_series,
            split=spec.split,
            horizon_days=spec.horizon_days,
            tolerance_days=spec.tolerance_days,
        )
        check_no_overlap(panel.rows)
        panel.rows.write_parquet(partial / "panel.parquet")
        panel.quarantine.write_parquet(partial / "quarantine.parquet")
        rejected = pl.concat(facts.rejected)
        rejected.write_parquet(partial / "rejected.parquet")
        step("instruction rows")
        examples = list(make_examples(panel.rows))
        write_examples(examples, partial)
        step("preference pairs")
        pairs = make_pairs(_sample(examples, spec.max_pairs, spec.seed), seed=spec.seed)
        write_pairs(pairs, partial)
        step("exports")
        counts = export_rows(examples, pairs, partial)
        manifest = _manifest(spec, facts, panel, rejected, counts, partial)
        write_manifest(manifest, partial)
    return BuildResult(out, manifest)


def _sample(examples: Sequence[Example], most: int | None, seed: int) -> Sequence[Example]:
    """At most `most` examples, chosen by `seed`, in their order."""
    if most is None or most >= len(examples):
        return examples
    return [examples[at] for at in sorted(random.Random(seed).sample(range(len(examples)), most))]


def _manifest(
    spec: BuildSpec, facts: Facts, panel: Panel, rejected: pl.DataFrame, counts: dict[str, int], folder: Path
) -> Manifest:
    rows = panel.rows
    reasons = Counter(panel.quarantine["reason"].to_list()) + Counter(rejected["reason"].to_list())
    observations = {**facts.series, **{f"{s}.{f}": o for s, own in facts.asset_series.items() for f, o in own.items()}}
    return Manifest(
        name=spec.name,
        foretune=foretune.__version__,
        origin=Origin.combine(Origin(origin) for origin in rows["origin"].unique()),
        spec=spec.model_dump(mode="json"),
        inputs=[_input(response) for response in facts.inputs],
        rows={"panel": len(rows), "quarantine": len(panel.quarantine), "rejected": len(rejected), **counts},
        splits=_spans(rows),
        coverage=coverage(rows),
        known_at_basis={name: dict(Counter(facts["basis"].to_list())) for name, facts in observations.items()},
        independent_blocks={
            str(name): _blocks(part, spec.horizon_days) for (name,), part in rows.group_by("split", maintain_order=True)
        },
        quarantine=dict(sorted(reasons.items())),
        files=file_hashes(folder),
        notes=_notes(spec, rows),
    )


def _input(response: RawResponse) -> InputRecord:
    return InputRecord(
        provider=response.provider,
        path=response.path,
        params=response.params,
        sha256=response.sha256,
        bytes=len(response.body),
        origin=response.origin,
        fetched_at=response.fetched_at.isoformat() if response.origin is Origin.LIVE else None,
    )


def _spans(rows: pl.DataFrame) -> dict[str, dict[str, str | int]]:
    spans: dict[str, dict[str, str | int]] = {}
    for (name,), part in rows.sort("decision_at").group_by("split", maintain_order=True):
        first, last, end = part["decision_at"][0], part["decision_at"][-1], part["label_end_at"].max()
        spans[str(name)] = {"rows": len(part), "first": str(first), "last": str(last), "labels_end": str(end)}
    return spans


def _blocks(rows: pl.DataFrame, horizon_days: int) -> int:
    """How many horizons fit one after the other into the decisions of `rows`, all assets together.

    This, not the number of rows, is the size of the sample: overlapping labels share their days.
    """
    decided = rows["decision_at"]
    first, last = decided.min(), rows["label_end_at"].max()
    days = (last - first).days  # type: ignore[operator, union-attr]
    return max(1, days // horizon_days)


def _notes(spec: BuildSpec, rows: pl.DataFrame) -> Sequence[str]:
    notes = ["A bar, of whatever market, counts as known at 24:00 UTC of its day."]
    if any(isinstance(series, FredSeries) for series in spec.fields.values()):
        notes.append(
            "FRED's graph CSV holds the latest vintage: the timing of a release is respected, later revisions "
            "of its value are not undone."
        )
    if Origin.SIMULATED.value in rows["origin"].unique():
        notes.append("Simulated market: no number in this dataset says anything about a real one.")
    return notes
