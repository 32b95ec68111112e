"""The feature kernel: Arrow table in, Arrow table out, one numpy slice per asset.

Pure and free of frames and files, so that one machine and a cluster can run the same function.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foretune.errors import ConfigError
from foretune.features.columns import float_column, nullable, positive_column, split_factors
from foretune.features.price import PRICE_NAMES, price_indicators
from foretune.features.technical import LEVELS, PERIODS_PER_YEAR, TECHNICAL_NAMES, technical_indicators
from foretune.tables.asset_slices import asset_slices

Array = NDArray[np.float64]


def technical_features(bars: pa.Table) -> pa.Table:
    """Append the 20 technical fields to bars sorted by (symbol, event_at).

    Columns needed: symbol, asset_class, event_at (timestamp), high, low, close; `split_factor` if
    there were splits. Prices are raw; indicators see them adjusted forward, and those in units of
    the price come back in that of the row's own day. Warm-up is null. The value of a row depends
    on no later row.

    Raises:
        DataError: unsorted rows, or a price or factor that is not finite and positive.
        ConfigError: an asset class without a declared number of periods per year.
    """
    return _append(bars, TECHNICAL_NAMES)


def bar_features(bars: pa.Table) -> pa.Table:
    """Append the 20 technical fields and the 19 of `PRICE_FIELDS`, as `technical_features` does.

    Needs `open` too; `volume` and `volume_quote` may be absent, their fields are null then.
    """
    return _append(bars, (*TECHNICAL_NAMES, *PRICE_NAMES))


def _append(bars: pa.Table, names: Sequence[str]) -> pa.Table:
    event_at = np.asarray(bars["event_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
    slices = asset_slices(bars["symbol"], event_at)
    factor = split_factors(bars)
    high, low, close = (_adjusted(bars, name, factor) for name in ("high", "low", "close"))
    log_close = np.log(close)
    out = np.empty((len(names), len(bars)))
    technical, more = out[: len(TECHNICAL_NAMES)], out[len(TECHNICAL_NAMES) :]
    if len(more):
        open_ = _adjusted(bars, "open", factor)
        volume, volume_quote = (_volume(bars, name) for name in ("volume", "volume_quote"))
        if factor is not None:
            volume = volume / factor  # one old share is as much as `factor` new ones
    for start, stop in slices:
        per_year = _periods_per_year(bars["asset_class"][start].as_py())
        rows = slice(start, stop)
        technical_indicators(
            high[rows], low[rows], close[rows], log_close[rows], periods_per_year=per_year, out=technical[:, rows]
        )
        if factor is not None:
            technical[LEVELS, rows] /= factor[rows]
        if len(more):
            price_indicators(
                open_[rows],
                high[rows],
                low[rows],
                close[rows],
                log_close[rows],
                volume[rows],
                volume_quote[rows],
                periods_per_year=per_year,
                out=more[:, rows],
            )
    columns = [nullable(values) for values in out]
    return pa.Table.from_arrays([*bars.columns, *columns], [*bars.column_names, *names])


def _adjusted(bars: pa.Table, name: str, factor: Array | None) -> Array:
    values = positive_column(bars, name)
    return values if factor is None else values * factor


def _volume(bars: pa.Table, name: str) -> Array:
    if name not in bars.column_names:
        return np.full(len(bars), np.nan)
    return float_column(bars, name)


def _periods_per_year(asset_class: str) -> float:
    if asset_class not in PERIODS_PER_YEAR:
        raise ConfigError(f"asset class '{asset_class}' has no periods per year; known: {sorted(PERIODS_PER_YEAR)}")
    return PERIODS_PER_YEAR[asset_class]
