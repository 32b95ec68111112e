"""The forward target: the price actually observed one horizon later, and the interval it covers.

Everything else about the target is derived from that one price, so the columns cannot disagree.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foretune.errors import ConfigError
from foretune.features.columns import positive_column, split_factors, with_validity
from foretune.tables.asset_slices import asset_slices

_DAY_US = 86_400_000_000
_STAMP = pa.timestamp("us", "UTC")


def forward_targets(bars: pa.Table, *, horizon_days: int = 90, tolerance_days: int = 5) -> pa.Table:
    """Append target columns to bars sorted by (symbol, event_at).

    The target is the close of the first bar that starts at or after `event_at + horizon_days`
    (calendar days) and at most `tolerance_days` later; without such a bar it is null. Where a
    `split_factor` column says that shares were split in between, it is in the units of the row's
    own day: what became of one share held since then.

    Appended (H = horizon): `target_price_Hd`, `target_return_Hd` (log), `target_return_pct_Hd`
    (percent), `label_start_at` (the row's `known_at`) and `label_end_at` (the target bar's
    `known_at`): a row's label covers that interval.

    Raises:
        ConfigError: a horizon below one day, or a tolerance below none.
        DataError: rows are not sorted, or a price or factor is not finite and positive.
    """
    if horizon_days < 1 or tolerance_days < 0:
        raise ConfigError(
            f"a target {horizon_days} days ahead with {tolerance_days} days of tolerance cannot be made; "
            "the horizon is 1 day or more, the tolerance 0 or more"
        )
    event_at, known_at = _microseconds(bars["event_at"]), _microseconds(bars["known_at"])
    close, factor = positive_column(bars, "close"), split_factors(bars)
    target_at = np.zeros(len(bars), dtype=np.int64)
    found = np.zeros(len(bars), dtype=np.bool_)
    for start, stop in asset_slices(bars["symbol"], event_at):
        times = event_at[start:stop]
        due = times + horizon_days * _DAY_US
        at = np.searchsorted(times, due)
        reached = int(np.searchsorted(at, times.size))  # the rows from here on look past the end
        at = at[:reached]
        found[start : start + reached] = times[at] - due[:reached] <= tolerance_days * _DAY_US
        target_at[start : start + reached] = at + start
    price = close[target_at]
    if factor is not None:
        price *= factor[target_at] / factor  # exactly 1 where no split lies between
    simple = price / close
    columns = {
        f"target_price_{horizon_days}d": with_validity(price, found, pa.float64()),
        f"target_return_{horizon_days}d": with_validity(np.log(simple), found, pa.float64()),
        f"target_return_pct_{horizon_days}d": with_validity((simple - 1) * 100, found, pa.float64()),
        "label_start_at": with_validity(known_at, found, _STAMP),
        "label_end_at": with_validity(known_at[target_at], found, _STAMP),
    }
    return pa.Table.from_arrays([*bars.columns, *columns.values()], [*bars.column_names, *columns])


def _microseconds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.ascontiguousarray(column.cast(_STAMP).cast(pa.int64()).to_numpy())
