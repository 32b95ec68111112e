"""Each way a market's server can fail on the wire, met by the client over real sockets."""

from __future__ import annotations

import contextlib
import gzip
import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx2
import pytest
from pydantic import SecretStr

from foretune.errors import (
    AccessDenied,
    MalformedResponse,
    RateLimited,
    RequestRefused,
    SourceError,
    SourceUnavailable,
)
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse

Answer = bytes | Callable[[socket.socket], None]


class Server:
    """Answers connection n with `answers[n]` (the last for ever): bytes as they are, or a function of the socket."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers
        self.asked = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.root = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        while b"\r\n\r\n" not in connection.recv(65_536):
            pass
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        with contextlib.suppress(OSError):  # the client may have had enough
            connection.sendall(answer) if isinstance(answer, bytes) else answer(connection)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def start(*answers: Answer) -> Server:
        running.append(Server(*answers))
        return running[-1]

    yield start
    for server in running:
        server.close()


def http(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


FINE = http("200 OK", b'{"retCode": 0}')


def ask(server: Server, waits: list[float] | None = None, **options: object) -> RawResponse:
    sleep = (waits if waits is not None else []).append
    with HttpClient(sleep=sleep, **{"attempts": 3, "timeout_s": 2.0, **options}) as client:
        return client.get("bybit", server.root, "/v5/market/kline", {}, check=lambda response, _: response.json())


def reset(connection: socket.socket) -> None:
    """Half of the promised body, then a TCP reset."""
    connection.sendall(http("200 OK", b'{"retCode"', length=100))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(connection: socket.socket) -> None:
    """A byte now and then: no single wait is long, the whole would never end."""
    connection.sendall(http("200 OK", length=1_000_000))
    for _ in range(200):
        connection.sendall(b" ")
        time.sleep(0.01)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(http("429 Too Many Requests"), id="429 without a hint"),
        pytest.param(http("429 Too Many Requests", b"", "Retry-After: 3"), id="429 with a hint"),
        pytest.param(http("500 Internal Server Error"), id="500"),
        pytest.param(http("502 Bad Gateway", b"<html>nginx</html>"), id="502 with a page"),
        pytest.param(http("503 Service Unavailable"), id="503"),
        pytest.param(http("408 Request Timeout"), id="408"),
        pytest.param(http("200 OK", b'{"retCode"', length=100), id="the connection ends before the body"),
        pytest.param(b"", id="the connection ends before the answer"),
        pytest.param(reset, id="a reset in the middle of the body"),
        pytest.param(http("200 OK", b"plain {}", "Content-Encoding: gzip"), id="a body that is not the gzip it says"),
        pytest.param(b"SMTP ready\r\n\r\n", id="no HTTP at all"),
    ],
)
def test_what_passes_is_asked_again(serve, failure):
    server = serve(failure, FINE)
    assert ask(server).body == b'{"retCode": 0}'
    assert server.asked == 2


def test_the_hint_of_a_429_is_waited_for_to_the_second(serve):
    waits: list[float] = []
    ask(serve(http("429 Too Many Requests", b"", "Retry-After: 3"), FINE), waits)
    assert waits == [3.0]


@pytest.mark.parametrize(
    ("failure", "error", "said"),
    [
        (http("403 Forbidden", b"403, access too frequent. Please try again in 10 mins"), RateLimited, "wait 600 s"),
        (http("403 Forbidden", b"<html>CloudFront</html>"), AccessDenied, "an HTML page"),
        (http("200 OK", b"<!DOCTYPE html><html>"), MalformedResponse, "expected JSON, found '<!DOCTYPE html>"),
        (http("200 OK", b'{"retCode": 0, "result": {"li'), MalformedResponse, "expected JSON"),
        (http("200 OK", gzip.compress(b'{"retCode": 0}')[:-12], "Content-Encoding: gzip"), MalformedResponse, "JSON"),
        (http("200 OK", b""), MalformedResponse, "expected JSON, found ''"),
        (http("302 Found", b"", "Location: /login"), RequestRefused, "redirects are not followed"),
    ],
)
def test_what_does_not_pass_is_told_at_once(serve, failure, error, said):
    server = serve(failure, FINE)
    with pytest.raises(error, match=said):
        ask(server)
    assert server.asked == 1


@pytest.mark.parametrize("failure", [http("503 Service Unavailable"), reset, http("429 Too Many Requests")])
def test_what_never_passes_is_given_up_after_the_last_try(serve, failure):
    server = serve(failure)
    with pytest.raises(SourceError):
        ask(server)
    assert server.asked == 3


def test_a_silent_server_costs_one_time_out_a_try(serve):
    with pytest.raises(SourceUnavailable, match="ReadTimeout"):
        ask(serve(lambda connection: time.sleep(0.3)), attempts=1, timeout_s=0.1)


def test_a_dripping_server_is_left_after_the_total_time(serve):
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match=r"not complete after 0\.2 s"):
        ask(serve(drip), attempts=1, total_s=0.2)
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("layers", [1, 2])
def test_a_gzip_bomb_is_left_at_the_cap(serve, layers):
    bomb = b"0" * 50_000_000
    for _ in range(layers):
        bomb = gzip.compress(bomb)  # 50 kB, and 1 kB packed twice
    server = serve(http("200 OK", bomb, f"Content-Encoding: {', '.join(['gzip'] * layers)}"))
    with pytest.raises(MalformedResponse, match="larger than 2,000,000 bytes"):
        ask(server, max_body_bytes=2_000_000)
    assert server.asked == 1


def test_a_bomb_is_unpacked_in_small_pieces():
    bomb = gzip.compress(b"0" * 50_000_000)
    response = httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx2.ByteStream(bomb))
    assert max(len(piece) for piece in response.iter_bytes()) <= 1 << 20  # so the cap stops it within 1 MiB


def test_numbers_json_does_not_have_are_no_numbers(serve):
    with pytest.raises(MalformedResponse, match="expected JSON"):
        ask(serve(http("200 OK", json.dumps({"close": float("nan")}).encode())))


KEY = "S3cr+t/Key"


@pytest.mark.parametrize("status", ["200 OK", "200 S3cr+t/Key", "302 Found", "500 Oops"])
@pytest.mark.parametrize("logger", ["", "httpx2", "httpcore2"])
def test_a_key_that_comes_back_in_a_header_is_in_no_log_at_any_level(serve, caplog, status, logger):
    server = serve(http(status, b"{}", f"Location: /?apikey={quote(KEY, safe='')}", f"X-Echo: {KEY}"))
    with (
        caplog.at_level(logging.DEBUG, logger=logger),
        HttpClient(attempts=1) as client,
        contextlib.suppress(SourceError),
    ):
        client.get("x", server.root, "/data", {"id": "X"}, secrets={"apikey": SecretStr(KEY)})
    assert server.asked == 1
    assert KEY not in caplog.text
    assert quote(KEY, safe="") not in caplog.text


@pytest.mark.parametrize(
    "body", [rb'"\ud800"', rb'{"\uDFFF": 1}', rb'["\ude00\ud83d"]'], ids=["first half", "second half", "turned round"]
)
def test_half_a_surrogate_pair_is_no_text(serve, body):
    with pytest.raises(MalformedResponse, match="expected JSON"):
        ask(serve(http("200 OK", body)))


def test_a_whole_surrogate_pair_is_a_character(serve):
    body = rb'{"said": "\ud83d\ude00 \\ud800"}'
    assert ask(serve(http("200 OK", body))).json() == {"said": "\U0001f600 \\ud800"}


def test_what_a_server_says_cannot_steer_the_terminal(serve):
    said = "\x1b[2J\x1b]0;pwned\x07 \u202eno\x9b".encode()
    with pytest.raises(RequestRefused) as caught:
        ask(serve(http("400 Bad Request", said)))
    assert "�[2J�]0;pwned� �no�" in str(caught.value)
