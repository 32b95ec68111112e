"""The ledger of answers given, and what became of their forecasts. Append-only; nothing is edited."""

from __future__ import annotations

import json
import math
import os
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from foretune.answers.slots import HORIZON_DAYS
from foretune.config import Config
from foretune.errors import DataError
from foretune.origin import Origin


class LedgerEntry(Config):
    """One answer as it left: enough to settle it later and to train on it.

    `low` and `high` bound the central 90 % of the forecast as log returns; all three forecast
    fields are None for an answer without a forecast.
    """

    symbol: str
    as_of: datetime
    origin: Origin
    model: str
    question: str
    answer: str
    price: float
    median: float | None = None
    low: float | None = None
    high: float | None = None


class Outcome(Config):
    """What happened: the realised 90-day log return, and whether the interval held it."""

    entry: LedgerEntry
    settled_at: datetime
    log_return: float
    inside: bool


def append(entry: LedgerEntry, path: Path) -> None:
    """Add one line and wait until it is on the disk.

    Half a line that a crash left behind was never acknowledged; it makes way for the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if file.tell() > 0:
            whole = path.read_bytes().rfind(b"\n") + 1
            file.truncate(whole)
        file.write(entry.model_dump_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[LedgerEntry]:
    """All entries, oldest first. An unfinished last line (a crash while writing) is left out.

    Raises:
        DataError: a finished line is not an entry.
    """
    lines = path.read_bytes().split(b"\n") if path.is_file() else [b""]
    entries = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            entries.append(LedgerEntry.model_validate(json.loads(line)))
        except ValueError as exc:
            raise DataError(f"{path}:{number}: not an entry of the ledger") from exc
    return entries


def settle(entry: LedgerEntry, bars: pl.DataFrame, tolerance: timedelta = timedelta(days=5)) -> Outcome | None:
    """The outcome of a forecast, or None while it is not yet known.

    Uses the first bar of the entry's symbol that closes at or after `as_of` plus 90 days.

    Raises:
        DataError: the entry has no forecast, or a simulated forecast meets real prices.
    """
    if entry.low is None or entry.high is None:
        raise DataError(f"the answer of {entry.as_of:%Y-%m-%d} on {entry.symbol} holds no forecast to settle")
    due = entry.as_of + timedelta(days=HORIZON_DAYS)
    later = bars.filter((pl.col("symbol") == entry.symbol) & pl.col("known_at").is_between(due, due + tolerance)).sort(
        "known_at"
    )
    if later.is_empty():
        return None
    row = later.row(0, named=True)
    if (row["origin"] == Origin.SIMULATED) != (entry.origin is Origin.SIMULATED):
        raise DataError(f"a forecast of a {entry.origin} market cannot be settled with {row['origin']} prices")
    log_return = math.log(row["close"] / entry.price)
    return Outcome(
        entry=entry,
        settled_at=row["known_at"],
        log_return=log_return,
        inside=entry.low <= log_return <= entry.high,
    )
