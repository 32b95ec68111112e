"""Facts kept from run to run, so that an update asks for what is new. Nothing is fetched or joined here.

    store.json                                   version of this layout; whether its facts are simulated
    bars/<source>/<symbol>.parquet               sorted by event_at
    observations/<source>/<series>@<symbol>.parquet   sorted by event_at, known_at; no @… where it is of all assets

Merging is idempotent: the same rows again change no byte. What was stored is never overwritten. A
bar that comes back changed is turned away with a reason; an observation that comes back changed is
a revision and becomes a vintage, known since we saw it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import quote

import dataframely as dy
import polars as pl
from polars.exceptions import PolarsError
from pydantic import ValidationError

from foretune.config import Config
from foretune.errors import DataError
from foretune.tables.schemas import Bars, Observations, rejected_frame
from foretune.tables.store_lock import StoreLock

VERSION: Final = 1
Span = tuple[datetime, datetime]

_COMPARED: Final = ("known_at", "asset_class", "open", "high", "low", "close", "volume", "volume_quote")
_LONGEST_NAME: Final = 90


class _Head(Config):
    """`store.json`."""

    version: Literal[1]
    simulated: bool


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge did: rows `added`, rows `known` before, of the added ones those that are `vintages`
    (revisions met on this fetch), and `revised`: bars turned away, as `table`, `raw`, `reason`."""

    added: int
    known: int
    vintages: int
    revised: pl.DataFrame

    @classmethod
    def nothing(cls) -> Self:
        """The report of an empty merge."""
        return cls(0, 0, 0, rejected_frame("bars", [], []))

    def __add__(self, other: MergeReport) -> MergeReport:
        return MergeReport(
            self.added + other.added,
            self.known + other.known,
            self.vintages + other.vintages,
            pl.concat([self.revised, other.revised]),
        )


class FactStore:
    """Bars and observations below `folder`, which is made with the first fact.

    A store holds simulated facts or real ones, never both. One process writes at a time; files are
    written aside and renamed, so that a reader or a kill never meets half of one.
    """

    def __init__(self, folder: Path, *, lock_wait_s: float = 30.0) -> None:
        self.folder = folder
        self._lock = StoreLock(folder, lock_wait_s)

    def merge_bars(self, rows: pl.DataFrame) -> MergeReport:
        """Add the `Bars` that are not stored yet.

        A stored bar that comes again with another price, volume, class or `known_at` stays as it
        is; the new one is in `revised`, with both values. An `origin` that changed is no revision.

        Raises:
            DataError: rows that `Bars` refuses, simulated rows among real ones, a damaged file,
                or another process that does not stop writing.
        """
        parts = _parts(Bars, rows, "symbol")
        report = MergeReport.nothing()
        with self._lock:
            self._claim(rows)
            for part in parts:
                report += _merge_bars(self._bars_path(part["symbol"][0], part["source"][0]), part)
        return report

    def merge_observations(self, rows: pl.DataFrame, *, fetched_at: datetime, symbol: str | None = None) -> MergeReport:
        """Add the `Observations` that are not stored yet; `symbol` is the asset they are of, None for all.

        `fetched_at` (UTC) is when these rows were seen. A period whose value differs from what the
        store shows as of then is revised: the new value becomes a vintage with basis `first_seen`,
        known at `fetched_at`, and after the period's first vintage at the least. Vintages that the
        provider dates itself (basis `published`) are kept as they are.

        Raises:
            DataError: as `merge_bars`.
        """
        if fetched_at.tzinfo is None:
            raise DataError(f"fetched_at {fetched_at.isoformat()} has no time zone; times are UTC")
        parts = _parts(Observations, rows, "series")
        report = MergeReport.nothing()
        with self._lock:
            self._claim(rows)
            for part in parts:
                path = self._observations_path(part["series"][0], part["source"][0], symbol)
                report += _merge_observations(path, part, fetched_at)
        return report

    def bars(self, symbol: str, source: str) -> pl.DataFrame:
        """`Bars` of one asset from one source by time; empty where there is none."""
        return _read(self._bars_path(symbol, source), Bars)

    def observations(self, series: str, source: str, symbol: str | None = None) -> pl.DataFrame:
        """`Observations` of one series by time, every vintage; empty where there is none."""
        return _read(self._observations_path(series, source, symbol), Observations)

    def bar_span(self, symbol: str, source: str) -> Span | None:
        """First and last `event_at` that are stored: ask from the last one on, and before the first."""
        return _span(self._bars_path(symbol, source))

    def observation_span(self, series: str, source: str, symbol: str | None = None) -> Span | None:
        """First and last `event_at` that are stored; a series that is revised has to be asked for in full."""
        return _span(self._observations_path(series, source, symbol))

    def _claim(self, rows: pl.DataFrame) -> None:
        """Make `store.json`, or hold the rows against it."""
        path = self.folder / "store.json"
        simulated = set((rows["origin"] == "simulated").to_list())
        if not simulated:
            return
        if len(simulated) > 1:
            raise DataError(f"{self.folder}: simulated and real facts in one merge; keep a store for each")
        try:
            head = _Head.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            head = _Head(version=VERSION, simulated=simulated == {True})
            _write(path, lambda aside: aside.write_text(head.model_dump_json(indent=1) + "\n", encoding="utf-8"))
        except ValidationError as exc:
            raise DataError(
                f"{path}: damaged, or of another version than {VERSION}; start a store in a new folder"
            ) from exc
        if head.simulated != (simulated == {True}):
            kinds = ("simulated", "real") if head.simulated else ("real", "simulated")
            raise DataError(
                f"{self.folder}: this store holds {kinds[0]} facts, {kinds[1]} ones may not join them; use another "
                "folder"
            )

    def _bars_path(self, symbol: str, source: str) -> Path:
        return self.folder / "bars" / _name(source) / f"{_name(symbol)}.parquet"

    def _observations_path(self, series: str, source: str, symbol: str | None) -> Path:
        of = "" if symbol is None else f"@{_name(symbol)}"
        return self.folder / "observations" / _name(source) / f"{_name(series)}{of}.parquet"


