"""Checks of the files below `rows/`: each row in the split of its panel row, each file what the panel makes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError
from pydantic import ValidationError

from foretune.answers.tasks import Task
from foretune.audit.dataset import AuditedDataset
from foretune.audit.finding import Finding, Status, named
from foretune.datasets.example import Example
from foretune.datasets.export import FOLDER, ExportSpec, export
from foretune.datasets.parquet import damaged, read_built
from foretune.datasets.preferences import FILE_NAME as PAIRS_FILE
from foretune.datasets.preferences import PreferencePair
from foretune.errors import ConfigError, DataError

CHECK = "exported rows"
_PLACE = ("id", "task", "symbol", "decision_at", "label_end_at")
_MEND = "export the rows from this panel, and change none by hand"


def check_exported_places(data: AuditedDataset) -> list[Finding]:
    """Each exported row lies in the folder of its panel row's split and covers the time its label covers.

    Only answers that use nothing of the future (the market analysis) may cover no time.

    Raises:
        DataError: a file cannot be read.
    """
    files = _files(data.folder)
    if not files or "split" not in data.rows.columns:
        return []
    own = data.rows.select(
        pl.col("asset_symbol").alias("symbol"),
        pl.col("decision_at").alias("_decided"),
        pl.col("split").alias("_panel"),
        pl.col("label_end_at").alias("_ends"),
    ).unique(["symbol", "_decided"], keep="first", maintain_order=True)
    wrong: list[tuple[str, int, str]] = []
    unplaced = []
    total = 0
    for path in files:
        name = path.relative_to(data.folder).as_posix()
        rows = _read(path)
        if rows is None:
            unplaced.append(name)
            continue
        total += len(rows)
        silent = pl.col("label_end_at").is_null() & (pl.col("task") == Task.MARKET_ANALYSIS.value)
        off = rows.join(own, on=["symbol", "_decided"], how="left").filter(
            pl.col("_panel").ne_missing(pl.lit(path.parent.name))
            | (pl.col("_ends_here").ne_missing(pl.col("_ends")) & ~silent.fill_null(value=False))
        )
        if off.height:
            row = off.row(0, named=True)
            words = (
                f"{row['id']}: its panel row is in {row['_panel'] or 'no split'}"
                if row["_panel"] != path.parent.name
                else f"{row['id']}: label_end_at {row['label_end_at'] or 'is missing'}, not {row['_ends']}"
            )
            wrong.append((name, off.height, words))
    findings = []
    if wrong:
        findings.append(
            Finding(
                check=CHECK,
                status=Status.LEAK,
                what=f"{sum(count for _, count, _ in wrong):,} of {total:,} rows are not where their panel row is",
                detail="; ".join(f"{name}: {count:,}, first {words}" for name, count, words in wrong[:4]),
                mend=_MEND,
                figures={"rows": sum(count for _, count, _ in wrong), "files": len(wrong)},
            )
        )
    if unplaced:
        findings.append(
            Finding(
                check=CHECK,
                status=Status.WARNING,
                what=f"{named(unplaced)}: rows do not say which asset and time they are about",
                detail=f"columns needed: {', '.join(_PLACE)}",
                mend="train on rows that carry their provenance only",
            )
        )
    return findings or [
        Finding(
            check=CHECK, status=Status.OK, what=f"{total:,} rows in {len(files)} files are where their panel row is"
        )
    ]


def check_exported_again(data: AuditedDataset, made: Sequence[Example], *, quick: bool = False) -> list[Finding]:
    """Write the rows again from panel, facts and the examples `made` of the panel, and compare the files.

    With `quick` one layout and one type of file of each content are compared. Parquet files are
    compared by what they hold: their bytes name the library that wrote them.

    Raises:
        DataError: a file cannot be read.
    """
    plan = data.manifest.spec.get("exports") if data.manifest is not None else None
    there = {path.relative_to(data.folder).as_posix() for path in _files(data.folder)}
    if plan is None or data.facts is None or data.panel is None or not there:
        return [] if plan is None and not there else [_skipped("no rows, no facts or no plan of the export is here")]
    try:
        spec = ExportSpec.model_validate(plan)
    except ValidationError:
        return [_skipped("the plan of the export in the manifest is of another version")]
    if quick:
        spec = spec.model_copy(update={"formats": spec.formats[:1], "files": spec.files[:1]})
    with tempfile.TemporaryDirectory() as place:
        again = Path(place)
        try:
            pairs = _pairs(data.folder, {example.id for example in made})
            export(data.panel, data.facts, made, pairs, again, spec, horizon_days=data.horizon_days)
        except (ConfigError, DataError) as exc:
            return [_leak("the panel makes no rows at all", str(exc), {})]
        expected = {path.relative_to(again).as_posix(): path for path in _files(again)}
        differing = [n for n, path in expected.items() if n in there and not _same(path, data.folder / n)]
    findings = []
    if differing:
        findings.append(
            _leak(
                f"{len(differing)} of {len(expected)} files are not what the panel makes",
                named(differing),
                {"files": len(differing)},
            )
        )
    added = [] if quick else sorted(there - expected.keys())
    if added:
        findings.append(
            Finding(
                check=CHECK,
                status=Status.WARNING,
                what=f"{len(added)} files are none that the plan makes",
                detail=named(added),
                mend=_MEND,
            )
        )
    return findings or [
        Finding(
            check=CHECK,
            status=Status.OK,
            what=f"{len(expected)} files of rows are what the panel makes",
            detail="a sample: one layout of each content" if quick else "",
        )
    ]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / FOLDER).rglob("*") if path.is_file())


def _read(path: Path) -> pl.DataFrame | None:
    """The columns of `_PLACE`, and decision and label end as times; None where it does not say them."""
    text = dict.fromkeys(_PLACE, pl.String)
    try:
        match path.suffix:
            case ".jsonl":
                rows = pl.read_ndjson(path, schema=text)
            case ".csv":
                rows = pl.read_csv(path, infer_schema=False)
            case ".parquet":
                rows = pl.read_parquet(path)
            case _:
                return None
        if any(name not in rows.columns for name in _PLACE):
            return None
        rows = rows.select(pl.col(_PLACE).cast(pl.String))
        if rows["symbol"].null_count() == len(rows):
            return None
    except (PolarsError, OSError) as exc:
        raise damaged(path) from exc
    return rows.with_columns(_time("decision_at").alias("_decided"), _time("label_end_at").alias("_ends_here"))


def _time(name: str) -> pl.Expr:
    return pl.col(name).str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def _pairs(folder: Path, known: set[str]) -> list[PreferencePair]:
    """The pairs of examples that the panel makes; others are named by the check of the pairs."""
    if not (folder / PAIRS_FILE).is_file():
        return []
    frame = read_built(folder / PAIRS_FILE, list(PreferencePair.model_fields))
    try:
        pairs = [PreferencePair.model_validate(row) for row in frame.iter_rows(named=True)]
    except ValidationError as exc:
        raise damaged(folder / PAIRS_FILE) from exc
    return [pair for pair in pairs if pair.example_id in known]


def _same(first: Path, second: Path) -> bool:
    if first.read_bytes() == second.read_bytes():
        return True
    if first.suffix != ".parquet":
        return False
    try:
        return pl.read_parquet(first).equals(pl.read_parquet(second))
    except (PolarsError, OSError) as exc:
        raise damaged(second) from exc


def _leak(what: str, detail: str, figures: dict[str, float]) -> Finding:
    return Finding(check=CHECK, status=Status.LEAK, what=what, detail=detail, mend=_MEND, figures=figures)


def _skipped(what: str) -> Finding:
    return Finding(check=CHECK, status=Status.SKIPPED, what=what, mend="audit the folder as 'foretune build' left it")
