"""Real recorded history, replayed: a catalogue of CSV files seen at a moment `now`.

Values keep their files' own characters. What was not recorded stays empty. Three things are
derived, exactly and nothing else: the 24 h change of a ticker, the mid price of two-sided quotes
and the share splits that a factor file implies. `now` never shows a day that was not over.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from foretune.errors import ConfigError
from foretune.origin import Origin
from foretune.sandbox.catalog import Catalog, PeriodTable, load_catalog, read_columns
from foretune.sandbox.market import (
    DAY_MS,
    Article,
    Bar,
    ChartPoint,
    Funding,
    Listing,
    NewsBucket,
    Observation,
    OpenInterest,
    OrderBook,
    Sentiment,
    Split,
    Ticker,
    Vintage,
    epoch_ms,
)
from foretune.sandbox.publication import is_public, last_day
from foretune.sandbox.recorded_prices import read_bars, read_chart, read_minutes, read_splits
from foretune.sandbox.recorded_reading import day_of
from foretune.sandbox.recorded_series import (
    read_fred,
    read_funding,
    read_interest,
    read_news,
    read_sentiment,
    read_vintages,
)

MINUTE_MS: Final = 60_000
_FUNDING_FRESH_MS: Final = DAY_MS
"""An older settlement is not a current funding rate."""

_DAYS: Final = {"1d": 1, "7d": 7}
_NEWS_BUCKETS: Final = {"1d": "day", "7d": "week"}
_TRENDS: Final = "google_trends."
_TRENDS_COLUMNS: Final = {"1d": "Day", "7d": "Week", "1mo": "Month"}


class RecordedMarket:
    """The catalogue at `catalog_path` as a `Market`.

    `now` (UTC) defaults to the end of the newest bar's day. Daily bars appear once their day is
    over; FRED values once published, by the recorded release calendar where there is one; weekly
    and monthly values when their period is over. Every file is read once.

    Raises:
        ConfigError: the catalogue or a file it names cannot be used, `now` has no time zone or
            lies after the end of the recording.
    """

    def __init__(self, catalog_path: Path, now: datetime | None = None) -> None:
        self._catalog: Catalog = load_catalog(catalog_path)
        self._root = catalog_path.parent
        self._bars = cache(self._read_bars)
        self._funding = cache(lambda symbol: read_funding(self._root, self._catalog.bybit.funding_history[symbol]))
        self._chart = cache(lambda coin: read_chart(self._root, self._catalog.coingecko.market_chart[coin]))
        self.listing = self._list()
        self.now = self._moment(now)
        # as seen at `now`
        self._fred = cache(self._fred_now)
        self._vintages = cache(self._vintages_now)
        self._splits = cache(self._splits_now)
        self._news = cache(self._news_now)
        self._sentiment = cache(self._sentiment_now)
        self._file = cache(self._file_now)

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

    def open_interest(self, symbol: str) -> Sequence[OpenInterest]:
        """None was recorded: the file at hand holds money values of another venue."""
        raise KeyError(symbol)

    def chart(self, coin: str) -> Sequence[ChartPoint]:
        """Daily points stamped as CoinGecko stamps them; the one of D 00:00 is out at that moment."""
        points = self._chart(coin)
        return points[: bisect_right(points, epoch_ms(self.now), key=_time)]

    def articles(self, topic: str) -> Sequence[Article]:
        """None are served: see `Catalog`."""
        raise KeyError(topic)

    def fred(self, series_id: str) -> Sequence[Observation]:
        return self._fred(series_id)

    def fred_vintages(self, series_id: str) -> Sequence[Vintage]:
        """In order of publication; levels in the unit of the vintages' file (see `read_vintages`)."""
        return self._vintages(series_id)

    def splits(self, code: str) -> Sequence[Split]:
        """Known from 00:00 UTC of the day they take effect."""
        return self._splits(code)

    def news(self, topic: str) -> Sequence[NewsBucket]:
        """Buckets that are over."""
        return self._news(topic)

    def fear_greed(self) -> Sequence[Sentiment]:
        return self._sentiment()

    def file(self, name: str) -> bytes:
        """A daily series as `date,value` (days that are over), search interest, or a calendar as recorded.

        A calendar is served whole: the schedule of coming releases is public in advance.
        """
        return self._file(name)

    def _fred_now(self, series_id: str) -> Sequence[Observation]:
        rows = read_fred(self._root, series_id, self._catalog.fred[series_id])
        return [row for row, published in rows if is_public(published, self.now)]

    def _vintages_now(self, series_id: str) -> Sequence[Vintage]:
        file = self._catalog.fred[series_id].vintages
        if file is None:
            raise KeyError(series_id)
        rows = read_vintages(self._root / file)
        return [row for row in rows if is_public(date.fromisoformat(row.published), self.now)]

    def _splits_now(self, code: str) -> Sequence[Split]:
        instrument = self.listing.equity[code]
        factors = self._catalog.bars[instrument].factors
        if factors is None:
            raise KeyError(code)
        today = self.now.astimezone(UTC).date().isoformat()
        return [split for split in read_splits(self._root / factors, self._bars(instrument)) if split.day <= today]

    def _news_now(self, topic: str) -> Sequence[NewsBucket]:
        table = self._catalog.gdelt.timelinetone[topic]
        width = _DAYS[table.period] * DAY_MS // 1000
        return [row for row in read_news(self._root, table) if (row.time_s + width) * 1000 <= epoch_ms(self.now)]

    def _sentiment_now(self) -> Sequence[Sentiment]:
        table = self._catalog.alternative_me.fng
        if table is None:
            raise KeyError("fng")
        return [row for row in read_sentiment(self._root, table) if row.time_s * 1000 <= epoch_ms(self.now)]

    def _file_now(self, name: str) -> bytes:
        if name.startswith(_TRENDS):
            return self._interest(name.removeprefix(_TRENDS))
        if name in self._catalog.files:
            table = self._catalog.files[name]
            path = self._root / table.file
            lines = ["date,value"]
            for row in read_columns(path, {key: table.columns[key] for key in ("time", "value")}):
                day = day_of(path, row["time"])
                if is_public(day, self.now):
                    lines.append(f"{day.isoformat()},{row['value']}")
            return ("\n".join(lines) + "\n").encode()
        calendar = self._catalog.fred[name.removesuffix(".releases")].releases
        if calendar is None:
            raise KeyError(name)
        return (self._root / calendar).read_bytes()

    def _interest(self, term: str) -> bytes:
        """Search interest in the lines of a Google Trends download; periods that are over."""
        table = self._catalog.google_trends[term]
        lines = ["Category: All categories", "", f"{_TRENDS_COLUMNS[table.period]},{term}: (Worldwide)"]
        for first, interest in read_interest(self._root, table):
            if is_public(_last_of(table, first), self.now):
                lines.append(f"{first.isoformat()[: 7 if table.period == '1mo' else 10]},{interest}")
        return ("\n".join(lines) + "\n").encode()

    def _list(self) -> Listing:
        catalog = self._catalog
        candles = {name for name, bar in catalog.bars.items() if bar.quotes == "trades"}
        klines: dict[tuple[str, str], dict[str, str]] = {}
        for category, symbols in catalog.bybit.kline.items():
            klines[category, "D"] = _only(symbols, candles)
        for category, tables in catalog.bybit.kline_1m.items():
            klines[category, "1"] = {symbol: f"{category}@{symbol}" for symbol in tables}
        equity = _only(catalog.alphavantage.TIME_SERIES_DAILY, candles)
        calendars = [f"{name}.releases" for name, series in catalog.fred.items() if series.releases is not None]
        return Listing(
            klines=klines,
            funding=tuple(catalog.bybit.funding_history),
            crypto=_only(catalog.alphavantage.DIGITAL_CURRENCY_DAILY, candles),
            equity=equity,
            fx=dict(catalog.alphavantage.FX_DAILY),
            splits=tuple(code for code, name in equity.items() if catalog.bars[name].factors is not None),
            coins=tuple(catalog.coingecko.market_chart),
            vintages=tuple(name for name, series in catalog.fred.items() if series.vintages is not None),
            news={topic: _NEWS_BUCKETS[table.period] for topic, table in catalog.gdelt.timelinetone.items()},
            fred=tuple(catalog.fred),
            files=(*catalog.files, *calendars, *(f"{_TRENDS}{term}" for term in catalog.google_trends)),
            fear_greed=catalog.alternative_me.fng is not None,
        )

    def _moment(self, now: datetime | None) -> datetime:
        newest = max((self._bars(name)[-1].time_ms for name in self._served() if self._bars(name)), default=None)
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

    def _served(self) -> set[str]:
        """Bar tables that somebody can ask for."""
        listing = self.listing
        maps = [symbols for (_, interval), symbols in listing.klines.items() if interval == "D"]
        return {name for symbols in (*maps, listing.crypto, listing.equity, listing.fx) for name in symbols.values()}

    def _current_funding(self, symbol: str) -> str:
        rows = self.funding(symbol) if symbol in self.listing.funding else ()
        fresh = rows and rows[-1].time_ms > epoch_ms(self.now) - _FUNDING_FRESH_MS
        return rows[-1].rate if fresh else ""

    def _read_bars(self, instrument: str) -> tuple[Bar, ...]:
        category, minute, symbol = instrument.partition("@")
        if minute:
            return read_minutes(self._root, self._catalog.bybit.kline_1m[category][symbol])
        return read_bars(self._root, self._catalog.bars[instrument])


def _time(row: Bar | Funding | ChartPoint) -> int:
    return row.time_ms


def _only(symbols: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {symbol: name for symbol, name in symbols.items() if name in names}


def _last_of(table: PeriodTable, first: date) -> date:
    if table.period == "1mo":
        return last_day(first, "month")
    return first + timedelta(days=_DAYS[table.period] - 1)
