"""Number columns between Arrow and numpy: what may be missing and what not. Computes no feature."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foretune.errors import DataError

Array = NDArray[np.float64]

SPLIT_FACTOR = "split_factor"
"""Optional float64 column: the product of the ratios of all splits in force at the bar. Absent: there was none."""


def positive_column(bars: pa.Table, name: str) -> Array:
    """Column `name` as contiguous float64.

    Raises:
        DataError: a value is missing, or not finite and positive.
    """
    values = float_column(bars, name)
    # NaN makes both comparisons false
    if values.size and not (values.min() > 0 and values.max() < np.inf):
        raise DataError(f"{name} has a value that is not finite and positive; clean the bars before the features")
    return values


def float_column(bars: pa.Table, name: str) -> Array:
    """Column `name` as contiguous float64, NaN where it is null."""
    return np.ascontiguousarray(bars[name].to_numpy(), dtype=np.float64)


def split_factors(bars: pa.Table) -> Array | None:
    """The split factor of each bar, None where the table has no such column."""
    return positive_column(bars, SPLIT_FACTOR) if SPLIT_FACTOR in bars.column_names else None


def nullable(values: Array) -> pa.Array:
    """`values` as an Arrow array without a copy; NaN is a null, not a value.

    >>> nullable(np.array([np.nan, 2.0])).to_pylist()
    [None, 2.0]
    """
    return with_validity(values, ~np.isnan(values), pa.float64())


def with_validity(values: Array | NDArray[np.int64], valid: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    """`values` as an Arrow array of `kind` (eight bytes wide) without a copy, null where not `valid`."""
    bits = np.packbits(valid, bitorder="little")
    return pa.Array.from_buffers(kind, values.size, [pa.py_buffer(bits), pa.py_buffer(values)])
