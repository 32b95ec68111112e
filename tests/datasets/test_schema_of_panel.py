"""The declared columns are the panel's own, in name, order, type and what may be null."""

from __future__ import annotations

import polars as pl

from foretune.datasets.panel import PanelSpec, build_panel
from foretune.datasets.schema import panel_schema, table_schema
from foretune.datasets.splits import SplitSpec
from foretune.tables.schemas import Bars, Observations


def test_the_panel_has_these_columns_in_this_order_and_of_these_types(panel_of_two):
    assert {column.name: column.dtype for column in panel_schema()} == dict(panel_of_two.schema)
    assert [column.name for column in panel_schema()] == panel_of_two.columns


def test_another_horizon_changes_the_names_of_the_targets_only(two_assets):
    rows = build_panel(two_assets, PanelSpec(horizon_days=30, split=SplitSpec())).rows
    assert [column.name for column in panel_schema(30)] == rows.columns
    assert {column.name for column in panel_schema(30)} - {column.name for column in panel_schema()} == {
        "target_price_30d",
        "target_return_30d",
        "target_return_pct_30d",
    }


def test_what_is_declared_as_needed_is_never_null(panel_of_two):
    for column in panel_schema():
        if column.needed:
            assert panel_of_two[column.name].null_count() == 0, column.name


def test_the_columns_that_look_ahead_are_the_label_and_nothing_else():
    assert [column.name for column in panel_schema() if column.looks_ahead] == [
        "target_price_90d",
        "target_return_90d",
        "target_return_pct_90d",
        "label_end_at",
    ]


def test_every_column_is_explained():
    for column in panel_schema():
        assert column.unit, column.name
        assert len(column.meaning) > 3, column.name


def test_at_least_sixty_features_and_all_of_the_guides():
    features = [column for column in panel_schema() if column.lookback is not None]
    assert sum(column.group != "flag" for column in features) >= 60
    # 20 technical, 10 macro, 6 of sentiment and other data
    assert sum(column.canonical and column.group != "price" for column in features) == 36


def test_fact_tables_say_type_key_and_what_may_be_missing():
    bars = {column.name: column for column in table_schema(Bars)}
    assert bars["close"].dtype == pl.Float64
    assert bars["close"].needed
    assert not bars["volume"].needed
    assert [name for name, column in bars.items() if column.key] == ["symbol", "event_at"]
    assert [column.name for column in table_schema(Observations) if column.key] == ["series", "event_at", "known_at"]
