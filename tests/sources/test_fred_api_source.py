"""FredApiSource: every vintage of a series, whatever the provider's caps, and a key nobody sees."""

from __future__ import annotations

from datetime import date, timedelta

import httpx2
import pytest
from pydantic import SecretStr

from foretune.errors import AccessDenied, MalformedResponse, RateLimited, RequestRefused
from foretune.sources.fred_api import FredApiSource

KEY = SecretStr("abcdefghijklmnopqrstuvwxyz012345")
CAP = (
    "Bad Request.  There are 4500 vintage dates in the specified real-time period: 1776-07-04 to 9999-12-31.  "
    "This exceeds the maximum number of vintage dates allowed for this file type (2000)."
)


def observations(*rows, count=None):
    listed = [{"realtime_start": day, "date": day, "value": "1"} for day in rows]
    return httpx2.Response(200, json={"count": len(rows) if count is None else count, "observations": listed})


def refused(message, status=400):
    return httpx2.Response(status, json={"error_code": status, "error_message": message})


def source(scripted, *answers):
    client, provider = scripted(*answers, attempts=1)
    return FredApiSource(client, "https://fred.test", KEY), provider


def asked(provider, name):
    return [request.url.params.get(name) for request in provider.requests]


def test_all_vintages_are_asked_for_and_the_key_is_in_no_answer(scripted):
    fred, provider = source(scripted, observations("2024-01-01"))

    (page,) = fred.observations("CPIAUCSL", date(2024, 1, 1), date(2024, 6, 1))

    sent = dict(provider.requests[0].url.params)
    assert sent.pop("api_key") == KEY.get_secret_value()
    assert sent == page.params
    assert sent == {
        "series_id": "CPIAUCSL",
        "observation_start": "2024-01-01",
        "observation_end": "2024-06-01",
        "realtime_start": "1776-07-04",
        "realtime_end": "9999-12-31",
        "limit": "100000",
        "offset": "0",
        "file_type": "json",
    }


def test_without_vintages_todays_values_are_asked_for(scripted):
    fred, provider = source(scripted, observations("2024-01-01"))
    fred.observations("CPIAUCSL", vintages=False)
    assert asked(provider, "realtime_start") == [None]


def test_pages_go_on_until_all_that_was_announced_came(scripted):
    fred, provider = source(
        scripted, observations("2024-01-01", "2024-02-01", count=3), observations("2024-03-01", count=3)
    )
    assert len(fred.observations("CPIAUCSL")) == 2
    assert asked(provider, "offset") == ["0", "2"]


def test_an_empty_page_before_the_end_is_malformed(scripted):
    fred, _ = source(scripted, observations("2024-01-01", count=3), observations(count=3))
    with pytest.raises(MalformedResponse, match="3 rows were announced and only 1 came"):
        fred.observations("CPIAUCSL")


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param([-1], id="less than nothing"),
        pytest.param([1], id="less than came"),
        pytest.param([4, 3], id="less on the second page"),
        pytest.param([True], id="a truth value"),
        pytest.param(["2"], id="text"),
    ],
)
def test_a_count_that_would_end_the_paging_early_is_malformed(scripted, counts):
    days = iter([["2024-01-01", "2024-02-01"], ["2024-03-01"]])
    fred, _ = source(scripted, *(observations(*next(days), count=count) for count in counts))
    with pytest.raises(MalformedResponse, match=r"announced|not a number"):
        fred.observations("CPIAUCSL")


def test_an_answer_without_its_count_is_malformed(scripted):
    fred, _ = source(scripted, httpx2.Response(200, json={"observations": []}))
    with pytest.raises(MalformedResponse, match="'count' is 'None', not a number"):
        fred.observations("CPIAUCSL")


def test_vintage_dates_before_all_time_make_no_windows(scripted):
    dates = {"count": 2001, "vintage_dates": ["0001-01-01"] * 2001}
    fred, _ = source(scripted, refused(CAP), httpx2.Response(200, json=dates))
    with pytest.raises(MalformedResponse, match="a vintage date before 1776-07-04"):
        fred.observations("CPIAUCSL")


def test_a_series_with_too_many_vintages_comes_in_windows_of_two_thousand(scripted):
    days = [(date(2010, 1, 1) + timedelta(days=at)).isoformat() for at in range(4500)]
    dates = httpx2.Response(200, json={"count": 4500, "vintage_dates": days})
    fred, provider = source(scripted, refused(CAP), dates, *[observations(day) for day in days[:3]])

    assert len(fred.observations("DGS10")) == 3

    # vintages 0-1999, 2000-3999 and 4000-4499, and no day between two windows
    assert asked(provider, "realtime_start")[2:] == ["1776-07-04", days[2000], days[4000]]
    assert asked(provider, "realtime_end")[2:] == [days[1999], days[3999], "9999-12-31"]


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (refused("Bad Request.  The series does not exist."), RequestRefused, "NOPE: .*check the id"),
        (refused("Bad Request.  The value for variable api_key is not registered."), AccessDenied, "FRED_API_KEY"),
        (refused("Bad Request.  Variable limit is not between 1 and 100000."), RequestRefused, "Variable limit"),
        (refused("Too Many Requests.  Exceeded Rate Limit", 429), RateLimited, "HTTP 429"),
        (httpx2.Response(200, json={"error_code": 429, "error_message": "Too Many"}), RateLimited, "Too Many"),
        (httpx2.Response(200, json={"count": 1}), MalformedResponse, "no list 'observations'"),
        (httpx2.Response(200, json=[]), MalformedResponse, "no list 'observations'"),
        (httpx2.Response(200, json={"count": "1", "observations": []}), MalformedResponse, "not a number"),
        (httpx2.Response(200, content=b"<html>"), MalformedResponse, "expected JSON"),
    ],
)
def test_a_refusal_is_its_typed_error_and_never_shows_the_key(scripted, answer, error, said):
    fred, _ = source(scripted, answer)
    with pytest.raises(error, match=said) as caught:
        fred.observations("NOPE")
    assert KEY.get_secret_value() not in str(caught.value)


@pytest.mark.parametrize("key", [None, SecretStr(" ")])
def test_without_a_key_nothing_is_asked(scripted, key):
    client, provider = scripted(observations())
    with pytest.raises(AccessDenied, match="set FRED_API_KEY"):
        FredApiSource(client, "https://fred.test", key).observations("CPIAUCSL")
    assert provider.requests == []


def test_a_vintage_date_that_is_none_is_malformed(scripted):
    fred, _ = source(scripted, refused(CAP), httpx2.Response(200, json={"count": 1, "vintage_dates": ["soon"]}))
    with pytest.raises(MalformedResponse, match="no date"):
        fred.observations("DGS10")
