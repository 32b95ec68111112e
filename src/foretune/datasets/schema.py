"""Every column of the panel, declared: type, unit, lookback, meaning. No values, no files.

What the panel is built with must agree with this; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from foretune.features.field import FeatureField
from foretune.features.registry import FIELDS

_UTC = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class PanelColumn:
    """One column of `panel.parquet`.

    `group` is the feature's group, or `identity`, `price`, `target`, `split`. `lookback` counts bars,
    the row's own included; None for what is no feature. `needed`: never null in a panel row.
    `looks_ahead`: a label, never part of a question. `canonical`: a name of the 90-day guide.
    """

    name: str
    dtype: pl.DataType
    group: str
    unit: str
    meaning: str
    lookback: int | None = None
    needed: bool = True
    canonical: bool = False
    looks_ahead: bool = False


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a fact table."""

    name: str
    dtype: pl.DataType
    needed: bool
    key: bool


def panel_schema(horizon_days: int = 90) -> tuple[PanelColumn, ...]:
    """The columns of a panel whose target lies `horizon_days` calendar days ahead, in their order.

    >>> [column.name for column in panel_schema() if column.looks_ahead][:2]
    ['target_price_90d', 'target_return_90d']
    """
    return (*_identity(), *(_feature(field) for field in FIELDS), *_labels(horizon_days))


def table_schema(table: type[dy.Schema]) -> Sequence[TableColumn]:
    """The columns of a fact table such as `Bars`."""
    keys = set(table.primary_key())
    return [
        TableColumn(name, column.dtype, not column.nullable, name in keys) for name, column in table.columns().items()
    ]


def _identity() -> tuple[PanelColumn, ...]:
    text, price, stamp = pl.String(), pl.Float64(), _UTC
    return (
        PanelColumn("asset_symbol", text, "identity", "text", "the asset's name in the pipeline", canonical=True),
        PanelColumn("timestamp", stamp, "identity", "UTC", "start of the bar", canonical=True),
        PanelColumn("decision_at", stamp, "identity", "UTC", "when the bar's close is known: the decision is taken"),
        PanelColumn("asset_class", text, "identity", "text", "crypto, equity, fx or commodity"),
        PanelColumn("price_open", price, "price", "price", "as the provider sent it: not adjusted", canonical=True),
        PanelColumn("price_high", price, "price", "price", "as the provider sent it: not adjusted", canonical=True),
        PanelColumn("price_low", price, "price", "price", "as the provider sent it: not adjusted", canonical=True),
        PanelColumn("price_close", price, "price", "price", "as the provider sent it: not adjusted", canonical=True),
        PanelColumn(
            "volume", price, "price", "units", "units of the asset traded in the bar", needed=False, canonical=True
        ),
        PanelColumn("volume_quote", price, "price", "money", "money traded in the bar", needed=False),
        PanelColumn("source", text, "identity", "text", "provider of the bar"),
        PanelColumn("origin", text, "identity", "text", "live, recorded or simulated; simulated if any part of it is"),
        PanelColumn(
            "return_1d_pct",
            price,
            "price",
            "percent",
            "close against the close one bar before, adjusted for splits",
            lookback=2,
            canonical=True,
        ),
    )


def _feature(field: FeatureField) -> PanelColumn:
    flag = field.group == "flag"
    return PanelColumn(
        field.name,
        pl.Boolean() if flag else pl.Float64(),
        field.group,
        field.unit,
        field.meaning,
        field.lookback,
        needed=field.needed or flag,
        canonical=field.canonical,
    )


def _labels(days: int) -> tuple[PanelColumn, ...]:
    ahead = (
        (
            f"target_price_{days}d",
            "price",
            f"close of the first bar {days} calendar days later, in the row's own units",
        ),
        (f"target_return_{days}d", "fraction", "log return from price_close to that price"),
        (f"target_return_pct_{days}d", "percent", "the same return, simple"),
    )
    return (
        *(
            PanelColumn(name, pl.Float64(), "target", unit, meaning, canonical=days == 90, looks_ahead=True)
            for name, unit, meaning in ahead
        ),
        PanelColumn("label_start_at", _UTC, "target", "UTC", "the label covers the time from here: decision_at"),
        PanelColumn(
            "label_end_at", _UTC, "target", "UTC", "to here, when the target bar's close is known", looks_ahead=True
        ),
        PanelColumn("split", pl.String(), "split", "text", "train, validation, test or purged"),
    )
