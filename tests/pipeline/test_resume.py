"""A build that is stopped goes on where it was, and only there: same plan, same market, same day."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date

import pytest

from foretune.errors import RateLimited
from foretune.pipeline.build import build
from foretune.pipeline.workspace import MARKER
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sources.endpoints import Endpoints
from foretune.sources.http import HttpClient

ASSET = {"source": "bybit", "symbol": "BTCUSDT", "id": "BTCUSDT", "category": "linear"}


@pytest.fixture
def asked(monkeypatch):
    """Counts the requests that really go out, by provider."""
    counts: Counter[str] = Counter()
    send = HttpClient._attempt

    def counted(self, provider, *rest):
        counts[provider] += 1
        return send(self, provider, *rest)

    monkeypatch.setattr(HttpClient, "_attempt", counted)
    return counts


def stopping_at(stage, error):
    def step(label, done, total):
        if label == stage:
            raise error

    return step


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RateLimited("fred", "asked too often")])
def test_what_was_fetched_is_not_asked_for_again(spec, endpoints, tmp_path, asked, error):
    wanted = spec(assets=[ASSET])
    with pytest.raises(type(error)):
        build(wanted, endpoints, tmp_path / "out", market="m", step=stopping_at("fear_greed_index", error))
    assert not (tmp_path / "out").exists()
    first = Counter(asked)
    asked.clear()
    result = build(wanted, endpoints, tmp_path / "out", market="m")
    assert first["bybit"] >= 1
    assert asked == {"alternative_me": 1}  # bars, vix and the CPI with its calendar came from the first try
    clean = build(wanted, endpoints, tmp_path / "clean")
    assert files_of(result.folder) == files_of(clean.folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean", "out"]


def test_another_plan_begins_anew(spec, endpoints, tmp_path, asked):
    with pytest.raises(KeyboardInterrupt):
        build(spec(), endpoints, tmp_path / "out", market="m", step=stopping_at("panel", KeyboardInterrupt()))
    asked.clear()
    build(spec(seed=6), endpoints, tmp_path / "out", market="m")
    assert asked["bybit"] >= 3


def test_another_market_begins_anew(spec, endpoints, tmp_path, asked):
    with pytest.raises(KeyboardInterrupt):
        build(spec(), endpoints, tmp_path / "out", market="m", step=stopping_at("panel", KeyboardInterrupt()))
    asked.clear()
    build(spec(), endpoints, tmp_path / "out", market="other")
    assert asked["bybit"] >= 3


def test_yesterdays_answers_are_not_taken_up(spec, endpoints, tmp_path, asked):
    with pytest.raises(KeyboardInterrupt):
        build(spec(), endpoints, tmp_path / "out", market="m", step=stopping_at("panel", KeyboardInterrupt()))
    long_ago = time.time() - 25 * 3600
    os.utime(tmp_path / "out.partial" / MARKER, (long_ago, long_ago))
    asked.clear()
    build(spec(), endpoints, tmp_path / "out", market="m")
    assert asked["bybit"] >= 3


def test_a_market_without_a_name_leaves_nothing_behind(spec, endpoints, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        build(spec(), endpoints, tmp_path / "out", step=stopping_at("panel", KeyboardInterrupt()))
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from conftest import make_spec
from foretune.pipeline.build import build
from foretune.sources.endpoints import Endpoints

def step(label, done, total):
    if label == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

build(make_spec(), Endpoints.at(sys.argv[1]), Path(sys.argv[2]), market="m", step=step)
"""


@pytest.mark.parametrize("at", ["vix", "panel", "exports"])
def test_a_killed_process_resumes_to_the_same_bytes(built, spec, tmp_path, at, request):
    here = str(request.path.parent)
    with Sandbox(SimulatedMarket(seed=3, start=date(2021, 1, 1), end=date(2023, 1, 1))) as running:
        command = [sys.executable, "-c", KILLED, running.root, str(tmp_path / "out"), at, here]
        done = subprocess.run(command, check=False, capture_output=True, timeout=120)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        assert (tmp_path / "out.partial" / MARKER).is_file()
        result = build(spec(), Endpoints.at(running.root), tmp_path / "out", market="m")
    assert files_of(result.folder) == files_of(built.folder)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
