"""The forward target: the price actually observed one horizon later, and the interval it covers.

Everything else about the target is derived from that one price, so the columns cannot disagree.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from foretune.tables.asset_slices import asset_slices

_DAY_US = 86_400_000_000


def forward_targets(bars: pa.Table, *, horizon_days: int = 90, tolerance_days: int = 5) -> pa.Table:
    """Append target columns to bars sorted by (symbol, event_at).

    The target is the close of the first bar that starts at or after `event_at + horizon_days`
    (calendar days) and at most `tolerance_days` later; without such a bar it is null.

    Appended (H = horizon): `target_price_Hd`, `target_return_Hd` (log), `target_return_pct_Hd`
    (percent), `label_start_at` (the row's `known_at`) and `label_end_at` (the target bar's
    `known_at`): a row's label covers that interval.

    Raises:
        DataError: rows are not sorted.
    """
    event_at = np.asarray(bars["event_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
    known_at = np.asarray(bars["known_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
    close = np.asarray(bars["close"], dtype=np.float64)
    price = np.full(len(bars), np.nan)
    label_end = np.zeros(len(bars), dtype=np.int64)
    found = np.zeros(len(bars), dtype=bool)
    for start, stop in asset_slices(bars["symbol"], event_at):
        times = event_at[start:stop]
        due = times + horizon_days * _DAY_US
        at = np.searchsorted(times, due)
        inside = at < times.size
        at[~inside] = 0
        ok = inside & (times[at] - due <= tolerance_days * _DAY_US)
        price[start:stop][ok] = close[start:stop][at[ok]]
        label_end[start:stop][ok] = known_at[start:stop][at[ok]]
        found[start:stop] = ok
    simple = price / close
    stamp = pa.timestamp("us", "UTC")
    columns = {
        f"target_price_{horizon_days}d": pa.array(price, from_pandas=True),
        f"target_return_{horizon_days}d": pa.array(np.log(simple), from_pandas=True),
        f"target_return_pct_{horizon_days}d": pa.array((simple - 1) * 100, from_pandas=True),
        "label_start_at": pa.array(known_at, mask=~found).cast(stamp),
        "label_end_at": pa.array(label_end, mask=~found).cast(stamp),
    }
    for name, values in columns.items():
        bars = bars.append_column(name, values)
    return bars
