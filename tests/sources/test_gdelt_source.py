"""GdeltSource: queries refused before they are sent, windows that hold everything, text told from data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import httpx2
import pytest

from foretune.errors import MalformedResponse, RateLimited, RequestRefused
from foretune.sources.gdelt import GdeltSource, lenient_json

DAY = date(2024, 1, 1)
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def timeline(resolution, *values):
    data = [{"date": f"202401{at:02d}T000000Z", "value": value} for at, value in enumerate(values, 1)]
    return httpx2.Response(
        200, json={"query_details": {"date_resolution": resolution}, "timeline": [{"series": "x", "data": data}]}
    )


def articles(count):
    return httpx2.Response(200, json={"articles": [{"url": f"https://x.test/{at}"} for at in range(count)]})


def source(scripted, *answers, **options):
    client, provider = scripted(*answers, **{"attempts": 1, **options})
    return GdeltSource(client, "https://gdelt.test"), provider


def spans(provider):
    return [(each.url.params["startdatetime"], each.url.params["enddatetime"]) for each in provider.requests]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("bitcoin OR btc", r"write \(bitcoin OR btc\)"),
        ("(bitcoin OR btc", "without its partner"),
        ("bitcoin)", "without its partner"),
        ('"bitcoin', "without its partner"),
        ('"bitcoin" price', "quotes around one word"),
        ("  ", "is empty"),
    ],
)
def test_a_query_gdelt_refuses_is_refused_before_it_is_sent(scripted, query, said):
    gdelt, provider = source(scripted, timeline("day"))
    with pytest.raises(RequestRefused, match=said):
        gdelt.timelinetone(query, DAY, DAY)
    with pytest.raises(RequestRefused, match=said):
        gdelt.artlist(query, NOON, NOON)
    assert provider.requests == []


@pytest.mark.parametrize("query", ["bitcoin", "(bitcoin OR btc) sourcelang:eng", '"digital gold" bitcoin', "ORBIT"])
def test_a_query_gdelt_takes_is_sent_as_it_is(scripted, query):
    gdelt, provider = source(scripted, timeline("day", 1.0))
    gdelt.timelinevolraw(query, DAY, DAY + timedelta(days=1))
    assert dict(provider.requests[0].url.params) == {
        "query": query,
        "mode": "timelinevolraw",
        "format": "json",
        "startdatetime": "20240101000000",
        "enddatetime": "20240102235959",  # both days are included
    }


def test_years_by_the_day_are_one_answer(scripted):
    gdelt, provider = source(scripted, timeline("day", 1.0))
    assert len(gdelt.timelinetone("bitcoin", date(2018, 1, 1), date(2023, 12, 31))) == 1
    assert spans(provider) == [("20180101000000", "20231231235959")]


def test_years_by_the_month_are_asked_for_again_in_windows_that_come_by_the_day(scripted):
    gdelt, provider = source(scripted, timeline("month", 1.0), timeline("day", 1.0))

    pages = gdelt.timelinevol("bitcoin", date(2022, 1, 1), date(2023, 12, 31))

    # 730 days: 364, 364 and 2; the answer by the month is left out
    assert spans(provider)[1:] == [
        ("20220101000000", "20221230235959"),
        ("20221231000000", "20231229235959"),
        ("20231230000000", "20231231235959"),
    ]
    assert len(pages) == 3


def test_a_topic_that_only_comes_by_the_week_is_one_answer(scripted):
    gdelt, provider = source(scripted, timeline("week", 1.0))
    assert len(gdelt.timelinetone("bitcoin", date(2022, 1, 1), date(2023, 12, 31))) == 1
    assert len(provider.requests) == 2  # a year of it was tried


def test_a_full_article_list_is_halved_until_none_is_full(scripted):
    gdelt, provider = source(scripted, articles(250), articles(250), articles(7), articles(249), articles(3))

    pages = gdelt.artlist("bitcoin", NOON, NOON + timedelta(hours=8))

    assert [len(lenient_json(page)["articles"]) for page in pages] == [7, 249, 3]
    kept = [spans(provider)[at] for at in (2, 3, 4)]
    assert kept == [  # newest first, and neither a gap nor an overlap
        ("20240101180000", "20240101200000"),
        ("20240101160000", "20240101175959"),
        ("20240101120000", "20240101155959"),
    ]


def test_a_quarter_of_an_hour_that_is_full_stays_cut_off_and_is_logged(scripted, caplog):
    gdelt, provider = source(scripted, articles(250))
    assert len(gdelt.artlist("bitcoin", NOON, NOON + timedelta(minutes=14))) == 1
    assert len(provider.requests) == 1
    assert "more than 250 articles" in caplog.text


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx2.Response(200, content=b"One or more of your keywords were too short"), RequestRefused),
        (httpx2.Response(200, content=b"Something new that is not JSON"), RequestRefused),
        (httpx2.Response(200, content=b"Please limit requests to one every 5 seconds."), RateLimited),
        (httpx2.Response(429, content=b"Please limit requests"), RateLimited),
        (httpx2.Response(200, content=b"<!DOCTYPE html><p>Maintenance"), MalformedResponse),
        (httpx2.Response(200, content=b'{"timeline": [{"da'), MalformedResponse),
        (httpx2.Response(200, content=b""), MalformedResponse),
        (httpx2.Response(200, json=[]), MalformedResponse),
        (httpx2.Response(200, json={"timeline": "none"}), MalformedResponse),
        (httpx2.Response(200, json={"results": []}), MalformedResponse),
        (httpx2.Response(200, content=b'{"timeline": [{"value": NaN}]}'), MalformedResponse),
        (httpx2.Response(200, content=b'{"timeline": [{"value": -Infinity}]}'), MalformedResponse),
        (httpx2.Response(200, content=rb'{"timeline": [{"series": "\ud800"}]}'), MalformedResponse),
    ],
)
def test_an_answer_without_data_is_its_typed_error(scripted, answer, error):
    gdelt, _ = source(scripted, answer)
    with pytest.raises(error) as caught:
        gdelt.timelinetone("bitcoin", DAY, DAY)
    assert type(caught.value) is error


def test_a_rate_limit_without_a_hint_is_waited_for_long(scripted):
    said = httpx2.Response(200, content=b"Please limit requests to one every 5 seconds.")
    gdelt, provider = source(scripted, said, timeline("day", 1.0), attempts=2)
    gdelt.timelinetone("bitcoin", DAY, DAY)
    assert provider.sleeps == [15.0]


def test_no_match_is_an_answer(scripted):
    gdelt, _ = source(scripted, httpx2.Response(200, content=b"{}"))
    assert len(gdelt.timelinetone("bitcoin", DAY, DAY)) == 1
    assert len(gdelt.artlist("bitcoin", NOON, NOON)) == 1


def test_a_backslash_that_escapes_nothing_is_read_as_itself(scripted):
    body = rb'{"articles": [{"title": "50\% off \"now\" \u00e9 C:\\new", "url": "u"}]}'
    gdelt, _ = source(scripted, httpx2.Response(200, content=body))
    (page,) = gdelt.artlist("bitcoin", NOON, NOON)
    assert lenient_json(page)["articles"][0]["title"] == '50\\% off "now" é C:\\new'


def test_a_range_that_cannot_be_asked_for_is_refused_here(scripted):
    gdelt, _ = source(scripted, timeline("day"))
    with pytest.raises(RequestRefused, match="range is empty"):
        gdelt.timelinetone("bitcoin", DAY, DAY - timedelta(days=1))
    with pytest.raises(RequestRefused, match="range is empty"):
        gdelt.artlist("bitcoin", NOON, NOON - timedelta(hours=1))
    with pytest.raises(RequestRefused, match="no time zone"):
        gdelt.artlist("bitcoin", datetime(2024, 1, 1), datetime(2024, 1, 2))
