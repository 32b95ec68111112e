"""The sandbox as a server: starts, labels everything, says what it has, stops."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time

import httpx2
import pytest

from foretune.errors import ConfigError
from foretune.sandbox.server import Sandbox, describe


@pytest.fixture(scope="module")
def sandbox(simulated):
    with Sandbox(simulated) as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox):
    with httpx2.Client(base_url=sandbox.root, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/bybit/v5/market/kline?symbol=BTCUSDT&interval=D", 200),
        ("/bybit/v5/market/kline?symbol=NOPE&interval=D", 200),
        ("/bybit/nothing", 404),
        ("/fred/graph/fredgraph.csv?id=DGS10", 200),
        ("/fred/graph/fredgraph.csv?id=NOPE", 404),
        ("/alternative_me/fng/?limit=2", 200),
        ("/alphavantage/query?function=X&apikey=k", 200),
        ("/files/dxy.csv", 200),
        ("/files/..%2f..%2fetc%2fpasswd.csv", 404),
        ("/fred_api/fred/series/observations?series_id=DGS10", 400),
        ("/coingecko/api/v3/ping", 200),
        ("/coingecko/api/v3/coins/nothing/market_chart?vs_currency=usd&days=1", 404),
        ("/gdelt/api/v2/doc/doc?query=bitcoin&mode=timelinetone&format=json", 200),
        ("/nobody/x", 404),
    ],
)
def test_every_answer_carries_the_label(client, path, status):
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["X-Foretune-Origin"] == "simulated"


def test_the_root_says_what_there_is(client, simulated):
    contents = client.get("/").json()
    assert contents == json.loads(json.dumps(describe(simulated)))
    assert contents["origin"] == "simulated"
    assert contents["now"] == "2024-01-01T00:00:00+00:00"
    assert contents["bybit"]["kline"]["linear D"] == ["ADAUSDT", "BTCUSDT", "ETHUSDT", "LTCUSDT", "SOLUSDT", "XRPUSDT"]


def test_a_stopped_sandbox_is_gone_and_its_port_free(simulated):
    with Sandbox(simulated) as running:
        port = int(running.root.rpartition(":")[2])
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
    with pytest.raises(ConfigError, match="not running"):
        _ = running.root


def test_a_taken_port_is_one_clear_sentence(simulated, sandbox):
    port = int(sandbox.root.rpartition(":")[2])
    with pytest.raises(ConfigError, match=f"port {port} on 127.0.0.1 cannot be used"), Sandbox(simulated, port):
        pass


def test_three_years_of_candles_within_200_milliseconds(client):
    query = {"symbol": "BTCUSDT", "interval": "D", "limit": "1000"}
    client.get("/bybit/v5/market/kline", params=query)  # the first request renders the prices
    began = time.process_time()
    rows = client.get("/bybit/v5/market/kline", params=query).json()["result"]["list"]
    assert len(rows) == 1000
    assert time.process_time() - began < 0.2


def test_a_small_answer_does_not_wait_for_the_clients_acknowledgement(client):
    def seconds():
        began = time.perf_counter()
        client.get("/bybit/v5/market/time")
        return time.perf_counter() - began

    assert min(seconds() for _ in range(10)) < 0.03  # it was 0.044 with Nagle's algorithm on


def test_coingeckos_key_is_the_same_as_a_header_and_as_a_parameter(client):
    path = "/coingecko/api/v3/coins/bitcoin/market_chart?vs_currency=usd&days=max"
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"x-cg-demo-api-key": "k"}).status_code == 200
    assert client.get(f"{path}&x_cg_demo_api_key=k").status_code == 200


def test_served_in_the_foreground_it_ends_cleanly_on_an_interrupt():
    code = (
        "from datetime import date; from functools import partial; from foretune.sandbox.server import serve;"
        "from foretune.sandbox.simulated import SimulatedMarket;"
        "serve(SimulatedMarket(1, date(2024, 1, 1), date(2024, 1, 5)), 0, partial(print, flush=True))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        root = process.stdout.readline().strip()
        deadline = time.monotonic() + 10
        while True:
            try:
                assert httpx2.get(root, trust_env=False).json()["now"] == "2024-01-05T00:00:00+00:00"
                break
            except httpx2.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")
