"""CoinGecko's charts into facts: the right day, and unknown instead of zero."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foretune.errors import MalformedResponse
from foretune.tables.readers.coingecko import read_market_chart


def ms(*ymd):
    return int(datetime(*ymd, tzinfo=UTC).timestamp() * 1000)


def chart(answer, prices=(), caps=(), volumes=()):
    return answer({"prices": list(prices), "market_caps": list(caps), "total_volumes": list(volumes)}, "coingecko")


def test_the_point_at_midnight_is_the_close_of_the_day_before(answer):
    found = read_market_chart([chart(answer, prices=[[ms(2024, 1, 2), 44_100.5]])], field="price")
    (row,) = found.rows.iter_rows(named=True)
    assert row["event_at"] == datetime(2024, 1, 1, tzinfo=UTC)
    assert row["known_at"] == datetime(2024, 1, 2, 0, 10, tzinfo=UTC)
    assert (row["series"], row["value"], row["basis"]) == ("price", 44_100.5, "close")


def test_before_february_2018_a_point_is_the_close_of_its_own_day(answer):
    points = [[ms(2018, 1, 28), 28.0], [ms(2018, 1, 29), 29.0], [ms(2018, 1, 30), 29.1], [ms(2018, 1, 31), 30.0]]
    found = read_market_chart([chart(answer, prices=points)], field="price")
    assert found.rows.select("event_at", "known_at", "value").rows() == [
        (datetime(2018, 1, 28, tzinfo=UTC), datetime(2018, 1, 29, 0, 10, tzinfo=UTC), 28.0),
        (datetime(2018, 1, 29, tzinfo=UTC), datetime(2018, 1, 30, 0, 10, tzinfo=UTC), 29.0),
        (datetime(2018, 1, 30, tzinfo=UTC), datetime(2018, 1, 31, 0, 10, tzinfo=UTC), 30.0),
    ]
    assert found.rejected["reason"].to_list() == ["the day on which the provider changed what a stamp means"]


def test_the_moment_of_asking_is_no_close(answer):
    page = chart(answer, caps=[[ms(2024, 1, 2), 8e11], [ms(2024, 1, 2, 15, 42), 9e11]])
    found = read_market_chart([page], field="market_cap", series="market_cap.bitcoin")
    assert found.rows["value"].to_list() == [8e11]
    assert found.rows["series"].to_list() == ["market_cap.bitcoin"]
    assert "not at midnight" in found.rejected["reason"][0]


def test_lists_of_different_lengths_are_read_by_their_own_stamps(answer):
    prices = [[ms(2024, 1, day), day] for day in (2, 3, 4)]
    page = chart(answer, prices=prices, caps=[[ms(2024, 1, 4), 7e11]], volumes=[[ms(2024, 1, 3), 0]])
    assert read_market_chart([page], field="market_cap").rows["event_at"].to_list() == [
        datetime(2024, 1, 3, tzinfo=UTC)
    ]
    volume = read_market_chart([page], field="volume_quote").rows
    assert volume.select("event_at", "value").row(0) == (datetime(2024, 1, 2, tzinfo=UTC), 0.0)  # nobody traded


@pytest.mark.parametrize("value", [0, None, "1", True, -5])
def test_a_market_value_of_zero_or_nothing_is_unknown(answer, value):
    found = read_market_chart([chart(answer, caps=[[ms(2024, 1, 2), value]])], field="market_cap")
    assert found.rows.is_empty()
    assert found.rejected["reason"].to_list() == ["market_cap unknown (0 or null)"]


@pytest.mark.parametrize("stamp", [None, "x", 1e300, -1, True])
def test_a_point_without_a_time_is_rejected(answer, stamp):
    found = read_market_chart([chart(answer, prices=[[stamp, 5.0]])], field="price")
    assert found.rows.is_empty()
    assert "event_at" in found.rejected["reason"][0]


def test_the_same_point_on_two_pages_is_one_fact(answer):
    page = chart(answer, prices=[[ms(2024, 1, 2), 5.0]])
    assert len(read_market_chart([page, page], field="price").rows) == 1


@pytest.mark.parametrize("content", [{}, [], {"prices": None}, {"prices": [1]}, {"prices": [[1]]}, b"{"])
def test_a_body_of_another_shape_is_malformed(answer, content):
    with pytest.raises(MalformedResponse):
        read_market_chart([answer(content)], field="price")
