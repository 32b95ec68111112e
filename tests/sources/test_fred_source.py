"""FredSource: dates in, the series' own CSV out, and pages that are not data told apart."""

from __future__ import annotations

from datetime import date

import httpx2
import pytest

from foretune.errors import AccessDenied, MalformedResponse, RequestRefused
from foretune.sources.fred import FredSource


def test_a_range_of_a_series_comes_with_both_ends(http, sandbox):
    # 6 and 12 March 2023 are a Monday and a Sunday; the weekend has no row
    body = FredSource(http, f"{sandbox.root}/fred").graph_csv("DGS10", date(2023, 3, 6), date(2023, 3, 12)).text()
    header, *rows = body.splitlines()
    assert header == "observation_date,DGS10"
    assert [row.split(",")[0] for row in rows] == [f"2023-03-{day:02d}" for day in (6, 7, 8, 9, 10)]


def test_without_dates_the_whole_series_comes(http, sandbox):
    body = FredSource(http, f"{sandbox.root}/fred").graph_csv("CPIAUCSL").text()
    # known on 2024-01-01: the November figure came out on 12 December, the December one not yet
    assert body.splitlines()[-1].startswith("2023-11-01,")


def test_an_unknown_series_is_refused(http, sandbox):
    with pytest.raises(RequestRefused, match=r"HTTP 404 \(an HTML page\)"):
        FredSource(http, f"{sandbox.root}/fred").graph_csv("NOSUCH")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html><h1>Access Denied</h1></html>", AccessDenied),
        (b"\xef\xbb\xbf <!DOCTYPE html><p>Maintenance</p>", MalformedResponse),
        (b"observation_date,DGS2\n2024-01-01,1\n", MalformedResponse),
        (b"", MalformedResponse),
    ],
)
def test_a_body_that_is_not_this_series_is_refused(scripted, body, error):
    client, _ = scripted(httpx2.Response(200, content=body))
    with pytest.raises(error, match="DGS10"):
        FredSource(client, "https://fred.test").graph_csv("DGS10")


@pytest.mark.parametrize("header", ["observation_date,DGS10", "DATE,DGS10", "observation_date,DGS10\r"])
def test_both_headers_the_provider_has_used_are_taken(scripted, header):
    client, _ = scripted(httpx2.Response(200, content=f"{header}\n2024-01-02,3.95\n".encode()))
    assert FredSource(client, "https://fred.test").graph_csv("DGS10").text().startswith(header)
