"""GDELT's timelines and article lists into facts: whole buckets only, and an absent one is no zero."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foretune.errors import MalformedResponse
from foretune.origin import Origin
from foretune.tables.readers.gdelt import read_tone, read_volume
from foretune.tables.readers.gdelt_articles import read_articles


def at(*ymd):
    return datetime(*ymd, tzinfo=UTC)


def timeline(answer, resolution, points, **options):
    data = [{"date": date, "value": value} for date, value in points.items()]
    body = {"query_details": {"date_resolution": resolution}, "timeline": [{"series": "Average Tone", "data": data}]}
    return answer(body, "gdelt", **options)


def asked(start, end):
    return {"startdatetime": start, "enddatetime": end}


def known(found):
    return list(found.rows.select("event_at", "known_at", "value").iter_rows())


def test_a_days_tone_is_a_tenth_and_known_an_hour_after_the_day(answer):
    found = read_tone([timeline(answer, "day", {"20240101T000000Z": -2.5, "20240102T000000Z": 0})])
    assert known(found) == [
        (at(2024, 1, 1), at(2024, 1, 2, 1), -0.25),
        (at(2024, 1, 2), at(2024, 1, 3, 1), 0.0),  # exactly 0 is kept
    ]
    assert set(found.rows["series"]) == {"news_sentiment_score"}
    assert set(found.rows["basis"]) == {"published"}


def test_a_tone_beyond_ten_is_clipped(answer):
    found = read_tone([timeline(answer, "day", {"20240101T000000Z": -14, "20240102T000000Z": 11.5})])
    assert found.rows["value"].to_list() == [-1.0, 1.0]


@pytest.mark.parametrize(
    ("resolution", "start", "end"),
    [
        ("day", "20240101", at(2024, 1, 2, 1)),
        ("week", "20240101", at(2024, 1, 8, 1)),
        ("month", "20240201", at(2024, 3, 1, 1)),
        ("year", "20240101", at(2025, 1, 1, 1)),
    ],
)
def test_a_bucket_is_known_an_hour_after_its_end(answer, resolution, start, end):
    found = read_tone([timeline(answer, resolution, {f"{start}T000000Z": 1})])
    assert found.rows["known_at"].to_list() == [end]


@pytest.mark.parametrize("resolution", ["15m", "hour"])
def test_parts_of_a_day_make_the_day_by_their_mean_or_their_sum(answer, resolution):
    points = {"20240101T000000Z": 1, "20240101T230000Z": 3, "20240103T120000Z": 5}
    page = timeline(answer, resolution, points)
    # nothing on 2 January: no row, and no zero
    assert known(read_tone([page])) == [
        (at(2024, 1, 1), at(2024, 1, 2, 1), 0.2),
        (at(2024, 1, 3), at(2024, 1, 4, 1), 0.5),
    ]
    assert read_volume([page]).rows["value"].to_list() == [4.0, 5.0]


def test_a_bucket_that_sticks_out_of_what_was_asked_is_unfinished(answer):
    points = {"20231231T000000Z": 1, "20240101T000000Z": 2, "20240102T000000Z": 3}
    page = timeline(answer, "day", points, params=asked("20231231120000", "20240102115959"))
    found = read_tone([page])
    assert found.rows["event_at"].to_list() == [at(2024, 1, 1)]
    assert found.rejected["reason"].to_list() == ["unfinished bucket"] * 2


def test_a_bucket_that_another_answer_holds_whole_is_finished(answer):
    cut = timeline(answer, "day", {"20240102T000000Z": 3}, params=asked("20240101000000", "20240102115959"))
    whole = timeline(answer, "day", {"20240102T000000Z": 3}, params=asked("20240102000000", "20240103235959"))
    assert len(read_tone([cut, whole]).rows) == 1


def test_a_whole_day_that_was_asked_for_is_finished(answer):
    page = timeline(answer, "day", {"20240102T000000Z": 3}, params=asked("20240102000000", "20240102235959"))
    assert len(read_tone([page]).rows) == 1


def test_the_day_on_which_a_live_answer_came_is_unfinished(answer):
    points = {"20240531T000000Z": 1, "20240601T000000Z": 2}
    live = {"origin": Origin.LIVE, "fetched_at": at(2024, 6, 1, 18)}
    found = read_volume([timeline(answer, "day", points, **live)])
    assert found.rows["event_at"].to_list() == [at(2024, 5, 31)]
    (hours,) = [timeline(answer, "hour", {"20240601T000000Z": 2}, **live)]
    assert read_volume([hours]).rejected["reason"].to_list() == ["unfinished bucket"]


def test_the_same_bucket_in_two_answers_is_one_fact_two_values_are_none(answer):
    one, other = (timeline(answer, "day", {"20240101T000000Z": value}) for value in (1, 2))
    assert len(read_tone([one, one]).rows) == 1
    found = read_tone([one, other])
    assert found.rows.is_empty()
    assert len(found.rejected) == 2


@pytest.mark.parametrize("value", [None, "3", True, [1]])
@pytest.mark.parametrize("resolution", ["day", "hour"])
def test_a_value_that_is_no_number_is_rejected(answer, resolution, value):
    found = read_tone([timeline(answer, resolution, {"20240101T000000Z": value})])
    assert found.rows.is_empty()
    assert len(found.rejected) == 1


def test_a_count_is_whole_and_not_negative(answer):
    found = read_volume([timeline(answer, "day", {"20240101T000000Z": -1, "20240102T000000Z": 2.5})])
    assert found.rows.is_empty()
    assert len(found.rejected) == 2


def test_no_match_is_no_fact(answer):
    assert read_tone([answer({})]).rows.is_empty()
    assert read_volume([]).rows.is_empty()
    assert read_articles([answer({}), answer({"articles": []})]).rows.is_empty()


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"timeline": {}},
        {"timeline": [1]},
        {"timeline": [{"data": 1}]},
        {"timeline": [{"data": [{"date": "20240101T000000Z", "value": 1}]}]},
        {"query_details": {"date_resolution": "fortnight"}, "timeline": [{"data": [{"date": "x", "value": 1}]}]},
        b"Your query was too short",
    ],
)
def test_a_timeline_of_another_shape_is_malformed(answer, content):
    with pytest.raises(MalformedResponse):
        read_tone([answer(content)])


ARTICLE = {
    "url": "https://x.test/a",
    "title": "Acme Corp . ( ACME ) : up 5 % , again !",
    "seendate": "20240615T123000Z",
    "domain": "x.test",
    "language": "English",
    "sourcecountry": "Japan",
}


def test_a_headline_is_known_when_it_was_seen_and_is_tidied_for_display(answer):
    (row,) = read_articles([answer({"articles": [ARTICLE]})] * 2).rows.iter_rows(named=True)
    assert row["known_at"] == at(2024, 6, 15, 12, 30)
    assert row["title"] == "Acme Corp. (ACME): up 5%, again!"
    assert row["title_raw"] == ARTICLE["title"]
    assert (row["domain"], row["language"], row["country"]) == ("x.test", "English", "Japan")


@pytest.mark.parametrize("broken", [{"seendate": "yesterday"}, {"url": ""}, {"title": ""}])
def test_a_headline_without_time_place_or_words_is_rejected(answer, broken):
    found = read_articles([answer({"articles": [{**ARTICLE, **broken}]})])
    assert found.rows.is_empty()
    assert len(found.rejected) == 1


@pytest.mark.parametrize("content", [{"timeline": []}, {"articles": 1}, {"articles": ["x"]}, [], b"<html>"])
def test_a_list_of_another_shape_is_malformed(answer, content):
    with pytest.raises(MalformedResponse):
        read_articles([answer(content)])
