"""What a build cannot do is one sentence, and what was in the folder before stays."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foretune.datasets.manifest import file_hashes
from foretune.errors import AccessDenied, ConfigError, EmptyData, RequestRefused
from foretune.pipeline.build import build
from foretune.sandbox.market import Observation
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sources.endpoints import Endpoints


def asset(**changes):
    return {"source": "bybit", "symbol": "BTCUSDT", "id": "BTCUSDT", "category": "linear", **changes}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        # a monthly figure dated at its month's start would be known a month too early
        ({"fields": {"cpi_yoy": {"source": "files", "series": "cpi.csv"}}}, "published weeks after its period"),
        ({"fields": {"vixx": {"source": "fred", "series": "VIXCLS"}}}, r"'vixx' is not a field of the panel.*\bvix\b"),
        # funding belongs to an asset, not to the panel
        ({"fields": {"funding_rate": {"source": "fred", "series": "X"}}}, "'funding_rate' is not a field of the panel"),
        ({"assets": [asset(), asset(id="ETHUSDT")]}, "symbol 'BTCUSDT' is used twice"),
        ({"start": "2022-12-31", "end": "2021-01-01"}, "start 2022-12-31 must come before end 2021-01-01"),
        ({"start": "2021-01-01", "end": "2021-01-01"}, "must come before"),
        ({"assets": []}, r"'assets'.*at least 1 item"),
        ({"assets": [asset(source="bibyt")]}, r"'assets\.0'.*'bybit', 'alphavantage'"),
        ({"assets": [asset(catgory="spot")]}, "did you mean 'category'"),
        ({"assets": [asset(symbol="btcusdt")]}, "'assets.0.symbol': String should match pattern"),
        ({"split": {"validation": 0.5, "test": 0.5}}, "must stay below 1"),
        ({"split": {"embargo_days": -1}}, "'split.embargo_days'"),
        ({"horizon_days": 0}, "'horizon_days'"),
        ({"assets": [asset(open_interest=True, category="spot")]}, "a spot market has no open_interest"),
        ({"fields": {"vix": {"source": "gdelt", "query": "bitcoin"}}}, "'gdelt' feeds news_sentiment_score or"),
        # a month's figure known on the day after its first is known before the month is over
        ({"fields": {"cpi_yoy": {"source": "table", "series": "cpi.csv", "columns": {}}}}, "known_after_days, more"),
        ({"fields": {"cpi_yoy": {"source": "fred", "series": "CPILFESL", "release_lag_days": 15}}}, "period of FRED"),
        ({"assets": [asset(funding=True, category="spot")]}, "a spot market has no funding"),
        ({"gates": {"severity": {"gap": "warn"}}}, "gates.severity"),
        ({"max_pairs": 0}, "'max_pairs'"),
        ({"name": "My Data"}, "'name'"),
    ],
)  # fmt: skip
def test_a_spec_that_cannot_be_meant_is_refused_before_any_request(spec, change, said):
    with pytest.raises(ConfigError, match=said):
        spec(**change)


class WithCopper(SimulatedMarket):
    """Serves one FRED series whose release lag nobody declared."""

    def __init__(self) -> None:
        super().__init__(seed=3, start=date(2021, 1, 1), end=date(2023, 1, 1))
        self.listing = replace(self.listing, fred=(*self.listing.fred, "COPPER"))

    def fred(self, series_id):
        return [Observation("2021-01-04", "3.55")] if series_id == "COPPER" else super().fred(series_id)


def test_a_release_lag_that_nobody_declared_is_not_guessed(spec, tmp_path):
    wanted = spec(assets=[asset()], fields={"gold_price": {"source": "fred", "series": "COPPER"}})
    with (
        Sandbox(WithCopper()) as running,
        pytest.raises(ConfigError, match=r"'COPPER' has no declared release lag; set release_lag_days"),
    ):
        build(wanted, Endpoints.at(running.root), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"assets": [asset(symbol="NOPE", id="NOPEUSDT")]}, "NOPEUSDT"),
        ({"fields": {"dxy": {"source": "files", "series": "no_such_file"}}}, "no_such_file"),
    ],
)
def test_what_the_provider_does_not_have_is_named(spec, endpoints, tmp_path, change, named):
    with pytest.raises(RequestRefused, match=named):
        build(spec(**change), endpoints, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_provider_that_needs_a_key_says_which(spec, endpoints, tmp_path, monkeypatch):
    monkeypatch.delenv("ALPHAVANTAGE_API_KEY", raising=False)
    wanted = spec(assets=[{"source": "alphavantage", "symbol": "BTC", "id": "BTC", "asset_class": "crypto"}])
    with pytest.raises(AccessDenied, match="ALPHAVANTAGE_API_KEY"):
        build(wanted, endpoints, tmp_path / "out")


def test_a_span_before_the_market_began_is_empty(spec, endpoints, tmp_path):
    with pytest.raises(EmptyData, match="bars of BTCUSDT"):
        build(spec(start="2015-01-01", end="2016-01-01"), endpoints, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_span_shorter_than_the_warm_up_names_the_reason(spec, endpoints, tmp_path):
    with pytest.raises(EmptyData, match="sma_200"):
        build(spec(start="2022-01-01", end="2022-06-30", fields={}), endpoints, tmp_path / "out")


def test_a_span_too_short_for_its_splits_says_so(spec, endpoints, tmp_path):
    wanted = spec(fields={}, split={"validation": 0.1, "test": 0.1})  # 44 days of validation, each label needs 90
    with pytest.raises(EmptyData, match="no validation rows are left after purge"):
        build(wanted, endpoints, tmp_path / "out")


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("at", ["panel", "instruction rows", "preference pairs", "exports"])
def test_an_interrupted_build_leaves_the_former_dataset(built, spec, endpoints, tmp_path, at):
    out = tmp_path / "out"
    shutil.copytree(built.folder, out)
    before = file_hashes(out)

    def step(label, done, total):
        if label == at:
            raise Interrupted

    with pytest.raises(Interrupted):
        build(spec(fields={}, assets=[asset()]), endpoints, out, step=step)

    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert file_hashes(out) == before


def test_a_folder_of_somebody_else_is_not_touched(spec, endpoints, tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work", encoding="utf-8")
    with pytest.raises(ConfigError, match="holds files that are no dataset of ours"):
        build(spec(), endpoints, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_is_no_folder(spec, endpoints, tmp_path):
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match="is a file; give a folder"):
        build(spec(), endpoints, tmp_path / "out")


def test_steps_are_told_in_order(built, spec, endpoints, tmp_path):
    told = []
    wanted = spec(assets=[asset(funding=True)])
    build(wanted, endpoints, tmp_path / "out", step=lambda label, done, total: told.append((label, done, total)))
    assert told == [
        ("bars of BTCUSDT", 0, 5), ("BTCUSDT.funding_rate", 1, 5), ("vix", 2, 5), ("cpi_yoy", 3, 5),
        ("fear_greed_index", 4, 5), ("panel", 0, 5), ("quality", 1, 5), ("instruction rows", 2, 5),
        ("preference pairs", 3, 5), ("exports", 4, 5),
    ]  # fmt: skip


def test_a_relative_folder_stays_relative(spec, endpoints, tmp_path, monkeypatch):
    """Whoever gave it, as the demo's page does, goes on to make paths from it."""
    monkeypatch.chdir(tmp_path)
    assert build(spec(fields={}, assets=[asset()]), endpoints, Path("runs/x")).folder == Path("runs/x")
    assert (tmp_path / "runs" / "x" / "manifest.json").is_file()
