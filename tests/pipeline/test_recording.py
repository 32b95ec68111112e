"""Answers kept in an archive make the same dataset without a network, and hold no key."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from foretune.errors import NotArchived
from foretune.pipeline.build import Recording, build
from foretune.settings import Settings
from foretune.sources.endpoints import Endpoints

NOWHERE = Endpoints.at("http://127.0.0.1:1")


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_offline_from_the_archive_to_the_same_bytes(built, spec, endpoints, tmp_path):
    build(spec(), endpoints, tmp_path / "recorded", recording=Recording(tmp_path / "archive"))
    offline = build(spec(), NOWHERE, tmp_path / "offline", recording=Recording(tmp_path / "archive", offline=True))
    assert files_of(offline.folder) == files_of(built.folder)


def test_what_was_never_recorded_is_named(spec, endpoints, tmp_path):
    build(spec(fields={}), endpoints, tmp_path / "recorded", recording=Recording(tmp_path / "archive"))
    with pytest.raises(NotArchived, match="VIXCLS"):
        build(spec(), NOWHERE, tmp_path / "offline", recording=Recording(tmp_path / "archive", offline=True))


def test_a_key_is_in_no_file_of_archive_or_dataset(spec, endpoints, tmp_path):
    canary = "canarycanarycanarycanarycanarycn"
    settings = Settings(
        ALPHAVANTAGE_API_KEY=SecretStr(canary), FRED_API_KEY=SecretStr(canary), COINGECKO_API_KEY=SecretStr(canary)
    )
    fields = {"unemployment_rate": {"source": "fred", "series": "UNRATE", "vintages": "always"}}
    gecko = {"market_cap": {"source": "coingecko", "id": "bitcoin"}}
    asset = {
        "source": "bybit",
        "symbol": "BTCUSDT",
        "id": "BTCUSDT",
        "fields": gecko,
    }
    shares = {"source": "alphavantage", "symbol": "IBM", "id": "IBM", "asset_class": "equity", "splits": True}
    wanted = spec(assets=[asset, shares], fields=fields)
    build(wanted, endpoints, tmp_path / "data", settings=settings, recording=Recording(tmp_path / "archive"))
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert canary.encode() not in everything
    assert b"UNRATE" in everything


@pytest.mark.parametrize("recorded_with", ["sandboxsandboxsandboxsandboxsand", None])
def test_offline_needs_no_key_whether_it_was_recorded_with_one_or_without(spec, endpoints, tmp_path, recorded_with):
    settings = Settings(FRED_API_KEY=None if recorded_with is None else SecretStr(recorded_with))
    fields = {"unemployment_rate": {"source": "fred", "series": "UNRATE", "vintages": "if_key"}}
    wanted = spec(fields=fields)
    first = build(wanted, endpoints, tmp_path / "a", settings=settings, recording=Recording(tmp_path / "archive"))
    offline = build(
        wanted, NOWHERE, tmp_path / "b", settings=Settings(), recording=Recording(tmp_path / "archive", offline=True)
    )
    assert files_of(offline.folder) == files_of(first.folder)
    basis = {"published"} if recorded_with else {"assumed"}
    assert set(offline.manifest.known_at_basis["unemployment_rate"]) == basis


def test_files_of_a_market_and_feeds_it_had_not_replay_without_it(spec, endpoints, tmp_path):
    fields = {
        "dxy": {"source": "files", "series": "dxy"},
        "gold_price": {"source": "files", "series": "no_such_file", "required": False},
    }
    wanted = spec(fields=fields)
    first = build(wanted, endpoints, tmp_path / "a", recording=Recording(tmp_path / "archive"))
    offline = build(wanted, Endpoints(), tmp_path / "b", recording=Recording(tmp_path / "archive", offline=True))
    assert (offline.folder / "panel.parquet").read_bytes() == (first.folder / "panel.parquet").read_bytes()
    assert set(offline.manifest.absent) == {"gold_price"}
