"""Sums and central moments of every full window of a series. No meaning of what is summed, no frames.

A running sum that adds the newest and takes off the oldest value keeps the rounding error, and the
NaN, of everything it ever saw. Here windows are put together from windows of half their length
instead: log2(window) passes, and a value depends on its own window only, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_CANCELS = 0.01
"""Variance over squared mean below which power sums are not trusted: fourth powers lose four digits here."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Of each full window: its mean, and sums of powers of the distances from that mean.

    Arrays have one value per full window, oldest first. `third` and `fourth` are None unless asked for.
    """

    count: int
    mean: Array
    second: Array
    third: Array | None = None
    fourth: Array | None = None


def rolling_sum(values: Array, window: int) -> Array:
    """Sum of each window: shape (n - window + 1,), empty where no window is full.

    NaN makes exactly the windows NaN that hold it.

    >>> rolling_sum(np.array([1.0, 2.0, 3.0, 4.0]), 3).tolist()
    [6.0, 9.0]
    """
    size = values.size - window + 1
    if size <= 0:
        return np.empty(0)
    block, length = values, 1
    total, covered = None, 0
    while True:
        if window & length:
            # what is covered ends where the window ends; this block stands just before it
            part = block[window - covered - length :][:size]
            total = part.copy() if total is None else np.add(total, part, out=total)
            covered += length
        if covered == window:
            assert total is not None  # noqa: S101 - a window has at least one bit
            return total
        block = block[:-length] + block[length:]
        length *= 2


def rolling_moments(values: Array, window: int, *, order: int) -> Moments:
    """Central moments of each window up to `order` (2 or 4).

    From sums of powers, three times faster, where the deviation is not small beside the mean.
    Elsewhere those cancel, and the window is put together pairwise from its parts' moments. Which
    way is taken is decided window by window, so that no value depends on others than its own.

    >>> found = rolling_moments(np.array([1.0, 2.0, 6.0]), 3, order=2)
    >>> found.mean.tolist(), found.second.tolist()
    ([3.0], [14.0])
    """
    if values.size < window:
        nothing = np.empty(0)
        return Moments(window, nothing, nothing, nothing, nothing)
    quick = _from_power_sums(values, window, order)
    cancelled = quick.second < quick.mean * quick.mean * (window * _CANCELS)
    cancelled |= quick.second <= 0
    if not cancelled.any():
        return quick
    exact = _from_parts(values, window, order)
    mean, second = np.where(cancelled, exact.mean, quick.mean), np.where(cancelled, exact.second, quick.second)
    if exact.third is None or quick.third is None or exact.fourth is None or quick.fourth is None:
        return Moments(window, mean, second)
    third, fourth = np.where(cancelled, exact.third, quick.third), np.where(cancelled, exact.fourth, quick.fourth)
    return Moments(window, mean, second, third, fourth)


def _from_power_sums(values: Array, window: int, order: int) -> Moments:
    mean = rolling_sum(values, window) / window
    squares = values * values
    raw_2 = rolling_sum(squares, window)
    total_squared = mean * mean * window
    second = raw_2 - total_squared
    if order == 2:
        return Moments(window, mean, second)
    raw_3, raw_4 = rolling_sum(squares * values, window), rolling_sum(squares * squares, window)
    third = raw_3 - mean * (3 * raw_2 - 2 * total_squared)
    fourth = raw_4 - mean * (4 * raw_3 - mean * (6 * raw_2 - 3 * total_squared))
    return Moments(window, mean, second, third, fourth)


def _from_parts(values: Array, window: int, order: int) -> Moments:
    """The merge of two samples' moments is that of Pébay, "Formulas for robust, one-pass parallel
    computation of covariances and arbitrary-order statistical moments" (Sandia, 2008)."""
    size = values.size - window + 1
    zero = np.zeros(values.size)
    block = Moments(1, values, zero, *((zero, zero) if order == 4 else (None, None)))
    whole: Moments | None = None
    while True:
        if window & block.count:
            covered = 0 if whole is None else whole.count
            part = _cut(block, window - covered - block.count, size)
            whole = part if whole is None else _merge(part, whole)
        if whole is not None and whole.count == window:
            return whole
        kept = block.mean.size - block.count
        block = _merge(_cut(block, 0, kept), _cut(block, block.count, kept))


def _cut(moments: Moments, start: int, size: int) -> Moments:
    rows = slice(start, start + size)
    return Moments(
        moments.count,
        moments.mean[rows],
        moments.second[rows],
        None if moments.third is None else moments.third[rows],
        None if moments.fourth is None else moments.fourth[rows],
    )


def _merge(a: Moments, b: Moments) -> Moments:
    """The moments of the samples `a` and `b` taken together."""
    count = a.count + b.count
    share_a, share_b = a.count / count, b.count / count
    apart = b.mean - a.mean
    squared = apart * apart
    mean = a.mean + apart * share_b
    within = a.second + b.second
    second = within + squared * (a.count * share_b)
    if a.third is None or b.third is None or a.fourth is None or b.fourth is None:
        return Moments(count, mean, second)
    if a.count == b.count:  # most merges: shares are halves, and terms fall away
        third = a.third + b.third + 1.5 * apart * (b.second - a.second)
        fourth = a.fourth + b.fourth + 2 * apart * (b.third - a.third)
        fourth += squared * (squared * (count / 16) + 1.5 * within)
        return Moments(count, mean, second, third, fourth)
    third = a.third + b.third + 3 * apart * (share_a * b.second - share_b * a.second)
    third += apart * squared * (a.count * share_b * (share_a - share_b))
    fourth = a.fourth + b.fourth + 4 * apart * (share_a * b.third - share_b * a.third)
    fourth += 6 * squared * (share_a**2 * b.second + share_b**2 * a.second)
    fourth += squared * squared * (a.count * share_b * (share_a**2 - share_a * share_b + share_b**2))
    return Moments(count, mean, second, third, fourth)
