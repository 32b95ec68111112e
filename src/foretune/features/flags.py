"""Flags that say which context values are missing, so that a model need not guess. Nothing is filled in."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from foretune.features.field import FeatureField
from foretune.features.macro import SERIES_FIELDS

FLAGGED: tuple[str, ...] = tuple(SERIES_FIELDS)
"""The fields that have a flag: every one that a series feeds directly."""

FLAG_FIELDS: tuple[FeatureField, ...] = tuple(
    FeatureField(f"{name}_missing", "flag", 1, "boolean", f"{name} was not known, or too old, at the decision")
    for name in FLAGGED
)


def missing_flags() -> Sequence[pl.Expr]:
    """One Boolean expression per flag, in the order of `FLAG_FIELDS`."""
    return [pl.col(name).is_null().alias(f"{name}_missing") for name in FLAGGED]
