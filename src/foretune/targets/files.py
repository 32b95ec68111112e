"""Bars in Parquet files -> features and targets in Parquet files, one file at a time. Joins nothing.

Memory follows the largest file, not their number: that is how history of any size goes through one
machine, and what a cluster's workers call with the paths they are handed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from foretune import __version__
from foretune.errors import ConfigError, DataError
from foretune.features.kernel import bar_features
from foretune.targets.forward import forward_targets

_NEEDED = ("symbol", "asset_class", "event_at", "known_at", "open", "high", "low", "close")
_WHOLE = _NEEDED[:4]
_STAMP = b"foretune.made_from"
_ROW_GROUP = 100_000  # rows the writer holds back: 45 columns of them are 36 MB


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One output. `reused`: it stood there already, made from the same bytes by the same version."""

    path: Path
    rows: int
    symbols: frozenset[str]
    reused: bool


def features_of_files(
    paths: Iterable[Path], out_folder: Path, *, horizon_days: int = 90, tolerance_days: int = 5
) -> Iterator[WrittenFile]:
    """`features_of_file` for each of `paths`, lazily: one output per input, of the same name.

    A run that was killed goes on where it stopped: finished outputs are kept, an unfinished one
    never has its final name.

    Raises:
        ConfigError: two inputs of one name, or an output that would replace its input.
        DataError: an asset's bars lie in two files, or what `features_of_file` raises.
    """
    names: dict[str, Path] = {}
    owners: dict[str, Path] = {}
    for path in paths:
        if path.name in names:
            raise ConfigError(f"{names[path.name]} and {path} would both be written to {out_folder / path.name}")
        names[path.name] = path
        written = features_of_file(path, out_folder, horizon_days=horizon_days, tolerance_days=tolerance_days)
        for symbol in sorted(written.symbols):
            if symbol in owners:
                written.path.unlink()  # its warm-up began in the middle of a history
                raise DataError(f"{symbol} is in {owners[symbol]} and in {path}; a file must hold whole assets")
            owners[symbol] = path
        yield written


def features_of_file(path: Path, out_folder: Path, *, horizon_days: int = 90, tolerance_days: int = 5) -> WrittenFile:
    """Append `bar_features` and `forward_targets` to the bars in the Parquet file `path`.

    The file holds whole assets, sorted by (symbol, event_at), with the columns symbol,
    asset_class, event_at, known_at, open, high, low, close; volume, volume_quote, split_factor and
    others may be there. The output keeps them all. It is complete or absent.

    Raises:
        ConfigError: the output would replace the input, the target cannot be made, or an asset class is unknown.
        DataError: not a Parquet file, a column missing, or bars the kernel refuses; names the file.
    """
    out = out_folder / path.name
    if out.resolve() == path.resolve():
        raise ConfigError(f"{path}: the output would replace the input; choose another output folder")
    made_from = _fingerprint(path, horizon_days, tolerance_days)
    finished = _finished(out, made_from)
    if finished is not None:
        return finished
    try:
        bars = _read(path)
        table = forward_targets(bar_features(bars), horizon_days=horizon_days, tolerance_days=tolerance_days)
    except (DataError, ConfigError) as exc:
        raise type(exc)(f"{path}: {exc}") from exc
    symbols = _symbols(table)
    out_folder.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        _write(table, partial, made_from)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return WrittenFile(out, len(table), symbols, reused=False)


def _fingerprint(path: Path, horizon_days: int, tolerance_days: int) -> bytes:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as exc:
        raise DataError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
    return f"{digest} {horizon_days}d+{tolerance_days}d foretune {__version__}".encode()


def _finished(out: Path, made_from: bytes) -> WrittenFile | None:
    if not out.is_file():
        return None
    try:
        with pq.ParquetFile(out) as file:
            if (file.schema_arrow.metadata or {}).get(_STAMP) != made_from:
                return None
            return WrittenFile(out, file.metadata.num_rows, _symbols(file.read(["symbol"])), reused=True)
    except (pa.ArrowException, OSError):
        return None  # damaged: it is made again


def _read(path: Path) -> pa.Table:
    try:
        schema = pq.read_schema(path)
        missing = [name for name in _NEEDED if name not in schema.names]
        if missing:
            raise DataError(f"has no column {', '.join(missing)}; needed are {', '.join(_NEEDED)}")
        # a text a row would be most of the memory
        texts = [field.name for field in schema if _is_text(field.type)]
        bars = pq.read_table(path, read_dictionary=texts, use_threads=False, partitioning=None)
    except (pa.ArrowException, OSError) as exc:
        raise DataError(f"is not a Parquet file that can be read ({exc})") from exc
    for name in _WHOLE:
        if bars[name].null_count:
            raise DataError(f"{name} is missing in {bars[name].null_count} rows; remove them first")
    return bars


def _write(table: pa.Table, path: Path, made_from: bytes) -> None:
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _STAMP: made_from})
    # floats hardly repeat: a dictionary of them costs three times the CPU and saves a tenth of the bytes
    texts = [field.name for field in table.schema if _is_text(field.type) or pa.types.is_dictionary(field.type)]
    pq.write_table(table, path, use_dictionary=texts, row_group_size=_ROW_GROUP)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _symbols(table: pa.Table) -> frozenset[str]:
    return frozenset(table["symbol"].unique().to_pylist())
