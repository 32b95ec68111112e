"""HttpClient: which failures are tried again, how long it waits, what it refuses, what it hides."""

from __future__ import annotations

import gzip
import logging
import socket

import httpx2
import pytest
from pydantic import SecretStr

import foretune
from foretune.errors import (
    AccessDenied,
    MalformedResponse,
    RateLimited,
    RequestRefused,
    SourceError,
    SourceUnavailable,
)
from foretune.origin import Origin
from foretune.sources.http import HttpClient

BASE = "https://provider.test"
OK = httpx2.Response(200, content=b"fine")


def ask(client: HttpClient, **options: object):
    return client.get("fred", BASE, "/data", {"id": "X"}, **options)


def test_the_body_comes_back_untouched_with_its_provenance(scripted):
    client, provider = scripted(httpx2.Response(200, content=b"\xff\x00raw"))

    response = ask(client)

    assert (response.provider, response.path, response.params) == ("fred", "/data", {"id": "X"})
    assert response.body == b"\xff\x00raw"
    assert response.origin is Origin.LIVE  # no label on the response
    assert response.fetched_at.utcoffset().total_seconds() == 0
    assert str(provider.requests[0].url) == "https://provider.test/data?id=X"
    assert provider.requests[0].headers["User-Agent"] == f"foretune/{foretune.__version__}"


@pytest.mark.parametrize("label", ["simulated", "recorded"])
def test_a_labelled_response_keeps_its_label(scripted, label):
    client, _ = scripted(httpx2.Response(200, headers={"X-Foretune-Origin": label}))
    assert ask(client).origin == label


def test_an_unknown_label_is_not_taken_for_live(scripted):
    client, _ = scripted(httpx2.Response(200, headers={"X-Foretune-Origin": "dreamt"}))
    with pytest.raises(MalformedResponse, match="dreamt"):
        ask(client)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (301, b"", RequestRefused),
        (400, b"bad series", RequestRefused),
        (404, b"<html>gone</html>", RequestRefused),
        (401, b"no", AccessDenied),
        (403, b"forbidden", AccessDenied),
        (403, b"error: configured to block access from your country", AccessDenied),
    ],
)
def test_refusals_are_not_tried_again(scripted, status, body, error):
    client, provider = scripted(httpx2.Response(status, content=body))

    with pytest.raises(error, match=rf"/data\?id=\w+: HTTP {status}"):
        ask(client)

    assert len(provider.requests) == 1


@pytest.mark.parametrize("failure", [httpx2.Response(503), httpx2.ConnectError("refused"), httpx2.ReadTimeout("slow")])
def test_what_may_work_later_is_tried_again_with_growing_waits(scripted, failure):
    client, provider = scripted(failure, failure, failure, OK)

    assert ask(client).body == b"fine"

    first, second, third = provider.sleeps
    # 0.5 s doubling, each with up to 0.5 s of jitter
    assert 0.5 <= first <= 1.0
    assert 1.0 <= second <= 1.5
    assert 2.0 <= third <= 2.5


def test_tries_are_counted_and_the_last_error_is_raised(scripted):
    client, provider = scripted(httpx2.Response(500, content=b"down"), attempts=3)

    with pytest.raises(SourceUnavailable, match=r"HTTP 500 \(down\)"):
        ask(client)

    assert len(provider.requests) == 3
    assert len(provider.sleeps) == 2


def test_retry_after_is_waited_for_exactly(scripted):
    client, provider = scripted(httpx2.Response(429, headers={"Retry-After": "7"}), OK)
    ask(client)
    assert provider.sleeps == [7.0]


def test_retry_after_as_a_date_that_has_passed_means_now(scripted):
    client, provider = scripted(httpx2.Response(429, headers={"Retry-After": "Thu, 01 Jan 2015 00:00:00 GMT"}), OK)
    ask(client)
    assert provider.sleeps[0] == 0.0  # what follows is the distance kept between requests


def test_an_unreadable_retry_after_falls_back_to_backing_off(scripted):
    client, provider = scripted(httpx2.Response(429, headers={"Retry-After": "soon"}), OK)
    ask(client)
    assert 0.5 <= provider.sleeps[0] <= 1.0


def test_a_wait_longer_than_the_cap_is_left_to_the_caller(scripted):
    client, provider = scripted(httpx2.Response(429, headers={"Retry-After": "3600"}))

    with pytest.raises(RateLimited) as caught:
        ask(client)

    assert caught.value.retry_after == 3600
    assert provider.sleeps == []


def test_a_shut_out_address_is_told_to_wait_ten_minutes(scripted):
    client, provider = scripted(httpx2.Response(403, content=b"403, access too frequent"))

    with pytest.raises(RateLimited) as caught:
        ask(client)

    assert caught.value.retry_after == 600
    assert len(provider.requests) == 1


