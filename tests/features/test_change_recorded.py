"""Changes on recorded history whose defects are known: WTI below zero, days without Fear & Greed."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from foretune.features.change import CHANGE_FIELDS, change_facts

pytestmark = pytest.mark.realdata
BY_NAME = {field.name: field for field in CHANGE_FIELDS}


def recorded(name: str) -> pl.DataFrame:
    """The facts of a `date,…,value` file, each known a day later."""
    repository = Path(__file__).parents[2]
    path = Path(os.environ.get("FORETUNE_DATA") or repository / "../shared/data").resolve() / name
    if not path.is_file():
        pytest.skip("the recorded market history is not here; set FORETUNE_DATA to its folder")
    day = pl.col("date").str.to_date().cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    rows = pl.read_csv(path, schema_overrides={"date": pl.String, "value": pl.Float64}).drop_nulls("value")
    return rows.select(
        day.alias("event_at"), (day + timedelta(days=1)).alias("known_at"), pl.col("value").cast(pl.Float64)
    )


def on(changes: pl.DataFrame, *days: date) -> list[float | None]:
    by_day = dict(changes.select(pl.col("event_at").dt.date(), "value").rows())
    return [None if (value := by_day.get(day)) is None else round(value, 2) for day in days]


def test_wti_below_zero_is_a_fall_in_dollars_and_poisons_nothing_after_it():
    changes = change_facts(recorded("macro/fred_DCOILWTICO.csv"), BY_NAME["oil_change_20d"])
    # 20.51 on 31 March, 20.28 on 1 April; -36.98 on 20 April, 8.91 on 21 April
    assert on(changes, date(2020, 4, 20), date(2020, 4, 21)) == [-57.49, -11.37]
    # 10 May, 20 days after 20 April, is a Sunday; 1 May (19.72) looks back over Easter to 9 April (22.90)
    assert on(changes, date(2020, 5, 1), date(2020, 5, 4), date(2020, 5, 10)) == [-3.18, 0.32, None]
    assert changes["value"].is_finite().all()
    assert changes.filter(pl.col("event_at") > datetime(2020, 4, 20, tzinfo=UTC))["value"].abs().max() < 60


def test_three_days_without_fear_and_greed_leave_the_day_before_them_as_the_base():
    changes = change_facts(recorded("sentiment/fear_greed_daily.csv"), BY_NAME["fear_greed_change_7d"])
    # 14 to 16 April 2018 are missing: 13 April (23) serves for 21, 22 and 23 April (32, 31, 28)
    days = [date(2018, 4, day) for day in (14, 21, 22, 23, 24)]
    assert on(changes, *days) == [None, 9.0, 8.0, 5.0, 3.0]  # and 17 April (26) for the 24th (29)
