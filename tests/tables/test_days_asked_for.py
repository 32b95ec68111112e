"""A provider that sends its whole history is judged by the days asked for, and by no other."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from foretune.origin import Origin
from foretune.sources.response import RawResponse
from foretune.tables.readers.alphavantage import read_daily
from foretune.tables.readers.mapped import read_mapped_bars

FIRST, LAST = date(2004, 1, 2), date(2004, 1, 5)


def history(**days: str) -> RawResponse:
    """Alpha Vantage's daily bars of the days 2004-01-`dd` (and others by name), all of 10 but the close."""
    cells = {
        day: {"1. open": "10", "2. high": "10", "3. low": "10", "4. close": close, "5. volume": "3"}
        for day, close in days.items()
    }
    data = json.dumps({"Time Series (Daily)": cells}).encode()
    return RawResponse("alphavantage", "/query", {}, data, datetime(2024, 6, 1, tzinfo=UTC), Origin.RECORDED)


BROKEN = "99"  # above the day's high


def read(response: RawResponse, between: tuple[date, date] | None):
    return read_daily(response, symbol="VIX", asset_class="equity", between=between)


def test_both_ends_are_read_and_nothing_beyond_them():
    days = ("2004-01-01", "2004-01-02", "2004-01-05", "2004-01-06")
    found = read(history(**dict.fromkeys(days, "10")), (FIRST, LAST))
    assert found.rows["event_at"].dt.date().to_list() == [FIRST, LAST]
    assert found.rejected.is_empty()


def test_a_broken_bar_counts_only_on_a_day_asked_for():
    response = history(**{"1992-01-02": BROKEN, "2004-01-02": BROKEN, "2004-01-05": "10", "2023-01-02": BROKEN})
    found = read(response, (FIRST, LAST))
    (reason,) = found.rejected["reason"]
    assert "2004-01-02" in found.rejected["raw"][0]
    assert "low_and_high" in reason
    assert len(read(response, None).rejected) == 3  # without days all of them


def test_a_bar_still_running_counts_only_on_a_day_asked_for():
    response = history(**{"2004-01-02": "10", "2024-06-01": "10"})  # fetched on 1 June 2024
    assert read(response, (FIRST, LAST)).rejected.is_empty()
    assert read(response, (FIRST, date(2024, 6, 1))).rejected["reason"].to_list() == ["unfinished candle"]


@pytest.mark.parametrize("day", ["", "2004-13-45", "yesterday"])
def test_a_day_that_cannot_be_read_is_rejected_since_it_may_be_one_of_them(day):
    found = read(history(**{day: "10", "2004-01-02": "10"}), (FIRST, LAST))
    assert len(found.rows) == len(found.rejected) == 1


MAPPED = {name: name for name in ("time", "open", "high", "low", "close")}


def read_file(rows: str, between: tuple[date, date] | None):
    data = f"time,open,high,low,close\n{rows}".encode()
    response = RawResponse("files", "vix.csv", {}, data, datetime(2024, 6, 1, tzinfo=UTC), Origin.RECORDED)
    return read_mapped_bars(response, MAPPED, "VIX", "equity", between=between)


def test_a_files_broken_bar_counts_only_on_a_day_asked_for():
    rows = "1992-01-02,10,10,10,99\n2004-01-02,10,10,10,99\n2004-01-05,10,10,10,10\n2004-01-06,10,10,10,99\n"
    found = read_file(rows, (FIRST, LAST))
    assert found.rows["event_at"].dt.date().to_list() == [LAST]
    assert len(found.rejected) == 1
    assert len(read_file(rows, None).rejected) == 3


def test_a_files_bar_is_of_the_day_its_own_clock_shows():
    rows = "2004-01-02T00:00:00+09:00,10,10,10,10\n2004-01-05T23:00:00-05:00,10,10,10,10\n"
    assert read_file(rows, (FIRST, LAST)).rows["event_at"].dt.date().to_list() == [FIRST, LAST]


def test_a_files_time_that_cannot_be_read_is_rejected_since_it_may_be_one_of_them():
    found = read_file("when?,10,10,10,10\n2004-01-02,10,10,10,10\n", (FIRST, LAST))
    assert len(found.rows) == len(found.rejected) == 1
