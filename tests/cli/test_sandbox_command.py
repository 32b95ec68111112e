"""`foretune sandbox` serves until it is interrupted, and a port it cannot have is a sentence."""

from __future__ import annotations

import signal
import socket
import subprocess
import time

import httpx2
import pytest


@pytest.fixture
def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def when_up(process, root):
    """The table of contents, as soon as the server answers."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        try:
            return httpx2.get(root, trust_env=False).json()
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError("the sandbox did not answer within 30 s")


def test_it_answers_a_ticker_and_stops_cleanly_on_an_interrupt(command, free_port, tmp_path, environment):
    root = f"http://127.0.0.1:{free_port}"
    process = subprocess.Popen(
        [*command, "sandbox", "--port", str(free_port)],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert when_up(process, root)["origin"] == "simulated"
        query = {"category": "linear", "symbol": "BTCUSDT"}
        reply = httpx2.get(f"{root}/bybit/v5/market/tickers", params=query, trust_env=False)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()

    body = reply.json()
    assert (body["retCode"], body["result"]["list"][0]["symbol"]) == (0, "BTCUSDT")
    assert float(body["result"]["list"][0]["lastPrice"]) > 0
    assert process.returncode == 0
    assert "Traceback" not in out + err


def test_a_taken_port_is_a_sentence(refused, free_port):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port))
        listener.listen()
        said = refused("sandbox", "--port", str(free_port))
    assert f"port {free_port} on 127.0.0.1 cannot be used" in said
    assert "0 takes a free one" in said


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_what_is_no_port_is_a_usage_error(foretune, port):
    assert foretune("sandbox", "--port", port).returncode == 2
