"""The typed catalogue of recorded files: which file answers which request. No values are read here."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from foretune.config import Config, load_config
from foretune.errors import ConfigError

_OHLC = ("open", "high", "low", "close")
_QUOTES = tuple(f"{side}_{price}" for side in ("bid", "ask") for price in _OHLC)


class Table(Config):
    """A CSV file and which of its columns is which field of ours."""

    file: str
    columns: Mapping[str, str]
    stamp: Literal["open", "close"] = "close"
    utc_offset: str | None = None


class BarTable(Table):
    """Daily bars. `quotes: bid_ask` marks two-sided quotes, which are not candles."""

    asset_class: str
    stamp: Literal["open", "close"] = "open"
    quotes: Literal["trades", "bid_ask"] = "trades"
    factors: str | None = None
    adjusted: bool | None = None


class ChartTable(Table):
    """CoinGecko's daily points, under the provider's stamps: `shift` says that D means the close of D-1."""

    shift: Literal["-1d"]


class PeriodTable(Table):
    """One row a period, stamped with its first moment: known when the period is over."""

    stamp: Literal["open"] = "open"
    period: Literal["1d", "7d", "1mo"]


class NewsTable(PeriodTable):
    """Tone by day or week, as GDELT buckets it."""

    period: Literal["1d", "7d"]


class FredTable(Config):
    """One FRED series as `date,value`, with a calendar or vintages where recorded."""

    file: str
    releases: str | None = None
    vintages: str | None = None


class AlphaVantageMap(Config):
    """Code → bar table, by function."""

    DIGITAL_CURRENCY_DAILY: Mapping[str, str] = {}
    TIME_SERIES_DAILY: Mapping[str, str] = {}
    FX_DAILY: Mapping[str, str] = {}


class BybitMap(Config):
    """Symbol → bar table by category, and the tables that only Bybit has."""

    kline: Mapping[str, Mapping[str, str]] = {}
    kline_1m: Mapping[str, Mapping[str, Table]] = {}
    funding_history: Mapping[str, Table] = {}


class AlternativeMeMap(Config):
    fng: Table | None = None


class CoinGeckoMap(Config):
    """Coin id → daily points."""

    market_chart: Mapping[str, ChartTable] = {}


class GdeltMap(Config):
    """Topic (one lower-case word) → tone and article counts."""

    timelinetone: Mapping[str, NewsTable] = {}


class Catalog(Config):
    """The whole file. Sections the sandbox does not serve are accepted and left alone.

    `news` is one of them: the recorded headlines have no address and no time at which GDELT saw
    them, and an article list with invented ones would not be a recording.
    """

    bars: Mapping[str, BarTable] = {}
    alphavantage: AlphaVantageMap = AlphaVantageMap()
    bybit: BybitMap = BybitMap()
    fred: Mapping[str, FredTable] = {}
    files: Mapping[str, Table] = {}
    alternative_me: AlternativeMeMap = AlternativeMeMap()
    coingecko: CoinGeckoMap = CoinGeckoMap()
    gdelt: GdeltMap = GdeltMap()
    google_trends: Mapping[str, PeriodTable] = {}
    news: Any = None
    instructions: Any = None


def load_catalog(path: Path) -> Catalog:
    """Read and check a catalogue: every served file must be there, with every column it names.

    Raises:
        ConfigError: not a catalogue, or a file, column or bar table it names does not exist; all
            such findings are in one message.
    """
    catalog = load_config(path, Catalog)
    found = [*_unknown_bars(catalog), *_missing_columns(catalog, path.parent)]
    if found:
        raise ConfigError(f"{path}: {'; '.join(found)}")
    return catalog


def _unknown_bars(catalog: Catalog) -> Iterator[str]:
    maps = {f"bybit.kline.{category}": symbols for category, symbols in catalog.bybit.kline.items()}
    for function in AlphaVantageMap.model_fields:
        maps[f"alphavantage.{function}"] = getattr(catalog.alphavantage, function)
    for where, symbols in maps.items():
        for symbol, bar in symbols.items():
            if bar not in catalog.bars:
                yield f"{where}.{symbol}: there is no bar table '{bar}' under 'bars'"


def _missing_columns(catalog: Catalog, root: Path) -> Iterator[str]:
    for where, file, needed in _served(catalog):
        path = root / file
        if not path.is_file():
            yield f"{where}: no file {path}"
            continue
        header = _header(path)
        for column in needed:
            if column not in header:
                yield f"{where}: {file} has no column '{column}' (it has {', '.join(header)})"


def _served(catalog: Catalog) -> Iterator[tuple[str, str, list[str]]]:
    """(where in the catalogue, file, columns needed) of everything that can be served."""
    for name, bar in catalog.bars.items():
        needed = ["time", *(_QUOTES if bar.quotes == "bid_ask" else _OHLC)]
        yield f"bars.{name}", bar.file, _columns(f"bars.{name}", bar, needed)
        if bar.factors is not None:
            yield f"bars.{name}.factors", bar.factors, ["date", "split_factor"]
    for category, tables in catalog.bybit.kline_1m.items():
        for symbol, minute in tables.items():
            where = f"bybit.kline_1m.{category}.{symbol}"
            yield where, minute.file, _columns(where, minute, ["date", "ms", *_OHLC])
    for symbol, funding in catalog.bybit.funding_history.items():
        where = f"bybit.funding_history.{symbol}"
        yield where, funding.file, _columns(where, funding, ["time", "rate"])
    for name, table in catalog.files.items():
        yield f"files.{name}", table.file, _columns(f"files.{name}", table, ["time", "value"])
    for series_id, series in catalog.fred.items():
        yield f"fred.{series_id}", series.file, ["date", "value"]
        if series.releases is not None:
            yield f"fred.{series_id}.releases", series.releases, ["release_date", "reference_month"]
        if series.vintages is not None:
            needed = ["observation_quarter_start", "vintage", "value"]
            yield f"fred.{series_id}.vintages", series.vintages, needed
    others: list[tuple[str, Mapping[str, Table], list[str]]] = [
        ("coingecko.market_chart", catalog.coingecko.market_chart, ["time", "price"]),
        ("gdelt.timelinetone", catalog.gdelt.timelinetone, ["time", "tone"]),
        ("google_trends", catalog.google_trends, ["time", "interest"]),
    ]
    for section, tables, needed in others:
        for name, table in tables.items():
            yield f"{section}.{name}", table.file, _columns(f"{section}.{name}", table, needed)
    fng = catalog.alternative_me.fng
    if fng is not None:
        where = "alternative_me.fng"
        yield where, fng.file, _columns(where, fng, ["time", "value", "classification"])


def _columns(where: str, table: Table, needed: list[str]) -> list[str]:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise ConfigError(f"{where}.columns: '{missing[0]}' is required")
    return list(table.columns.values())


def _header(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as lines:
        return next(csv.reader(lines), [])


def read_columns(path: Path, columns: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Rows of a CSV under our field names, every cell as the file's own characters.

    Raises:
        ConfigError: the file has no such column.
    """
    with path.open(newline="", encoding="utf-8") as lines:
        # csv.DictReader takes half as long again, and these files are read while somebody waits for an answer
        rows = csv.reader(lines)
        header = next(rows, [])
        for column in columns.values():
            if column not in header:
                raise ConfigError(f"{path}: no column '{column}' (it has {', '.join(header)})")
        places = [(name, header.index(column)) for name, column in columns.items()]
        for row in rows:
            if row:
                yield {name: row[place] if place < len(row) else "" for name, place in places}
