"""A fact store in front of the providers: what it holds is not asked for again. Nothing is read from bodies here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from foretune.config import Config
from foretune.datasets.manifest import InputRecord
from foretune.errors import DataError
from foretune.pipeline.feed_reading import Answered, Reader
from foretune.pipeline.feeds import (
    AlphaVantageAsset,
    AnyAsset,
    AnyFeed,
    BybitFundingFeed,
    BybitOpenInterestFeed,
)
from foretune.tables.schemas import REJECTED_SCHEMA, Validated
from foretune.tables.store import FactStore
from foretune.tables.store_lock import StoreLock

OVERLAP: Final = timedelta(days=3)
"""Asked for again on every update, so that a correction of the last days is seen."""

APPENDED: Final = (BybitFundingFeed, BybitOpenInterestFeed)
"""Feeds whose past stays: only what is new is asked for. The others may be revised, or answer a short
span in finer steps than a long one, and come in full."""

_LOCK_WAIT_S: Final = 30.0
_DAY: Final = timedelta(days=1)


class _Asked(Config):
    """`asked.json` of a feed's folder: the feed, the first day ever asked for, how its facts are named, and
    every body they came from."""

    feed: str
    market: str
    since: date
    series: str
    source: str
    inputs: tuple[InputRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class IncrementalReader:
    """Asks `behind` for what the store below `folder` does not hold, and answers from the store.

    Every feed of every `market` has a folder of its own there: neither the same symbol in two
    categories nor recorded and live history ever mix. What a feed holds has no hole in time, since
    an ask that would leave one is widened. Splits are few and always asked for.
    """

    behind: Reader
    folder: Path
    market: str

    def bars(self, asset: AnyAsset, start: date, end: date) -> Answered:
        """As `FeedReader.bars`; a stored bar that came back changed is among the rejected."""
        place = self._place("bars", asset.symbol, asset.model_dump_json(exclude={"fields"}))
        held = place.asked()
        span = None if held is None else place.store.bar_span(asset.symbol, held.source)
        # only finished bars are stored: the day of the newest one is whole
        asking = _to_ask(held, None if span is None else span[1].date(), start, end)
        if held is not None and asking is None:
            return _kept(place, place.store.bars(asset.symbol, held.source), start, end)
        first, last = asking or (start, end)
        answered = self.behind.bars(asset, first, last)
        merged = place.store.merge_bars(answered.found.rows)
        held = place.note(answered, "symbol", start)
        if held is None:
            return answered
        return _kept(place, place.store.bars(asset.symbol, held.source), start, end, answered, merged.revised)

    def splits(self, asset: AlphaVantageAsset) -> Answered:
        return self.behind.splits(asset)

    def observations(self, field: str, feed: AnyFeed, start: date, end: date, symbol: str | None = None) -> Answered:
        """As `FeedReader.observations`; values that were revised since are vintages of their own."""
        name = field if symbol is None else f"{symbol}.{field}"
        place = self._place("observations", name, feed.model_dump_json(exclude={"required"}))
        held = place.asked()
        asking: tuple[date, date] | None = (start, end)
        if held is not None and isinstance(feed, APPENDED):
            span = place.store.observation_span(held.series, held.source, symbol)
            # several facts share a day, so the day of the newest one may not be whole
            asking = _to_ask(held, None if span is None else span[1].date() - _DAY, start, end)
            if asking is None:
                return _kept(place, place.store.observations(held.series, held.source, symbol), start, end + _DAY)
        first, last = asking or (start, end)
        answered = self.behind.observations(field, feed, first, last, symbol)
        if answered.pages:
            fetched_at = max(page.fetched_at for page in answered.pages)
            place.store.merge_observations(answered.found.rows, fetched_at=fetched_at, symbol=symbol)
        held = place.note(answered, "series", start)
        if held is None:
            return answered
        rows = place.store.observations(held.series, held.source, symbol)
        return _kept(place, rows, start, end + _DAY, answered)

    def _place(self, kind: str, name: str, feed: str) -> _Place:
        return _Place(self.folder / kind, name, feed, self.market)


class _Place:
    """One feed's folder in the store."""

    def __init__(self, folder: Path, name: str, feed: str, market: str) -> None:
        plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
        identity = hashlib.sha256(f"{market}\n{feed}".encode()).hexdigest()[:12]
        self._folder = folder / f"{plain}-{identity}"
        self._feed = feed
        self._market = market
        self.store = FactStore(self._folder)

    def asked(self) -> _Asked | None:
        """What is known of earlier fetches; None before the first.

        Raises:
            DataError: the note is damaged.
        """
        path = self._folder / "asked.json"
        try:
            return _Asked.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as exc:
            raise DataError(f"{path}: damaged; delete {self._folder} and its facts are fetched again") from exc

    def note(self, answered: Answered, key: str, start: date) -> _Asked | None:
        """Write down that [`start`, …] was asked for, and which bodies came; nothing before the first fact.

        Names and source are those of the newest answer: the same feed may come from elsewhere once
        a key is set.
        """
        rows = answered.found.rows
        with StoreLock(self._folder, _LOCK_WAIT_S):
            held = self.asked()
            if rows.is_empty():
                return held
            new = [InputRecord.of(page) for page in answered.pages]
            inputs = () if held is None else held.inputs
            now = _Asked(
                feed=self._feed,
                market=self._market,
                since=start if held is None else min(held.since, start),
                series=rows[key][0],
                source=rows["source"][0],
                inputs=(*inputs, *(record for record in new if record not in inputs)),
            )
            path = self._folder / "asked.json"
            aside = path.with_suffix(".writing")
            aside.write_text(now.model_dump_json(indent=1) + "\n", encoding="utf-8")
            aside.replace(path)
            return now


def _to_ask(held: _Asked | None, until: date | None, start: date, end: date) -> tuple[date, date] | None:
    """The days to ask for, so that what is held stays without a hole; None if all of [`start`, `end`] is held.

    `until` is the last day that is held whole.
    """
    if held is None or until is None:
        return start, end
    if start < held.since:
        return start, max(end, until)
    if end <= until:
        return None
    return min(start, until - OVERLAP) if start > until else max(start, until - OVERLAP), end


def _kept(
    place: _Place,
    rows: pl.DataFrame,
    start: date,
    end: date,
    answered: Answered | None = None,
    revised: pl.DataFrame | None = None,
) -> Answered:
    """What the store has about [`start`, `end`], with what the fetch turned away."""
    held = place.asked()
    inside = rows.filter(pl.col("event_at").dt.date().is_between(start, end))
    rejected = [] if answered is None else [answered.found.rejected]
    if revised is not None:
        rejected.append(revised)
    none = pl.DataFrame(schema=REJECTED_SCHEMA)
    found = Validated(inside, pl.concat([none, *rejected]))
    return Answered(found, () if answered is None else answered.pages, () if held is None else held.inputs)
