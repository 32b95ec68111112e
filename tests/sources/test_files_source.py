"""FilesSource: by name from a server, by path from disk, nothing else."""

from __future__ import annotations

import polars as pl
import pytest

from foretune.errors import RequestRefused
from foretune.origin import Origin
from foretune.sources.files import FilesSource


def test_a_named_series_comes_from_the_server(http, sandbox):
    response = FilesSource(http, f"{sandbox.root}/files").series("gold_price")
    assert response.text().splitlines()[0] == "date,value"
    assert response.origin is Origin.SIMULATED


def test_a_release_calendar_is_a_series_too(http, sandbox):
    body = FilesSource(http, f"{sandbox.root}/files").series("CPIAUCSL.releases").text()
    assert body.splitlines()[0] == "release_date,reference_month"


def test_a_path_is_read_from_disk_as_recorded(http, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b"date,value\n2024-01-01,1\n")
    response = FilesSource(http, None).series(path)
    assert response.body == b"date,value\n2024-01-01,1\n"
    assert (response.provider, response.origin) == ("files", Origin.RECORDED)


def test_a_parquet_file_is_read_from_disk_byte_by_byte(http, tmp_path):
    path = tmp_path / "mine.parquet"
    pl.DataFrame({"date": ["2024-01-01"], "value": [1.0]}).write_parquet(path)
    assert FilesSource(http, None).series(path).body == path.read_bytes()


def test_a_missing_path_says_which(http, tmp_path):
    with pytest.raises(RequestRefused, match=r"nothing\.csv: cannot be read"):
        FilesSource(http, None).series(tmp_path / "nothing.csv")


def test_a_name_needs_a_server(http):
    with pytest.raises(RequestRefused, match="give the path of a CSV file"):
        FilesSource(http, None).series("gold_price")


@pytest.mark.parametrize("name", ["../secret", "a/b", "", "x?y", "..", "a..b"])
def test_a_name_cannot_leave_the_folder(http, sandbox, name):
    with pytest.raises(RequestRefused, match="not a series name"):
        FilesSource(http, f"{sandbox.root}/files").series(name)


def test_an_unknown_name_says_what_there_is(http, sandbox):
    with pytest.raises(RequestRefused, match="this market has: gold_price"):
        FilesSource(http, f"{sandbox.root}/files").series("nickel")
