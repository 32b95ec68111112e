"""Downloads of Google Trends into facts: in any language, without the running period, scaled without looking ahead."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.errors import MalformedResponse
from foretune.tables.readers.google_trends import read_trends_csv


def at(*ymd):
    return datetime(*ymd, tzinfo=UTC)


def months(answer, *values, head="Month,bitcoin: (Worldwide)"):
    rows = [f"{2023 + at // 12}-{at % 12 + 1:02d},{value}" for at, value in enumerate(values)]
    return answer("\n".join(["Category: All categories", "", head, *rows, ""]).encode(), "files")


def test_a_month_is_known_three_days_after_its_end_and_the_running_one_is_rejected(answer):
    found = read_trends_csv(months(answer, 20, 30, 40), "bitcoin")
    assert found.rows["event_at"].to_list() == [at(2023, 1, 1), at(2023, 2, 1)]
    assert found.rows["known_at"].to_list() == [at(2023, 2, 4), at(2023, 3, 4)]
    assert set(found.rows["basis"]) == {"assumed"}
    assert found.rejected.rows() == [("observations", "2023-03,40", "unfinished period")]


def test_values_are_scaled_to_the_highest_so_far(answer):
    found = read_trends_csv(months(answer, 20, 50, 40, 100, 50, 1), "bitcoin")
    # 20 was the most there had been; 40 is four fifths of 50; only then came the 100
    assert found.rows["value"].to_list() == [100, 100, 80, 100, 50]


@given(early=st.lists(st.integers(0, 50), min_size=1, max_size=12), late=st.integers(1, 2))
def test_a_later_peak_that_halves_the_past_leaves_its_scores_alone(answer, early, late):
    # doubled and then divided by two without rounding: what Google's rescaling does to the past
    alone = read_trends_csv(months(answer, *(2 * value for value in early), 0), "bitcoin")
    beside = read_trends_csv(months(answer, *early, *[100] * late, 0), "bitcoin")
    assert beside.rows["value"].to_list()[: len(early)] == pytest.approx(alone.rows["value"].to_list())


def test_less_than_one_is_read_as_a_half(answer):
    found = read_trends_csv(months(answer, 50, "<1", 0, 1), "bitcoin")
    assert found.rows["value"].to_list() == [100, 1, 0]  # half of one, of fifty


def test_nothing_but_zeros_stays_zero(answer):
    assert read_trends_csv(months(answer, 0, 0, 0), "bitcoin").rows["value"].to_list() == [0, 0]


@pytest.mark.parametrize(
    ("days", "known"),
    [
        (["2024-01-07", "2024-01-14", "2024-01-21"], [at(2024, 1, 17), at(2024, 1, 24)]),  # weeks: their Saturday + 3
        (["2024-01-01", "2024-01-02", "2024-01-03"], [at(2024, 1, 5), at(2024, 1, 6)]),
    ],
)
def test_weeks_and_days_are_told_from_the_dates(answer, days, known):
    csv = "Woche,bitcoin: (Weltweit)\n" + "".join(f"{day},5\n" for day in days)
    assert read_trends_csv(answer(csv.encode()), "bitcoin").rows["known_at"].to_list() == known


@pytest.mark.parametrize(
    "text",
    [
        "Catégorie : Toutes catégories\n\nMois,bitcoin: (Dans tous les pays)\n2023-01,5\n2023-02,5\n",
        "\ufeff카테고리: 모든 카테고리\r\n\r\n월,Bitcoin: (전 세계)\r\n2023-01,5\r\n2023-02,5\r\n",
        "month,interest\n2023-01-01,5\n2023-02-01,5\n",
        "Month,gold: (Worldwide),bitcoin: (Worldwide)\n2023-01,9,5\n2023-02,9,5\n",
    ],
)
def test_any_language_and_a_plain_table_are_taken(answer, text):
    found = read_trends_csv(answer(text.encode()), "bitcoin")
    assert found.rejected["raw"].to_list()[0].endswith("5")
    assert found.rows["event_at"].to_list() == [at(2023, 1, 1)]


def test_a_download_of_another_term_names_the_nearest(answer):
    with pytest.raises(MalformedResponse, match=r"term 'bitcoins'; did you mean 'bitcoin'\?"):
        read_trends_csv(months(answer, 1, 2), "bitcoins")


@pytest.mark.parametrize("value", ["", "abc", "101", "-1", "nan"])
def test_a_value_outside_the_scale_is_rejected(answer, value):
    found = read_trends_csv(months(answer, 10, value, 20, 0), "bitcoin")
    assert found.rows["value"].to_list() == [100, 100]
    assert found.rejected["raw"].to_list() == [f"2023-02,{value}", "2023-04,0"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>sorry</html>",
        "a,b\nc,d\n",
        "2023-01,5",
        "Day,bitcoin\n2024-01-01,5\n2024-01-03,5\n2024-01-04,5\n",
        'Month,bitcoin\n"2023-01,5',
    ],
)
def test_a_file_that_is_no_download_is_malformed(answer, text):
    with pytest.raises(MalformedResponse):
        read_trends_csv(answer(text.encode()), "bitcoin")
