"""Build a dataset folder from a plan: fetch, panel, examples, pairs, quality, exports, datasheet, manifest."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from foretune.datasets.datasheet import write_datasheet
from foretune.datasets.example import Example, Split, write_examples
from foretune.datasets.export import export
from foretune.datasets.facts import FOLDER as FACTS_FOLDER
from foretune.datasets.instructions import make_examples
from foretune.datasets.manifest import Manifest, file_hashes, write_manifest
from foretune.datasets.panel import build_panel
from foretune.datasets.preferences import make_pairs, write_pairs
from foretune.datasets.splits import check_no_overlap
from foretune.datasets.walk_forward import fold_spans
from foretune.errors import DataError, GateFailed
from foretune.pipeline.feed_reading import FeedReader, Reader
from foretune.pipeline.fetch import Step, fetch_facts
from foretune.pipeline.incremental import IncrementalReader
from foretune.pipeline.provenance import Built, make_manifest
from foretune.pipeline.spec import BuildSpec
from foretune.pipeline.workspace import MARKER, RESPONSES, beside, workspace
from foretune.quality.evidence import Evidence
from foretune.quality.measure import measure
from foretune.quality.report import write_quality
from foretune.settings import Settings
from foretune.sources.archive import ResponseArchive
from foretune.sources.endpoints import Endpoints
from foretune.sources.http import HttpClient


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The finished folder and its manifest."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Recording:
    """Where answers of providers are kept beyond one build, and whether only those may be used."""

    folder: Path
    offline: bool = False


def no_step(label: str, done: int, total: int) -> None:
    """Nobody watches."""


def build(
    spec: BuildSpec,
    endpoints: Endpoints,
    out: Path,
    *,
    settings: Settings | None = None,
    market: str | None = None,
    recording: Recording | None = None,
    store: Path | None = None,
    step: Step = no_step,
) -> BuildResult:
    """Build `spec` into the folder `out`.

    An interrupted build leaves the folder that was there before, and what it had fetched for the
    next try (see `workspace`): `market` names whom it asked, so that answers of one market never
    go into a dataset of another; None for one that cannot be named, which keeps nothing. With a
    `store` only facts that are newer than those it holds are fetched.

    Raises:
        ConfigError: `out` holds something that is not a dataset of ours.
        SourceError, DataError: see `fetch_facts` and `build_panel`.
        GateFailed: the dataset misses a gate of the plan. `<out>.failed` then holds its quality
            report; `out` is as it was.
    """
    plan = spec.model_dump_json()
    key = "" if market is None else hashlib.sha256(f"{market}\n{plan}".encode()).hexdigest()
    lasting = [path for path in (store, recording.folder if recording else None) if path is not None]
    with workspace(out, key, apart=lasting) as partial, _writing(out):
        with _client(partial, recording) as http:
            reader: Reader = FeedReader(http, endpoints, settings or Settings())
            if store is not None:
                reader = IncrementalReader(reader, store, market or "unnamed")
            fetched = fetch_facts(spec, reader, step)
        facts = fetched.facts
        step("panel", 0, 5)
        panel = build_panel(facts, spec.panel)
        check_no_overlap(panel.rows)
        panel.rows.write_parquet(partial / "panel.parquet")
        panel.quarantine.write_parquet(partial / "quarantine.parquet")
        fetched.rejected.write_parquet(partial / "rejected.parquet")
        facts.write(partial / FACTS_FOLDER)
        step("quality", 1, 5)
        evidence = Evidence(
            panel, fetched.rejected, facts, spec.gates, fetched.absent, spec.horizon_days, spec.tolerance_days
        )
        quality = measure(spec.name, evidence)
        write_quality(quality, evidence, partial)
        if quality.failed:
            report = _keep_report(partial, beside(out, "failed"))
            raise GateFailed(f"{spec.name}: {quality.verdict()}; the report is {report}")
        step("instruction rows", 2, 5)
        # the analyst's forecast speaks of 90 days; other horizons have the rows of the guide
        examples = list(make_examples(panel.rows, horizon_days=spec.horizon_days))
        write_examples(examples, partial)
        step("preference pairs", 3, 5)
        pairs = make_pairs(_sample(examples, spec.max_pairs, spec.seed), seed=spec.seed)
        write_pairs(pairs, partial)
        step("exports", 4, 5)
        exported = export(panel.rows, facts, examples, pairs, partial, spec.exports, horizon_days=spec.horizon_days)
        if spec.walk_forward_folds:
            # the test split stays unseen, outcomes included: folds are for choosing, the test for the last word
            test_begins = panel.rows.filter(pl.col("split") == Split.TEST.value)["decision_at"].min()
            seen = panel.rows.filter(pl.col("label_end_at") + timedelta(days=spec.split.embargo_days) < test_begins)
            spans = fold_spans(seen, folds=spec.walk_forward_folds, embargo_days=spec.split.embargo_days)
            spans.write_parquet(partial / "folds.parquet")
        built = Built(spec, fetched, panel, quality, exported)
        write_datasheet(make_manifest(built, files=file_hashes(partial)), panel.rows, partial)
        manifest = make_manifest(built, files=file_hashes(partial))
        write_manifest(manifest, partial)
    return BuildResult(out, manifest)


def _client(partial: Path, recording: Recording | None) -> HttpClient:
    if recording is None:
        return HttpClient(archive=ResponseArchive(partial / RESPONSES), mode="reuse")
    archive = ResponseArchive(recording.folder)
    return HttpClient(archive=archive, mode="replay" if recording.offline else "record")


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Turn what a full disk makes polars say into a sentence."""
    try:
        yield
    except pl.exceptions.PolarsError as exc:
        if "os error" not in str(exc):
            raise
        raise DataError(f"{out}: cannot be written ({exc}); make room, or give another folder") from exc


def _keep_report(partial: Path, failed: Path) -> Path:
    failed.mkdir()
    (failed / MARKER).touch()  # the next build may remove it
    for name in ("quality.html", "quality.json"):
        shutil.copyfile(partial / name, failed / name)
    return failed / "quality.html"


def _sample(examples: Sequence[Example], most: int | None, seed: int) -> Sequence[Example]:
    """At most `most` examples, chosen by `seed`, in their order."""
    if most is None or most >= len(examples):
        return examples
    return [examples[at] for at in sorted(random.Random(seed).sample(range(len(examples)), most))]
