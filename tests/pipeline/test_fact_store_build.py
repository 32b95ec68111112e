"""With a fact store a later build asks for the new days only, and comes to the same dataset."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import polars as pl
import pytest
from pydantic import SecretStr

from foretune.config import Config, parse_config
from foretune.errors import DataError
from foretune.pipeline.build import build
from foretune.pipeline.feed_reading import FeedReader
from foretune.pipeline.feeds import AnyAsset
from foretune.pipeline.incremental import IncrementalReader
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.settings import Settings
from foretune.sources.endpoints import Endpoints
from foretune.sources.http import HttpClient

ASSET = {"source": "bybit", "symbol": "BTCUSDT", "id": "BTCUSDT", "category": "linear", "funding": True}
START = date(2021, 1, 1)
PLAIN = {"assets": [ASSET], "fields": {}, "split": {"validation": 0.0, "test": 0.25}}  # fits a short span


@pytest.fixture
def asked(monkeypatch):
    """Every request that really goes out: (path, parameters)."""
    requests = []
    send = HttpClient._attempt

    def noted(self, provider, base, path, params, *rest):
        requests.append((path, dict(params)))
        return send(self, provider, base, path, params, *rest)

    monkeypatch.setattr(HttpClient, "_attempt", noted)
    return requests


def world(end):
    return Sandbox(SimulatedMarket(seed=3, start=START, end=end))


def panel(result):
    return pl.read_parquet(result.folder / "panel.parquet")


def test_a_second_build_of_the_same_span_asks_only_for_what_may_be_revised(spec, tmp_path, asked):
    wanted = spec(assets=[ASSET])
    with world(date(2023, 1, 1)) as running:
        first = build(wanted, Endpoints.at(running.root), tmp_path / "one", store=tmp_path / "facts")
        asked.clear()
        again = build(wanted, Endpoints.at(running.root), tmp_path / "two", store=tmp_path / "facts")
    paths = Counter(path for path, _ in asked)
    assert "/v5/market/kline" not in paths
    assert "/v5/market/funding/history" not in paths
    assert paths["/graph/fredgraph.csv"] == 2  # vix and the CPI: values that are published may be revised
    assert panel(again).equals(panel(first))


def test_an_update_asks_from_the_last_days_on_and_equals_a_build_from_nothing(spec, tmp_path, asked):
    shorter = spec(**PLAIN, end="2022-09-30")
    longer = spec(**PLAIN, end="2022-12-31")
    with world(date(2022, 10, 1)) as running:
        build(shorter, Endpoints.at(running.root), tmp_path / "early", store=tmp_path / "facts")
    asked.clear()
    with world(date(2023, 1, 1)) as running:
        updated = build(longer, Endpoints.at(running.root), tmp_path / "late", store=tmp_path / "facts")
        first_asked = min(int(params["start"]) for path, params in asked if path == "/v5/market/kline")
        fresh = build(longer, Endpoints.at(running.root), tmp_path / "fresh")
    assert pl.Series([first_asked]).cast(pl.Datetime("ms"))[0].date() == date(2022, 9, 27)  # three days of overlap
    assert panel(updated).equals(panel(fresh))


def test_an_earlier_start_fetches_the_days_before(spec, tmp_path):
    with world(date(2023, 1, 1)) as running:
        root = Endpoints.at(running.root)
        build(spec(**PLAIN, start="2021-03-01"), root, tmp_path / "a", store=tmp_path / "facts")
        wide = build(spec(**PLAIN), root, tmp_path / "b", store=tmp_path / "facts")
        fresh = build(spec(**PLAIN), root, tmp_path / "c")
    assert panel(wide).equals(panel(fresh))


def days(reader, start, end):
    """The days of the bars that a build of this span gets from the store."""
    asset = parse_config({"asset": ASSET}, Holder, where="asset").asset
    rows = reader.bars(asset, start, end).found.rows
    return rows["event_at"].dt.date().to_list()


class Holder(Config):
    asset: AnyAsset


@pytest.fixture
def reader(tmp_path):
    with world(date(2023, 1, 1)) as running, HttpClient() as http:
        behind = FeedReader(http, Endpoints.at(running.root), Settings())
        yield IncrementalReader(behind, tmp_path / "facts", "simulated 3")


@pytest.mark.parametrize("spans", [((1, 2), (9, 10), (1, 12)), ((9, 10), (1, 2), (1, 12)), ((5, 6), (1, 12), (3, 4))])
def test_spans_that_do_not_touch_leave_no_hole(reader, spans):
    for first, last in spans:
        start, end = date(2022, first, 1), date(2022, last, 28)
        found = days(reader, start, end)
        assert found == [start + timedelta(days=number) for number in range((end - start).days + 1)]


def test_every_market_has_facts_of_its_own(spec, tmp_path):
    """A catalogue may call another venue's prices BTCUSDT: they must not continue Bybit's own."""
    with world(date(2023, 1, 1)) as running:
        root = Endpoints.at(running.root)
        for market in ("simulated 3", "live"):
            build(spec(**PLAIN), root, tmp_path / market, store=tmp_path / "facts", market=market)
    assert len(list((tmp_path / "facts" / "bars").iterdir())) == 2


def test_a_key_that_is_set_later_brings_its_vintages(spec, tmp_path):
    fields = {"unemployment_rate": {"source": "fred", "series": "UNRATE", "vintages": "if_key"}}
    wanted, key = spec(**{**PLAIN, "fields": fields}), SecretStr("sandboxsandboxsandboxsandboxsand")
    bases = []
    with world(date(2023, 1, 1)) as running:
        for settings in (Settings(), Settings(FRED_API_KEY=key)):
            root = Endpoints.at(running.root)
            done = build(wanted, root, tmp_path / "out", store=tmp_path / "facts", settings=settings)
            bases.append(set(done.manifest.known_at_basis["unemployment_rate"]))
    assert bases == [{"assumed"}, {"published"}]


def test_another_category_of_the_same_symbol_has_facts_of_its_own(spec, tmp_path):
    spot = {**ASSET, "category": "spot", "funding": False}
    with world(date(2023, 1, 1)) as running:
        root = Endpoints.at(running.root)
        build(spec(**PLAIN), root, tmp_path / "a", store=tmp_path / "facts")
        build(spec(**{**PLAIN, "assets": [spot]}), root, tmp_path / "b", store=tmp_path / "facts")
    assert len(list((tmp_path / "facts" / "bars").iterdir())) == 2


def test_a_damaged_note_names_the_folder_to_delete(spec, tmp_path):
    with world(date(2023, 1, 1)) as running:
        root = Endpoints.at(running.root)
        build(spec(**PLAIN), root, tmp_path / "a", store=tmp_path / "facts")
        note = next((tmp_path / "facts" / "bars").glob("*/asked.json"))
        note.write_text("{", encoding="utf-8")
        with pytest.raises(DataError, match="damaged; delete"):
            build(spec(**PLAIN), root, tmp_path / "b", store=tmp_path / "facts")


def test_a_build_wholly_from_the_store_still_says_where_its_facts_came_from(spec, tmp_path):
    with world(date(2023, 1, 1)) as running:
        root = Endpoints.at(running.root)
        first = build(spec(**PLAIN), root, tmp_path / "a", store=tmp_path / "facts")
        again = build(spec(**PLAIN), root, tmp_path / "b", store=tmp_path / "facts")
    assert [record.sha256 for record in again.manifest.inputs] == [record.sha256 for record in first.manifest.inputs]
    assert len(first.manifest.inputs) > 1
