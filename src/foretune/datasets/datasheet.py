"""`datasheet.md`: what a dataset holds, where it came from and what it cannot tell, for a person to read.

Written from the manifest and the panel alone, so nothing is said that they do not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from foretune.datasets.example import Split
from foretune.datasets.manifest import InputRecord, Manifest
from foretune.datasets.provider_terms import NOT_STATED, terms_of
from foretune.origin import Origin
from foretune.sources.excerpt import printable

FILE_NAME = "datasheet.md"

_LOADERS: Mapping[str, str] = {"parquet": "parquet", "jsonl": "json", "csv": "csv"}
"""File suffix to the name of the loader in Hugging Face `datasets`, the best typed first."""

_PROVIDER: Mapping[str, str] = {
    "bybit_funding": "bybit",
    "bybit_open_interest": "bybit",
    "google_trends": "files",
    "table": "files",
}
"""Kinds of feeds whose provider has another name."""

_BASIS: Mapping[str, str] = {
    "published": "stated by the provider or a release calendar",
    "assumed": "assumed from a declared lag",
    "close": "struck on a market at the end of the day",
    "first_seen": "a revision, known since it was first fetched",
}


def write_datasheet(manifest: Manifest, panel: pl.DataFrame, folder: Path) -> Path:
    """Write `datasheet.md` into `folder` and return its path; the same input gives the same bytes."""
    path = folder / FILE_NAME
    path.write_text(datasheet(manifest, panel), encoding="utf-8")
    return path


def datasheet(manifest: Manifest, panel: pl.DataFrame) -> str:
    """The datasheet as Markdown.

    Args:
        manifest: of the dataset; its `files` are listed with their hashes.
        panel: rows of `panel.parquet`.
    """
    sections = (
        ("What it is", _purpose(manifest)),
        ("What it holds", _composition(manifest, panel)),
        ("How it was collected", _collection(manifest.inputs)),
        ("Terms of the providers", _terms(manifest, panel)),
        ("How it was prepared", _preparation(manifest)),
        ("Known limits", _limits(manifest, panel)),
        ("Splits", _splits(manifest)),
        ("Rows put aside", _put_aside(manifest)),
        ("How to load it", _loading(manifest)),
        ("Files", _files(manifest)),
    )
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections)
    return printable(f"# {manifest.name}\n\n{body}\n")


def _purpose(manifest: Manifest) -> str:
    horizon = manifest.spec.get("horizon_days")
    ahead = "a fixed time" if horizon is None else f"{horizon} calendar days"
    warning = (
        "\n\n**The market is simulated: no number in here says anything about a real one.**"
        if manifest.origin is Origin.SIMULATED
        else ""
    )
    return (
        f"For training and testing models that say where an asset's price will be {ahead} after a decision. One panel "
        "row is one asset at one decision time, with what was known by then and the price that was observed later. The "
        f"rows for fine-tuning are written from the panel. Origin of the data: {manifest.origin.value}. Built by "
        f"Foretune {manifest.foretune}.{warning}\n\nNot meant for trading without a person's own judgement: it holds "
        "the past of few assets, and says nothing about costs or liquidity."
    )


def _composition(manifest: Manifest, panel: pl.DataFrame) -> str:
    counted = (
        panel.group_by("asset_symbol", "asset_class", "split")
        .agg(
            pl.len().alias("rows"),
            pl.col("decision_at").min().dt.date().alias("first"),
            pl.col("decision_at").max().dt.date().alias("last"),
            pl.col("label_end_at").max().dt.date().alias("labels_end"),
        )
        .sort("asset_symbol", "first", "split")
    )
    rows = counted.select("asset_symbol", "asset_class", "split", "rows", "first", "last", "labels_end").rows()
    table = _table(("Asset", "Class", "Split", "Rows", "First decision", "Last decision", "Labels end"), rows)
    length = (panel["label_end_at"] - panel["label_start_at"]).dt.total_days().to_list()
    kinds = list(dict.fromkeys(name.split("/", 1)[1] for name in manifest.rows if "/" in name))
    instruct = _table(
        ("Rows for fine-tuning", *Split),
        ((f"`{kind}`", *(manifest.rows.get(f"{split}/{kind}", 0) for split in Split)) for kind in kinds),
    )
    return "\n\n".join(
        (
            f"{len(panel):,} panel rows with {panel.width} columns ('foretune schema panel' explains each). A label "
            f"covers {min(length)} to {max(length)} days, from the decision to the close that settled it.",
            table,
            instruct,
        )
    )


def _collection(inputs: Sequence[InputRecord]) -> str:
    if not inputs:
        return "No provider was asked for this build: every fact comes from a store that earlier builds filled."
    by_provider: dict[str, list[InputRecord]] = {}
    for record in inputs:
        by_provider.setdefault(record.provider, []).append(record)
    rows = (
        (
            terms_of(provider).name,
            len(records),
            sum(record.bytes for record in records),
            len({record.sha256 for record in records}),
            ", ".join(sorted({record.origin.value for record in records})),
            _fetched(records),
        )
        for provider, records in sorted(by_provider.items())
    )
    return "Each answer of a provider is in `manifest.json` with its path, parameters, size and SHA-256.\n\n" + _table(
        ("Provider", "Answers", "Bytes", "Different bodies", "Origin", "Fetched"), rows
    )


def _fetched(records: Iterable[InputRecord]) -> str:
    times = sorted(record.fetched_at for record in records if record.fetched_at is not None)
    if not times:
        return "no date kept"
    return times[0][:10] if times[0][:10] == times[-1][:10] else f"{times[0][:10]} to {times[-1][:10]}"


def _terms(manifest: Manifest, panel: pl.DataFrame) -> str:
    real = _real_providers(manifest, panel)
    if not real:
        return "Every answer was simulated, in the format of the provider it is named after: nobody's data is in here."
    found = [terms_of(provider) for provider in sorted(real)]
    rows = (
        (terms.name, terms.terms or NOT_STATED, terms.attribution or NOT_STATED, terms.remark or "") for terms in found
    )
    return (
        'What a provider asks of those who use or pass on its data. "Not stated" means that Foretune knows of no '
        "statement, not that there is none: ask the provider before you publish this dataset.\n\n"
        + _table(("Provider", "Terms", "Attribution asked for", "Remark"), rows)
    )


def _real_providers(manifest: Manifest, panel: pl.DataFrame) -> set[str]:
    """Whose data is in here: also theirs who were asked by an earlier build and not by this one."""
    asked = {record.provider for record in manifest.inputs if record.origin is not Origin.SIMULATED}
    bars = set(panel.filter(pl.col("origin") != Origin.SIMULATED.value)["source"].unique())
    if manifest.origin is Origin.SIMULATED:
        return asked | bars
    assets, fields = manifest.spec.get("assets", ()), manifest.spec.get("fields", {})
    feeds = [feed for name, feed in fields.items() if name not in manifest.absent]
    feeds += [asset for asset in assets if asset["symbol"] in set(panel["asset_symbol"].unique())]
    feeds += [feed for asset in assets for feed in (asset.get("fields") or {}).values()]
    return asked | bars | {provider for feed in feeds for provider in _providers_of(feed)}


def _providers_of(feed: Mapping[str, Any]) -> Iterator[str]:
    """The providers that an asset or a field of a pipeline is fetched from."""
    yield _PROVIDER.get(feed["source"], feed["source"])
    if feed["source"] == "fred" and feed.get("vintages", "never") != "never":
        yield "fred_api"
    if feed.get("coingecko"):
        yield "coingecko"


def _preparation(manifest: Manifest) -> str:
    split = manifest.spec.get("split")
    embargo = split.get("embargo_days") if isinstance(split, Mapping) else None
    lines = [
        "- Prices are stored as the provider gave them. Indicators and labels are adjusted for splits as of each "
        "decision; a later split changes no earlier row.",
        "- A context value is the newest one known at the decision, by the time it was published, not by the period it "
        "is about. One that is too old is missing; nothing is filled in.",
        "- Indicators look backward only; rows in their warm-up are put aside.",
        "- Values are not normalised. Rows for fine-tuning carry them as they are, rounded to significant digits; a "
        "missing value is left out of the text.",
        "- Price, log return and percent return of a label follow from one observed price.",
        "- Rows whose label reaches into a later split are purged"
        + (f", with {embargo} days embargo." if embargo else "."),
    ]
    return "\n".join(lines)


def _limits(manifest: Manifest, panel: pl.DataFrame) -> str:
    lines = [f"- {note}" for note in manifest.notes]
    simulated = int((panel["origin"] == Origin.SIMULATED.value).sum())
    if simulated:
        lines.append(f"- {simulated:,} of {len(panel):,} panel rows hold something simulated.")
    lines += [f"- `{field}` has no values: {_quoted(reason)}" for field, reason in sorted(manifest.absent.items())]
    lines += [f"- Quality gate `{gate}`: {verdict}." for gate, verdict in sorted(manifest.quality.items())]
    clocks = [
        (f"`{field}`", _share(bases.get(basis, 0), sum(bases.values())), _BASIS.get(basis, basis))
        for field, bases in sorted(manifest.known_at_basis.items())
        for basis in bases
    ]
    filled = [(f"`{field}`", f"{share:.1%}") for field, share in sorted(manifest.coverage.items())]
    parts = ["\n".join(lines) or "None are recorded."]
    if clocks:
        parts += ["How it is known when a value became known:", _table(("Field", "Share", "Known when"), clocks)]
    if filled:
        parts += ["Share of panel rows that have a value:", _table(("Field", "Rows with a value"), filled)]
    return "\n\n".join(parts)


def _splits(manifest: Manifest) -> str:
    rows = (
        (
            name,
            span["rows"],
            str(span["first"])[:10],
            str(span["last"])[:10],
            str(span["labels_end"])[:10],
            manifest.independent_blocks.get(name, NOT_STATED),
        )
        for name, span in manifest.splits.items()
    )
    return (
        "Cut by date, for all assets at once. Labels overlap, so rows are not independent: the last column counts the "
        "labels that fit one after the other.\n\n"
        + _table(("Split", "Rows", "First decision", "Last decision", "Labels end", "Independent blocks"), rows)
    )


def _put_aside(manifest: Manifest) -> str:
    if not manifest.quarantine:
        return "None."
    counted = sorted(manifest.quarantine.items(), key=lambda item: (-item[1], item[0]))
    told = (
        "In `quarantine.parquet` (panel rows) and `rejected.parquet` (facts), each with its reason. One that begins "
        "with `window:` counts panel rows that stay and only make no window row."
    )
    return f"{told}\n\n{_table(('Reason', 'Rows'), counted)}"


def _loading(manifest: Manifest) -> str:
    lines = ["import polars as pl", 'panel = pl.read_parquet("panel.parquet")']
    found = _row_files(manifest.files)
    if found is not None:
        loader, files = found
        listed = ", ".join(f'"{split}": "{pattern}"' for split, pattern in files.items())
        lines += [
            "",
            "from datasets import load_dataset",
            f'rows = load_dataset("{loader}", data_files={{{listed}}})',
        ]
    return "In the dataset's folder:\n\n```python\n" + "\n".join(lines) + "\n```"


def _row_files(files: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """Loader and a pattern per split for the first kind of rows there is, by name."""
    for suffix, loader in _LOADERS.items():
        rows = [PurePosixPath(name) for name in files if name.startswith("rows/") and name.endswith(f".{suffix}")]
        # content and format are the first two words of a name; what follows is a shard
        kinds = sorted({"-".join(path.stem.split("-")[:2]) for path in rows}, key=lambda k: (k[:9] != "features-", k))
        if kinds:
            splits = list(dict.fromkeys(path.parts[1] for path in rows if path.stem.startswith(kinds[0])))
            order = [name for name in ("train", "validation", "test") if name in splits]
            return loader, {split: f"rows/{split}/{kinds[0]}*.{suffix}" for split in order}
    return None


def _files(manifest: Manifest) -> str:
    return "SHA-256 of each.\n\n" + _table(
        ("File", "SHA-256"), ((f"`{name}`", f"`{digest}`") for name, digest in manifest.files.items())
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else NOT_STATED


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def lines() -> Iterator[str]:
        yield "| " + " | ".join(head) + " |"
        yield "|" + "---|" * len(head)
        for row in rows:
            yield "| " + " | ".join(_cell(value) for value in row) + " |"

    return "\n".join(lines())


def _quoted(text: str) -> str:
    """A provider's words as code, so that no Markdown or HTML in them comes to life."""
    line = " ".join(text.split()).replace("`", "'")
    return f"`{line}`"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(str(value).replace("|", "\\|").split())