def test_a_refusal_found_in_a_body_is_retried_by_the_same_rules(scripted):
    client, provider = scripted(httpx2.Response(200, content=b"busy"), OK)

    def check(response, headers):
        if response.body == b"busy":
            raise RateLimited("fred", "busy", 2.0)

    assert ask(client, check=check).body == b"fine"
    assert provider.sleeps == [2.0]


def test_requests_to_one_provider_keep_their_distance(scripted):
    client, provider = scripted(OK, min_interval_s={"fred": 0.5})
    for _ in range(3):
        ask(client)
    client.get("bybit", BASE, "/data", {})  # another provider has its own clock
    assert provider.sleeps == [0.5, 0.5]


def test_loopback_is_not_paced(scripted):
    client, provider = scripted(OK, min_interval_s={"fred": 0.5})
    for _ in range(3):
        client.get("fred", "http://127.0.0.1:9", "/data", {})
    assert provider.sleeps == []


def test_a_body_over_the_cap_is_refused(scripted):
    client, _ = scripted(httpx2.Response(200, content=b"0" * 1001), max_body_bytes=1000)
    with pytest.raises(MalformedResponse, match="larger than 1,000 bytes"):
        ask(client)


def test_the_cap_is_on_the_unpacked_size(scripted):
    packed = gzip.compress(b"0" * 1001)  # 35 bytes on the wire
    client, _ = scripted(
        lambda: httpx2.Response(200, content=packed, headers={"Content-Encoding": "gzip"}), max_body_bytes=1000
    )
    with pytest.raises(MalformedResponse, match="larger than 1,000 bytes"):
        ask(client)


@pytest.mark.parametrize("base", ["provider.test", "ftp://provider.test", "https://host:port", ""])
def test_an_endpoint_that_is_no_address_says_so_at_once(scripted, base):
    client, provider = scripted(OK)
    with pytest.raises(RequestRefused, match="endpoint settings"):
        client.get("fred", base, "/data", {})
    assert provider.sleeps == []


KEY = "S3cr+t/Key"


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(400, content=b"key S3cr+t/Key is unknown"),
        httpx2.Response(403, content=b"your key: s3cr+t/kEY"),
        httpx2.Response(500, content=b"x" * 195 + b"S3cr+t/Key"),
        httpx2.Response(302, headers={"Location": "/?apikey=S3cr%2Bt%2FKey"}, content=b"see /?apikey=S3cr%2Bt%2FKey"),
        httpx2.ConnectError("no route to https://provider.test/data?apikey=S3cr%2Bt%2FKey"),
    ],
)
def test_a_key_is_in_no_error_and_no_log(scripted, caplog, answer):
    client, provider = scripted(answer, attempts=2)

    with caplog.at_level(logging.DEBUG), pytest.raises(SourceError) as caught:
        ask(client, secrets={"apikey": SecretStr(KEY)})

    assert provider.requests[0].url.params["apikey"] == KEY  # it was sent
    shown = f"{caught.value} {caught.value.__cause__} {caplog.text}".lower()
    for form in (KEY, KEY[:5], "S3cr%2Bt%2FKey"):
        assert form.lower() not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_key_is_not_in_the_response_and_not_in_the_librarys_own_log(scripted, caplog):
    client, _ = scripted(OK)
    with caplog.at_level(logging.INFO, logger="httpx2"):
        response = ask(client, secrets={"apikey": SecretStr(KEY)})
    assert response.params == {"id": "X"}
    assert "S3cr" not in repr(response)
    assert "HTTP Request: GET https://provider.test/data" in caplog.text
    assert "S3cr" not in caplog.text


@pytest.mark.parametrize("base", ["http://me:pa55word@127.0.0.1:1", "ftp://me:pa55word@host", "http://me:pa55word@"])
def test_a_password_in_the_address_of_a_server_is_in_no_error_and_no_log(caplog, base):
    with caplog.at_level(logging.DEBUG), HttpClient(attempts=1) as client, pytest.raises(SourceError) as caught:
        client.get("bybit", base, "/", {})
    assert "pa55word" not in f"{caught.value} {caplog.text}"


def test_nobody_listening_is_unavailable():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with HttpClient(attempts=1) as client, pytest.raises(SourceUnavailable, match="check the connection"):
        client.get("bybit", f"http://127.0.0.1:{port}", "/", {})


def test_a_server_that_never_answers_is_left(monkeypatch):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        root = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with HttpClient(attempts=1, timeout_s=0.05) as client, pytest.raises(SourceUnavailable, match="ReadTimeout"):
            client.get("bybit", root, "/", {})


def test_a_proxy_of_the_environment_is_not_used_for_loopback(monkeypatch, sandbox):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with HttpClient(attempts=1) as client:
        assert client.get("bybit", sandbox.root, "/", {}).origin is Origin.SIMULATED
