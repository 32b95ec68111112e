"""The feature kernel: Arrow table in, Arrow table out, one numpy slice per asset.

Pure and free of frames and files, so that one machine and a cluster can run the same function.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from foretune.errors import ConfigError
from foretune.features.technical import PERIODS_PER_YEAR, TECHNICAL_NAMES, technical_indicators
from foretune.tables.asset_slices import asset_slices


def technical_features(bars: pa.Table) -> pa.Table:
    """Append the 20 technical fields to bars sorted by (symbol, event_at).

    Columns needed: symbol, asset_class, event_at (timestamp us), high, low, close. Warm-up is
    null. The value of a row depends on no later row.

    Raises:
        DataError: unsorted rows or a price that is not finite and positive.
        ConfigError: an asset class without a declared number of periods per year.
    """
    event_at = np.asarray(bars["event_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
    high, low, close = (
        np.ascontiguousarray(bars[name].to_numpy(), dtype=np.float64) for name in ("high", "low", "close")
    )
    out = np.empty((len(TECHNICAL_NAMES), len(bars)))
    for start, stop in asset_slices(bars["symbol"], event_at):
        asset_class = bars["asset_class"][start].as_py()
        if asset_class not in PERIODS_PER_YEAR:
            raise ConfigError(f"asset class '{asset_class}' has no periods per year; known: {sorted(PERIODS_PER_YEAR)}")
        rows = slice(start, stop)
        technical_indicators(
            high[rows],
            low[rows],
            close[rows],
            periods_per_year=PERIODS_PER_YEAR[asset_class],
            out=out[:, rows],
        )
    for name, values in zip(TECHNICAL_NAMES, out, strict=True):
        bars = bars.append_column(name, pa.array(values, from_pandas=True))  # NaN is a null, not a value
    return bars