def _merge_bars(path: Path, rows: pl.DataFrame) -> MergeReport:
    stored = _read(path, Bars)
    new = rows.join(stored, on="event_at", how="anti")
    both = rows.join(stored.select("event_at", *_COMPARED), on="event_at", suffix="_stored", maintain_order="left")
    changed = both.filter(~pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_stored")) for name in _COMPARED))
    if len(new):
        _write_frame(path, pl.concat([stored, new]).sort("event_at"))
    reasons = ["revised, the stored bar stays: " + _differences(row) for row in changed.iter_rows(named=True)]
    raw = [json.dumps(row, default=str) for row in changed.select(rows.columns).iter_rows(named=True)]
    return MergeReport(len(new), len(both) - len(changed), 0, rejected_frame("bars", raw, reasons))


def _differences(row: dict[str, Any]) -> str:
    changed = [name for name in _COMPARED if row[name] != row[f"{name}_stored"]]
    return ", ".join(f"{name} {row[f'{name}_stored']} became {row[name]}" for name in changed)


def _merge_observations(path: Path, rows: pl.DataFrame, fetched_at: datetime) -> MergeReport:
    stored = _read(path, Observations)
    new_periods = rows.join(stored, on="event_at", how="anti")
    met_before = rows.join(stored, on="event_at", how="semi").sort("event_at", "known_at")
    is_dated = pl.col("basis").is_in(["published", "first_seen"])
    dated = met_before.filter(is_dated).join(stored, on=("event_at", "known_at"), how="anti")
    # what the provider shows now: undated values, and those whose own date holds another value
    restated = met_before.filter(is_dated).join(stored, on=("event_at", "known_at"), how="semi")
    restated = restated.join(stored, on=("event_at", "known_at", "value"), how="anti")
    told = pl.concat([met_before.filter(~is_dated), restated])
    vintages = _vintages(pl.concat([stored, dated]), told, fetched_at)
    added = pl.concat([new_periods, dated, vintages])
    if len(added):
        _write_frame(path, pl.concat([stored, added]).sort("event_at", "known_at"))
    return MergeReport(len(added), len(rows) - len(added), len(vintages), rejected_frame("bars", [], []))


def _vintages(stored: pl.DataFrame, told: pl.DataFrame, fetched_at: datetime) -> pl.DataFrame:
    """Of the values `told` at `fetched_at`, those that differ from what is `stored` as of then, dated anew."""
    held: dict[datetime, dict[datetime, float]] = {}
    periods = stored.join(told, on="event_at", how="semi").sort("known_at")
    for event_at, known_at, value in periods.select("event_at", "known_at", "value").iter_rows():
        held.setdefault(event_at, {})[known_at] = value
    vintages = []
    for row in told.iter_rows(named=True):
        known_at = _seen_at(held[row["event_at"]], row["value"], fetched_at)
        if known_at is not None:
            held[row["event_at"]] = dict(sorted({**held[row["event_at"]], known_at: row["value"]}.items()))
            vintages.append({**row, "known_at": known_at, "basis": "first_seen"})
    return pl.DataFrame(vintages, schema=stored.schema, orient="row")


def _seen_at(held: dict[datetime, float], value: float, fetched_at: datetime) -> datetime | None:
    """When the period's vintages `held` (by time) came to be `value`; None where they show it already."""
    shown = [known_at for known_at in held if known_at <= fetched_at]
    # before its first vintage a period is shown nowhere: the assumed date is later than the real one
    newest = shown[-1] if shown else next(iter(held))
    if held[newest] == value:
        return None
    at = max(fetched_at, newest + timedelta(microseconds=1))
    while at in held and held[at] != value:
        at += timedelta(microseconds=1)
    return None if at in held else at


def _parts(schema: type[dy.Schema], rows: pl.DataFrame, key: str) -> list[pl.DataFrame]:
    """`rows` by file, all of them checked before the first is written."""
    missing = [name for name in schema.column_names() if name not in rows.columns]
    if missing:
        raise DataError(f"{schema.__name__.lower()} without {', '.join(missing)} cannot be stored")
    parts = rows.partition_by("source", key, maintain_order=True) if len(rows) else []
    return [_valid(schema, part) for part in parts]


def _valid(schema: type[dy.Schema], rows: pl.DataFrame) -> pl.DataFrame:
    table = schema.__name__.lower()
    good, failure = schema.filter(rows.select(schema.column_names()), cast=True)
    if len(failure):
        counts = ", ".join(f"{count} times {rule.replace('|', ' ')}" for rule, count in failure.counts().items())
        raise DataError(f"{table} that break a rule cannot be stored ({counts}); validate them first")
    return good


def _read(path: Path, schema: type[dy.Schema]) -> pl.DataFrame:
    if not path.is_file():
        return pl.DataFrame(schema.create_empty())
    try:
        frame = pl.read_parquet(path)
    except (PolarsError, OSError) as exc:
        raise _damaged(path) from exc
    if dict(frame.schema) != dict(schema.create_empty().schema):
        raise _damaged(path)
    return frame


def _span(path: Path) -> Span | None:
    if not path.is_file():
        return None
    try:
        ends = pl.scan_parquet(path).select(pl.col("event_at").min().alias("a"), pl.col("event_at").max().alias("b"))
        first, last = ends.collect().row(0)
    except (PolarsError, OSError) as exc:
        raise _damaged(path) from exc
    return None if first is None else (first, last)


def _damaged(path: Path) -> DataError:
    return DataError(f"{path}: damaged, or not written by this version; delete the file, and fetch its facts again")


def _name(text: str) -> str:
    """`text` as a file name: nothing that climbs out of a folder, and no longer than a name may be."""
    if not text:
        raise DataError("a fact without symbol, series or source name has no place in the store")
    name = quote(text, safe="").replace(".", "%2E")
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _write_frame(path: Path, frame: pl.DataFrame) -> None:
    # one chunk, so that the row groups do not tell in how many merges the facts came
    _write(path, lambda aside: frame.rechunk().write_parquet(aside, compression="zstd"))


def _write(path: Path, fill: Callable[[Path], object]) -> None:
    """Let `fill` write a file aside and rename it: readers see the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    os.close(handle)
    try:
        fill(Path(aside))
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
