"""FRED's JSON interface: real-time periods, paging, and refusals in its words."""

from __future__ import annotations

import json

import pytest

from foretune.sandbox.market import Vintage
from foretune.sandbox.wire import fred_api

ALWAYS = {"realtime_start": "1776-07-04", "realtime_end": "9999-12-31"}
GDP = {"series_id": "GDPC1", "api_key": "0" * 32, "file_type": "json"}


def ask(market, /, path="observations", **query):
    answer = fred_api.answer(market, f"/fred/series/{path}", {**GDP, **query})
    return answer.status, json.loads(answer.body)


def rows(market, /, **query):
    status, body = ask(market, **query)
    assert status == 200
    keys = ("realtime_start", "realtime_end", "date", "value")
    return [tuple(row[key] for key in keys) for row in body["observations"]]


def test_every_value_comes_with_the_days_on_which_it_stood(small):
    assert rows(small, **ALWAYS) == [
        ("2023-10-26", "2023-11-28", "2023-07-01", "100.0"),
        ("2023-11-29", "9999-12-31", "2023-07-01", "100.50"),
        ("2024-01-25", "9999-12-31", "2023-10-01", "101"),
    ]


def test_without_a_real_time_period_it_is_today(small):
    today = "2024-03-12"
    assert rows(small) == [(today, today, "2023-07-01", "100.50"), (today, today, "2023-10-01", "101")]


def test_a_period_in_the_past_sees_what_stood_then(small):
    then = {"realtime_start": "2023-11-01", "realtime_end": "2023-12-01"}
    assert rows(small, **then) == [
        ("2023-11-01", "2023-11-28", "2023-07-01", "100.0"),
        ("2023-11-29", "2023-12-01", "2023-07-01", "100.50"),
    ]
    assert rows(small, realtime_start="2023-10-25", realtime_end="2023-10-25") == []


def test_periods_and_pages(small):
    assert [row[2] for row in rows(small, observation_start="2023-08-01")] == ["2023-10-01"]
    assert [row[2] for row in rows(small, observation_end="2023-08-01")] == ["2023-07-01"]
    assert [row[3] for row in rows(small, **ALWAYS, sort_order="desc", limit="2")] == ["101", "100.50"]
    status, body = ask(small, **ALWAYS, limit="2", offset="2")
    assert (status, body["count"], body["offset"], body["limit"]) == (200, 3, 2, 2)
    assert [row["value"] for row in body["observations"]] == ["101"]


def test_a_missing_value_is_a_dot(small):
    assert rows(small, series_id="DGS10") == [
        ("2024-03-12", "2024-03-12", "2024-03-07", "4.09"),
        ("2024-03-12", "2024-03-12", "2024-03-08", "."),
    ]


def test_vintage_dates(small):
    _, body = ask(small, "vintagedates")
    assert body["vintage_dates"] == ["2023-10-26", "2023-11-29", "2024-01-25"]
    assert body["count"] == 3
    _, page = ask(small, "vintagedates", limit="1", offset="1", sort_order="desc")
    assert page["vintage_dates"] == ["2023-11-29"]


def test_more_than_2000_vintages_are_refused_and_come_in_windows(small):
    def many(series_id):
        days = [
            f"{year}-{month:02d}-{day:02d}"
            for year in range(1960, 1968)
            for month in range(1, 13)
            for day in range(1, 29)
        ]
        return [Vintage(day, day, "1") for day in days]  # 2,688 of them

    small.fred_vintages = many
    status, body = ask(small, **ALWAYS)
    assert (status, "maximum number of vintage dates" in body["error_message"]) == (400, True)
    assert len(rows(small, realtime_start="1776-07-04", realtime_end="1964-12-31")) == 5 * 336


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"api_key": ""}, "Variable api_key is not set."),
        ({"api_key": "A" * 32}, "is not a 32 character alpha-numeric lower-case string."),
        ({"api_key": "a" * 31}, "is not a 32 character alpha-numeric lower-case string."),
        ({"series_id": ""}, "Variable series_id is not set."),
        ({"series_id": "GOLDAMGBD228NLBM"}, "The series does not exist."),
        ({"series_id": "DGS10", **ALWAYS}, "DGS10 has no vintages in this market"),
        ({"file_type": "xml"}, "answers file_type=json only"),
        ({"output_type": "4"}, "knows output_type=1 only"),
        ({"units": "pch"}, "knows units=lin only"),
        ({"frequency": "a"}, "does not know frequency"),
        ({"vintage_dates": "2023-11-29"}, "does not know vintage_dates"),
        ({"limit": "0"}, "Variable limit is not between 1 and 100000."),
        ({"limit": "100001"}, "Variable limit is not between 1 and 100000."),
        ({"offset": "-1"}, "Variable offset is not between"),
        ({"sort_order": "up"}, "Variable sort_order"),
        ({"observation_start": "01/07/2023"}, "Variable observation_start is not a YYYY-MM-DD date."),
        ({"realtime_end": "2024-03-13"}, "can not be after today's date (2024-03-12)"),
        ({"realtime_start": "2024-01-02", "realtime_end": "2024-01-01"}, "not end before it starts"),
        ({"realtime_start": "1776-07-03"}, "The real-time period must lie between 1776-07-04"),
    ],
)
def test_refusals_are_bad_requests(small, query, said):
    status, body = ask(small, **query)
    assert (status, body["error_code"]) == (400, 400)
    assert body["error_message"].startswith("Bad Request.  ")
    assert said in body["error_message"]


def test_vintage_dates_of_a_series_without_any(small):
    status, body = ask(small, "vintagedates", series_id="DGS10")
    assert (status, body["error_message"]) == (400, "Bad Request.  DGS10 has no vintages in this market.")


def test_another_path_is_not_there(small):
    assert ask(small, "tags")[0] == 404
