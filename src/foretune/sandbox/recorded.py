"""Real recorded history, replayed: a catalogue of CSV files seen at a moment `now`.

Values keep their files' own characters. What was not recorded stays empty; nothing is derived but
the 24 h change of a ticker. `now` never shows a day that was not over.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from foretune.errors import ConfigError
from foretune.origin import Origin
from foretune.sandbox.catalog import Catalog, Table, load_catalog, read_columns
from foretune.sandbox.market import (
    DAY_MS,
    Bar,
    Funding,
    Listing,
    Observation,
    OrderBook,
    Sentiment,
    Ticker,
    epoch_ms,
)
from foretune.sandbox.publication import is_public, period_of, published_on

MINUTE_MS: Final = 60_000
_FUNDING_FRESH_MS: Final = DAY_MS
"""An older settlement is not a current funding rate."""

RowT = TypeVar("RowT", Bar, Funding)


class RecordedMarket:
    """The catalogue at `catalog_path` as a `Market`.

    `now` (UTC) defaults to the end of the newest bar's day. Daily bars appear once their day is
    over; FRED values once published, by the recorded release calendar where there is one.

    Raises:
        ConfigError: the catalogue or a file it names cannot be used, `now` has no time zone or
            lies after the end of the recording.
    """

    def __init__(self, catalog_path: Path, now: datetime | None = None) -> None:
        self._catalog: Catalog = load_catalog(catalog_path)
        self._root = catalog_path.parent
        self._bars = cache(self._read_bars)
        self._funding = cache(self._read_funding)
        self._fred = cache(self._read_fred)
        self._sentiment = cache(self._read_sentiment)
        self.listing = self._list()
        self.now = self._moment(now)

    @property
    def origin(self) -> Origin:
        return Origin.RECORDED

    def bars(self, instrument: str) -> Sequence[Bar]:
        bars = self._bars(instrument)
        width = MINUTE_MS if "@" in instrument else DAY_MS
        return bars[: bisect_right(bars, epoch_ms(self.now) - width, key=_time)]

    def ticker(self, category: str, symbol: str) -> Ticker:
        """From the last finished day; what was not recorded (quotes, open interest) is empty."""
        bars = self.bars(self.listing.symbols(category)[symbol])
        if not bars:
            return Ticker(*[""] * 7)
        last = bars[-1]
        before = bars[-2].close if len(bars) > 1 and bars[-2].time_ms == last.time_ms - DAY_MS else ""
        change = f"{Decimal(last.close) / Decimal(before) - 1:.6f}" if before and Decimal(before) else ""
        return Ticker(
            last=last.close,
            previous_24h=before,
            change_24h=change,
            high_24h=last.high,
            low_24h=last.low,
            volume_24h=last.volume,
            turnover_24h=last.turnover,
            funding_rate=self._current_funding(symbol) if category == "linear" else "",
        )

    def orderbook(self, symbol: str) -> OrderBook:
        """No order book was recorded."""
        return OrderBook()

    def funding(self, symbol: str) -> Sequence[Funding]:
        rows = self._funding(symbol)
        return rows[: bisect_right(rows, epoch_ms(self.now), key=_time)]

    def fred(self, series_id: str) -> Sequence[Observation]:
        return [row for row, published in self._fred(series_id) if is_public(published, self.now)]

    def fear_greed(self) -> Sequence[Sentiment]:
        return [row for row in self._sentiment() if row.time_s * 1000 <= epoch_ms(self.now)]

    def file(self, name: str) -> bytes:
        """A daily series as `date,value` (days that are over), or a release calendar as recorded.

        A calendar is served whole: the schedule of coming releases is public in advance.
        """
        if name in self._catalog.files:
            table = self._catalog.files[name]
            lines = ["date,value"]
            for row in read_columns(self._root / table.file, {key: table.columns[key] for key in ("time", "value")}):
                day = self._day(table.file, row["time"])
                if is_public(day, self.now):
                    lines.append(f"{day.isoformat()},{row['value']}")
            return ("\n".join(lines) + "\n").encode()
        calendar = self._catalog.fred[name.removesuffix(".releases")].releases
        if calendar is None:
            raise KeyError(name)
        return (self._root / calendar).read_bytes()

    def _list(self) -> Listing:
        catalog = self._catalog
        candles = {name for name, bar in catalog.bars.items() if bar.quotes == "trades"}
        klines: dict[tuple[str, str], dict[str, str]] = {}
        for category, symbols in catalog.bybit.kline.items():
            klines[category, "D"] = {symbol: name for symbol, name in symbols.items() if name in candles}
        for category, tables in catalog.bybit.kline_1m.items():
            klines[category, "1"] = {symbol: f"{category}@{symbol}" for symbol in tables}
        answers = catalog.alphavantage
        calendars = [f"{name}.releases" for name, series in catalog.fred.items() if series.releases is not None]
        return Listing(
            klines=klines,
            funding=tuple(catalog.bybit.funding_history),
            crypto={code: name for code, name in answers.DIGITAL_CURRENCY_DAILY.items() if name in candles},
            equity={code: name for code, name in answers.TIME_SERIES_DAILY.items() if name in candles},
            fred=tuple(catalog.fred),
            files=(*catalog.files, *calendars),
            fear_greed=catalog.alternative_me.fng is not None,
        )

    def _moment(self, now: datetime | None) -> datetime:
        newest = max((self._bars(name)[-1].time_ms for name in self._candles() if self._bars(name)), default=None)
        if newest is None:
            if now is None:
                raise ConfigError("the catalogue has no bars, so `now` must be given")
            return now
        end = datetime.fromtimestamp(newest / 1000, UTC) + timedelta(days=1)
        if now is None:
            return end
        if now.tzinfo is None:
            raise ConfigError(f"now={now.isoformat()} has no time zone; give UTC")
        if now > end:
            raise ConfigError(f"now={now.isoformat()} is after the end of the recording, {end.isoformat()}")
        return now

    def _candles(self) -> set[str]:
        maps = [symbols for (_, interval), symbols in self.listing.klines.items() if interval == "D"]
        return {name for symbols in (*maps, self.listing.crypto, self.listing.equity) for name in symbols.values()}

    def _current_funding(self, symbol: str) -> str:
        rows = self.funding(symbol) if symbol in self.listing.funding else ()
        fresh = rows and rows[-1].time_ms > epoch_ms(self.now) - _FUNDING_FRESH_MS
        return rows[-1].rate if fresh else ""

    def _read_bars(self, instrument: str) -> tuple[Bar, ...]:
        category, minute, symbol = instrument.partition("@")
        table: Table = self._catalog.bybit.kline_1m[category][symbol] if minute else self._catalog.bars[instrument]
        bars = []
        for row in read_columns(self._root / table.file, table.columns):
            opened = self._instant(table, row["date"]) + int(row["ms"]) if minute else self._instant(table, row["time"])
            prices = (row["open"], row["high"], row["low"], row["close"])
            bars.append(Bar(opened, *prices, row.get("volume", ""), row.get("volume_quote", "")))
        return _ascending(tuple(bars), table.file)

    def _read_funding(self, symbol: str) -> tuple[Funding, ...]:
        table = self._catalog.bybit.funding_history[symbol]
        rows = read_columns(self._root / table.file, table.columns)
        return _ascending(tuple(Funding(self._instant(table, row["time"]), row["rate"]) for row in rows), table.file)

    def _read_fred(self, series_id: str) -> tuple[tuple[Observation, date], ...]:
        """Observations with the day each was public."""
        series = self._catalog.fred[series_id]
        calendar: dict[str, date] = {}
        if series.releases is not None:
            names = {"day": "release_date", "month": "reference_month"}
            for row in read_columns(self._root / series.releases, names):
                calendar[row["month"]] = self._day(series.releases, row["day"])
        rows = list(read_columns(self._root / series.file, {"day": "date", "value": "value"}))
        days = [self._day(series.file, row["day"]) for row in rows]
        period = period_of(days[-400:])
        return tuple(
            (
                Observation(day.isoformat(), row["value"]),
                calendar.get(day.isoformat()[:7]) or published_on(series_id, day, period),
            )
            for day, row in zip(days, rows, strict=True)
        )

    def _read_sentiment(self) -> tuple[Sentiment, ...]:
        table = self._catalog.alternative_me.fng
        if table is None:
            raise KeyError("fng")
        return tuple(
            Sentiment(int(row["time"]), row["value"], row["classification"])
            for row in read_columns(self._root / table.file, table.columns)
        )

    def _instant(self, table: Table, text: str) -> int:
        """Milliseconds of a file's time; without a zone it is UTC, or the table's `utc_offset`."""
        try:
            at = datetime.fromisoformat(text)
            if at.tzinfo is None:
                at = datetime.fromisoformat(f"{at.isoformat()}{table.utc_offset or '+00:00'}")
        except ValueError:
            raise ConfigError(f"{self._root / table.file}: {text!r} is not a time") from None
        return epoch_ms(at)

    def _day(self, file: str, text: str) -> date:
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            raise ConfigError(f"{self._root / file}: {text!r} is not a date") from None


def _time(row: Bar | Funding) -> int:
    return row.time_ms


def _ascending(rows: tuple[RowT, ...], file: str) -> tuple[RowT, ...]:
    """Bisection and paging need strictly ascending times."""
    for earlier, later in itertools.pairwise(rows):
        if later.time_ms <= earlier.time_ms:
            raise ConfigError(f"{file}: times must ascend, {later.time_ms} follows {earlier.time_ms}")
    return rows
