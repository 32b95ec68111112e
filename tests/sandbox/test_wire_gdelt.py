"""GDELT on the wire: buckets and articles of a topic, refusals in one line of text."""

from __future__ import annotations

import json

import pytest

from foretune.sandbox.wire import gdelt

SPAN = {"startdatetime": "20240301000000", "enddatetime": "20240312235959"}


def ask(market, /, **query):
    answer = gdelt.answer(market, "/api/v2/doc/doc", {"query": "bitcoin", "format": "json", **query})
    assert answer.status == 200
    return json.loads(answer.body) if answer.media_type == "application/json" else answer.body.decode()


def data(body):
    return body["timeline"][0]["data"]


def test_the_tone_of_a_topic_with_the_width_of_its_buckets(small):
    body = ask(small, mode="timelinetone", **SPAN)
    assert body["query_details"] == {"title": "bitcoin", "date_resolution": "day"}
    # the bucket without a tone is left out
    assert data(body) == [
        {"date": "20240309T000000Z", "value": -1.5},
        {"date": "20240310T000000Z", "value": 0.1},
    ]
    assert ask(small, query="gold", mode="timelinetone", **SPAN)["query_details"]["date_resolution"] == "week"


def test_counts_come_with_what_they_are_counted_among_where_that_is_known(small):
    assert data(ask(small, mode="timelinevolraw", **SPAN)) == [
        {"date": "20240309T000000Z", "value": 30, "norm": 120000},
        {"date": "20240310T000000Z", "value": 12},
        {"date": "20240311T000000Z", "value": 5, "norm": 100000},
    ]


def test_volume_is_a_percentage_of_all_that_is_monitored(small):
    # 30 of 120,000 and 5 of 100,000; the middle bucket does not know of how many
    assert [row["value"] for row in data(ask(small, mode="timelinevol", **SPAN))] == [0.025, 0.005]
    assert ask(small, query="gold", mode="timelinevol", **SPAN) == {}


def test_a_window_holds_the_buckets_that_open_in_it(small):
    body = ask(small, mode="timelinevolraw", startdatetime="20240309000001", enddatetime="20240310000000")
    assert [row["date"] for row in data(body)] == ["20240310T000000Z"]
    assert [row["date"] for row in data(ask(small, mode="timelinevolraw", timespan="36h"))] == ["20240311T000000Z"]
    assert len(data(ask(small, mode="timelinevolraw"))) == 3  # three months, unless asked


def test_quotes_in_a_query_come_back_in_its_title(small):
    title = '(bitcoin OR "digital gold")'
    assert ask(small, query=title, mode="timelinetone", **SPAN)["query_details"]["title"] == title


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Bitcoin", True),
        ("(btc OR bitcoin)", True),
        ("bitcoin sourcelang:english", True),
        ("(bitcoin OR gold) (bitcoin OR silver)", True),
        ("bitcoin regulation", False),  # nobody knows how much of the topic is about regulation
        ("theme:ECON_BITCOIN", False),
        ("-bitcoin", False),
        ("ethereum", False),
    ],
)
def test_a_query_finds_a_topic_or_nothing(small, query, found):
    body = ask(small, query=query, mode="timelinetone", **SPAN)
    assert bool(body) is found


def test_articles_are_newest_first_and_at_most_250(small):
    everything = {"mode": "artlist", **SPAN}
    assert len(ask(small, **everything)["articles"]) == 75
    assert len(ask(small, **everything, maxrecords="400")["articles"]) == 250
    assert ask(small, **everything, maxrecords="1")["articles"] == [
        {
            "url": "https://n.example/0",
            "url_mobile": "",
            "title": "Title 0",
            "seendate": "20240312T120000Z",
            "socialimage": "",
            "domain": "n.example",
            "language": "English",
            "sourcecountry": "Peru",
        }
    ]
    oldest = ask(small, **everything, sort="dateasc", maxrecords="1")["articles"][0]
    assert oldest["seendate"] == "20240310T101000Z"  # 299 times ten minutes before
    assert ask(small, query="gold", **everything) == {}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"query": "bitcoin OR btc"}, "Queries containing OR'd terms must be surrounded by ()."),
        ({"query": "(bitcoin OR btc) OR gold"}, "Queries containing OR'd terms must be surrounded by ()."),
        ({"query": "ai"}, "One or more of your keywords were too short"),
        ({"query": '"bitcoin"'}, "The specified phrase is too short."),
        ({"query": " "}, "Your query was too short or too long."),
        ({"query": "bitcoin " * 200}, "Your query was too short or too long."),
        ({"timespan": "14min"}, "Timespan is too short."),
        ({"timespan": "soon"}, "Timespan is too short."),
        ({"startdatetime": "2024-03-01"}, "Invalid date: write YYYYMMDDHHMMSS."),
        ({"format": "csv"}, "This sandbox answers format=json only."),
        ({"mode": "tonechart"}, "This sandbox knows the modes artlist"),
        ({"timelinesmooth": "5"}, "a smoothed value looks ahead"),
        ({"mode": "artlist", "maxrecords": "many"}, "Invalid maxrecords."),
        ({"mode": "artlist", "sort": "hybridrel"}, "sorts by datedesc and dateasc only"),
    ],
)
def test_refusals_are_one_line_with_status_200(small, query, said):
    body = ask(small, **{"mode": "timelinetone", **query})
    assert isinstance(body, str)
    assert said in body
    assert body.count("\n") == 1


def test_another_path_is_not_there(small):
    assert gdelt.answer(small, "/api/v2/geo/geo", {}).status == 404
