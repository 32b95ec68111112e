"""AlternativeMeSource: all readings by default, and the refusal that hides in `metadata`."""

from __future__ import annotations

import httpx2
import pytest

from foretune.errors import MalformedResponse, RequestRefused
from foretune.sources.alternative_me import AlternativeMeSource


def test_all_readings_come_by_default(http, sandbox):
    rows = AlternativeMeSource(http, f"{sandbox.root}/alternative_me").fear_greed().json()["data"]
    assert len(rows) == 1462  # one a day from 2020-01-01 to 2024-01-01, whose reading is out at 00:00
    assert rows[0]["timestamp"] == "1704067200"  # newest first


def test_the_newest_n_can_be_asked_for(http, sandbox):
    assert len(AlternativeMeSource(http, f"{sandbox.root}/alternative_me").fear_greed(2).json()["data"]) == 2


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"data": [], "metadata": {"error": "too many requests"}}, RequestRefused),
        ({"data": None, "metadata": {"error": None}}, MalformedResponse),
        ([], MalformedResponse),
    ],
)
def test_what_is_not_a_list_of_readings_is_refused(scripted, body, error):
    client, _ = scripted(httpx2.Response(200, json=body))
    with pytest.raises(error):
        AlternativeMeSource(client, "https://index.test").fear_greed()
