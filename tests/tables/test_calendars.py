"""Sessions by asset class, and the days that a table of bars lacks, skips or has twice."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.errors import DataError
from foretune.tables.calendars import duplicates, expected_sessions, gaps, missing_sessions


def bars(*days: str, symbol: str = "BTC", asset_class: str = "crypto") -> pl.DataFrame:
    schema = {"symbol": pl.String, "asset_class": pl.String, "event_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(
        [(symbol, asset_class, datetime.fromisoformat(day).replace(tzinfo=UTC)) for day in days],
        schema=schema,
        orient="row",
    )


def shown(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return [tuple(str(v) if isinstance(v, date) else v for v in row) for row in frame.iter_rows()]


def sessions(asset_class: str, start: str, end: str) -> list[str]:
    return [str(day) for day in expected_sessions(asset_class, date.fromisoformat(start), date.fromisoformat(end))]


def test_crypto_trades_every_day():
    assert sessions("crypto", "2023-12-30", "2024-01-02") == ["2023-12-30", "2023-12-31", "2024-01-01", "2024-01-02"]


@pytest.mark.parametrize("asset_class", ["fx", "commodity"])
def test_currencies_and_gold_trade_on_weekdays_but_christmas_and_new_year(asset_class):
    # 2023-12-25 and 2024-01-01 are Mondays
    assert sessions(asset_class, "2023-12-22", "2024-01-02") == [
        "2023-12-22", "2023-12-26", "2023-12-27", "2023-12-28", "2023-12-29", "2024-01-02",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2001-09-10", "2001-09-17", ["2001-09-10", "2001-09-17"]),  # the attacks of the 11th
        ("2012-10-26", "2012-10-31", ["2012-10-26", "2012-10-31"]),  # hurricane Sandy
        ("2018-12-04", "2018-12-06", ["2018-12-04", "2018-12-06"]),  # mourning for a president
        ("2025-01-08", "2025-01-10", ["2025-01-08", "2025-01-10"]),  # and for another
        ("2022-06-17", "2022-06-21", ["2022-06-17", "2022-06-21"]),  # Juneteenth, a holiday since 2022
        ("2021-06-18", "2021-06-21", ["2021-06-18", "2021-06-21"]),  # and not before
        ("2021-12-31", "2022-01-03", ["2021-12-31", "2022-01-03"]),  # New Year on a Saturday closes no Friday
        ("2019-12-31", "2020-01-02", ["2019-12-31", "2020-01-02"]),  # from one decade to the next
    ],
)
def test_new_york_keeps_its_holidays_and_its_special_closures(start, end, expected):
    assert sessions("equity", start, end) == expected


def test_an_empty_range_has_no_sessions():
    assert sessions("crypto", "2024-01-02", "2024-01-01") == []


def test_an_unknown_asset_class_is_named():
    with pytest.raises(DataError, match="'bonds'; known: crypto, equity, fx, commodity"):
        sessions("bonds", "2024-01-01", "2024-01-02")


def test_a_missing_day_carries_the_length_of_its_gap():
    # from the 1st to the 4th are three days
    assert shown(missing_sessions(bars("2024-01-01", "2024-01-04", "2024-01-05"))) == [
        ("BTC", "2024-01-02", 3),
        ("BTC", "2024-01-03", 3),
    ]


def test_a_weekend_is_not_missing_and_a_sunday_bar_is_not_wrong():
    week = ("2024-03-21", "2024-03-22", "2024-03-24", "2024-03-25", "2024-03-26")
    assert missing_sessions(bars(*week, symbol="EURUSD", asset_class="fx")).is_empty()


def test_each_asset_has_its_own_span_and_calendar():
    both = pl.concat(
        [
            bars("2024-03-28", "2024-04-02", symbol="SPY", asset_class="equity"),  # lacks Monday 1 April
            bars("2024-03-31", "2024-04-02"),  # lacks 1 April, begins later
        ]
    )
    assert shown(missing_sessions(both)) == [("BTC", "2024-04-01", 2), ("SPY", "2024-04-01", 5)]


def test_the_hour_of_a_bar_does_not_matter():
    assert missing_sessions(
        bars("2024-03-27T13:30", "2024-03-28T13:30", "2024-04-01T13:30", symbol="SPY", asset_class="equity")
    ).is_empty()


def test_nothing_is_missing_from_nothing():
    empty = bars()
    assert missing_sessions(empty).schema == {"symbol": pl.String, "day": pl.Date, "gap_days": pl.Int64}
    assert gaps(empty, 7).is_empty()
    assert duplicates(empty).is_empty()


def test_gaps_count_calendar_days_and_the_limit_itself_is_no_gap():
    rows = bars("2001-09-10", "2001-09-17", "2001-09-25")  # 7 and 8 days
    assert shown(gaps(rows, 7)) == [("BTC", "2001-09-17", "2001-09-25", 8)]


def test_gaps_do_not_run_from_one_asset_to_the_next():
    rows = pl.concat([bars("2024-01-01", "2024-01-02"), bars("2024-06-01", symbol="ETH")])
    assert gaps(rows, 7).is_empty()


def test_two_bars_on_one_day_are_duplicates_whatever_their_hour():
    rows = bars("2024-01-02T12:00", "2024-01-02", "2024-01-03")
    assert shown(duplicates(rows)) == [("BTC", "2024-01-02", 2)]
    assert gaps(rows, 1).is_empty()


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 60), min_size=1))
def test_held_and_missing_days_make_the_whole_span(numbers):
    days = {date(2024, 1, 1) + timedelta(days=number) for number in numbers}
    missing = missing_sessions(bars(*(str(day) for day in days)))["day"].to_list()
    assert sorted([*days, *missing]) == expected_sessions("crypto", min(days), max(days))


@pytest.fixture(scope="module")
def recorded() -> Path:
    """The recorded market history, which is not part of the project."""
    root = Path(os.environ.get("FORETUNE_DATA") or Path(__file__).parents[2] / "../shared/data").resolve()
    if not root.is_dir():
        pytest.skip("the recorded market history is not here; set FORETUNE_DATA to its folder")
    return root


@pytest.mark.realdata
@pytest.mark.parametrize("symbol", ["aapl", "bac", "ibm", "spy"])
def test_23_years_of_recorded_shares_have_every_session_and_no_other(recorded, symbol):
    days = pl.read_csv(recorded / f"equity/lean_{symbol}_1d_raw.csv", columns=["date"], try_parse_dates=True)
    held = days["date"].to_list()
    assert held == expected_sessions("equity", date(1998, 1, 2), date(2021, 3, 31))


@pytest.mark.realdata
def test_recorded_currencies_lack_few_weekdays(recorded):
    days = pl.read_csv(recorded / "fx/oanda_eurusd_1d_bidask.csv", columns=["date"])["date"].to_list()
    rows = bars(*days, symbol="EURUSD", asset_class="fx")
    assert len(missing_sessions(rows)) <= 5  # of 3,112
    assert gaps(rows, 7).is_empty()
    assert duplicates(rows).is_empty()
