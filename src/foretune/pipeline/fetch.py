"""Fetch what a spec asks for and read it into facts. The only place that pairs sources with readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from foretune.errors import EmptyData
from foretune.pipeline.spec import (
    Asset,
    BuildSpec,
    BybitAsset,
    FearGreedSeries,
    FileSeries,
    FredSeries,
    Series,
    file_path,
)
from foretune.settings import Settings
from foretune.sources.alphavantage import AlphaVantageSource
from foretune.sources.alternative_me import AlternativeMeSource
from foretune.sources.bybit import BybitSource
from foretune.sources.endpoints import Endpoints
from foretune.sources.files import FilesSource
from foretune.sources.fred import FredSource
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse
from foretune.tables.readers.alphavantage import read_daily
from foretune.tables.readers.alternative_me import read_fear_greed
from foretune.tables.readers.bybit import read_funding, read_klines
from foretune.tables.readers.series import read_daily_file, read_fred_graph, read_release_dates
from foretune.tables.release_calendar import rule_for
from foretune.tables.schemas import Validated

HISTORY_BEFORE_START = timedelta(days=500)
"""Macro series are asked for this long before `start`: a yearly change needs the year before."""


@dataclass
class Facts:
    """Everything fetched for one build, with the bodies it came from and the rows turned away."""

    bars: pl.DataFrame
    series: dict[str, pl.DataFrame] = field(default_factory=dict)
    asset_series: dict[str, dict[str, pl.DataFrame]] = field(default_factory=dict)
    inputs: list[RawResponse] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)


def fetch_facts(
    spec: BuildSpec, http: HttpClient, endpoints: Endpoints, settings: Settings, step: Callable[[str], None]
) -> Facts:
    """Fetch every asset and field of `spec`; `step` is called with a label before each.

    Raises:
        SourceError: a provider refused; EmptyData: it sent no usable row for an asset or field.
    """
    for series in spec.fields.values():
        if isinstance(series, FredSeries):
            rule_for(series.series, series.release_lag_days)  # an undeclared lag is refused before any request
    start = datetime.combine(spec.start, time(), UTC)
    end = datetime.combine(spec.end, time(), UTC)
    facts = Facts(bars=pl.DataFrame())
    bars = []
    for asset in spec.assets:
        step(f"bars of {asset.symbol}")
        bars.append(_bars(asset, http, endpoints, settings, start, end, facts))
        if isinstance(asset, BybitAsset) and asset.funding:
            step(f"funding of {asset.symbol}")
            pages = BybitSource(http, endpoints.bybit).funding_history(asset.id, start, end + timedelta(days=1))
            found = _keep(facts, pages, read_funding(pages), f"funding of {asset.symbol}")
            facts.asset_series[asset.symbol] = {"funding_rate": found}
    facts.bars = pl.concat(bars)
    for name, series in spec.fields.items():
        step(name)
        facts.series[name] = _series(name, series, http, endpoints, spec.start, spec.end, facts)
    return facts


def _bars(
    asset: Asset,
    http: HttpClient,
    endpoints: Endpoints,
    settings: Settings,
    start: datetime,
    end: datetime,
    facts: Facts,
) -> pl.DataFrame:
    if isinstance(asset, BybitAsset):
        pages = BybitSource(http, endpoints.bybit).klines(asset.id, asset.category, "D", start, end)
        found = read_klines(pages, symbol=asset.symbol, asset_class=asset.asset_class)
    else:
        source = AlphaVantageSource(http, endpoints.alphavantage, settings.alphavantage_api_key)
        page = (
            source.crypto_daily(asset.id, asset.market)
            if asset.asset_class == "crypto"
            else source.equity_daily(asset.id)
            if asset.asset_class == "equity"
            else source.fx_daily(asset.id, asset.market)
        )
        pages = [page]
        found = read_daily(page, symbol=asset.symbol, asset_class=asset.asset_class)
    kept = _keep(facts, pages, found, f"bars of {asset.symbol}")
    return kept.filter(pl.col("event_at").is_between(start, end))


def _series(
    name: str, series: Series, http: HttpClient, endpoints: Endpoints, start: date, end: date, facts: Facts
) -> pl.DataFrame:
    files = FilesSource(http, endpoints.files)
    match series:
        case FredSeries():
            body = FredSource(http, endpoints.fred).graph_csv(series.series, start - HISTORY_BEFORE_START, end)
            releases = None
            if series.releases is not None:
                calendar = files.series(file_path(series.releases) or series.releases)
                facts.inputs.append(calendar)
                releases = read_release_dates(calendar)
            rule = rule_for(series.series, series.release_lag_days)
            found = read_fred_graph(body, series=series.series, rule=rule, releases=releases)
        case FileSeries():
            body = files.series(file_path(series.series) or series.series)
            found = read_daily_file(body, series=name)
        case FearGreedSeries():
            body = AlternativeMeSource(http, endpoints.alternative_me).fear_greed()
            found = read_fear_greed(body)
    return _keep(facts, [body], found, name)


def _keep(facts: Facts, pages: list[RawResponse], found: Validated, what: str) -> pl.DataFrame:
    facts.inputs += pages
    facts.rejected.append(found.rejected.with_columns(pl.lit(what).alias("table")))
    if found.rows.is_empty():
        why = found.rejected["reason"].value_counts(sort=True).head(1).rows()
        raise EmptyData(
            f"{what}: the provider sent no usable row{f', most were {why}' if why else ''}; check the dates"
        )
    return found.rows
