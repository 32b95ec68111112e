"""`foretune quality`: a table for people, JSON for programs, and an exit code for both."""

from __future__ import annotations

import json
import shutil
import webbrowser

import pytest

from foretune.cli.quality import quality
from foretune.errors import ConfigError, DataError


@pytest.fixture(scope="session")
def _built(tmp_path_factory):
    """A simulated coin, built by the pipeline."""
    from foretune.cli.market import MarketChoice, access
    from foretune.config import parse_config
    from foretune.pipeline.build import build
    from foretune.pipeline.spec import BuildSpec

    spec = parse_config(
        {
            "name": "coin",
            "start": "2018-01-01",
            "end": "2021-06-30",
            "assets": [{"source": "bybit", "symbol": "BTC-USD", "id": "BTCUSDT", "category": "spot"}],
            "fields": {"vix": {"source": "fred", "series": "VIXCLS"}},
            "split": {"validation": 0.2, "test": 0.2},
            "max_pairs": 20,
        },
        BuildSpec,
        where="test",
    )
    folder = tmp_path_factory.mktemp("quality") / "coin"
    with access(MarketChoice(None, True, False, 3, None)) as market:
        build(spec, market.endpoints, folder, settings=market.settings)
    return folder


@pytest.fixture
def folder(_built, tmp_path):
    return shutil.copytree(_built, tmp_path / "coin")


@pytest.fixture
def run(running):
    return running(quality)


def test_a_built_folder_passes_as_it_did_when_it_was_built(run, folder):
    done = run(folder)
    assert done.exit_code == 0
    assert "every gate that ends a build is passed" in done.output
    assert "quality of coin (simulated)" in done.output


def test_json_is_what_the_build_wrote(run, folder):
    done = run(folder, "--json")
    assert done.stdout == (folder / "quality.json").read_text(encoding="utf-8")


def test_a_limit_that_is_missed_is_exit_code_one(run, folder):
    done = run(folder, "--json", "--set", "simulated_share_max=0", "--set", "severity.simulated_share=fail")
    assert done.exit_code == 1
    statuses = {result["gate"]: result["status"] for result in json.loads(done.stdout)["results"]}
    assert statuses["simulated_share"] == "fail"


def test_nothing_in_the_folder_changes(run, folder):
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    run(folder, "--set", "gap_days_max=1")
    assert {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()} == before


def test_the_page_can_be_written_elsewhere_and_opened(run, folder, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    page = tmp_path / "pages" / "quality.html"
    assert run(folder, "--out", page, "--open").exit_code == 0
    assert "Simulated market." in page.read_text(encoding="utf-8")
    run(folder, "--open")
    assert shown == [page.as_uri(), (folder / "quality.html").as_uri()]


def test_the_page_of_other_limits_is_not_the_one_in_the_folder(run, folder):
    with pytest.raises(ConfigError, match="needs --out"):
        run(folder, "--open", "--set", "gap_days_max=3")


def test_a_folder_without_a_dataset_is_refused(run, tmp_path):
    with pytest.raises(DataError, match="foretune build"):
        run(tmp_path)


def test_a_folder_as_out_is_refused_before_anything_is_read(run, tmp_path):
    with pytest.raises(ConfigError, match="is a folder"):
        run(tmp_path / "nothing", "--out", tmp_path)
