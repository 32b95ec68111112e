"""Secrets leave text in every form they can take in it."""

from __future__ import annotations

import logging

import httpx2
import pytest
from pydantic import SecretStr

from foretune.sources.redaction import WithoutQuery, redact, without_login


@pytest.mark.parametrize("text", ["a+b/c", "A+B/C", "a%2Bb%2Fc", "a%2bb%2fc"])
def test_any_spelling_of_a_secret_is_masked(text):
    assert redact(f"key={text}!", [SecretStr("a+b/c")]) == "key=***!"


def test_an_empty_secret_changes_nothing():
    assert redact("text", [SecretStr("")]) == "text"


def test_a_logged_address_loses_its_query_and_keeps_the_rest():
    url = httpx2.URL("https://host/path?apikey=abc")
    record = logging.LogRecord("httpx2", logging.INFO, "f", 1, "GET %s %d", (url, 200), None)
    assert WithoutQuery().filter(record)
    assert record.getMessage() == "GET https://host/path 200"


def test_a_logged_address_loses_its_login_too():
    url = httpx2.URL("http://me:secret@host/path")
    record = logging.LogRecord("httpx2", logging.INFO, "f", 1, "GET %s %d", (url, 200), None)
    assert WithoutQuery().filter(record)
    assert record.getMessage() == "GET http://host/path 200"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://me:secret@host:1/x", "http://host:1/x"),
        ("https://me@host", "https://host"),
        ("http://me:se@cret@host/", "http://host/"),
        ("http:me:secret@host", "http:host"),
        ("http://host/a@b", "http://host/a@b"),  # not a login
        ("http://host?a@b", "http://host?a@b"),
        ("", ""),
    ],
)
def test_a_login_is_cut_out_of_an_address(address, shown):
    assert without_login(address) == shown
