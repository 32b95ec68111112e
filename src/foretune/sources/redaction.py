"""Takes secrets out of text before it reaches a message, a log or a file. It knows no provider.

Three leaks are closed here: a key echoed by a provider in its refusal or its answer, and the HTTP
library's own log line, which carries the whole address including the query.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

import httpx2
from pydantic import SecretStr

MASK = "***"

SHORTEST_IN_BODY = 8
"""Shorter keys (Alpha Vantage's `demo`) are no secret, and may be a part of honest words."""


def redact(text: str, secrets: Iterable[SecretStr]) -> str:
    """`text` with every secret masked, also where it is URL-encoded or in another case.

    >>> redact("We have detected your API key as ab/CD", [SecretStr("AB/cd")])
    'We have detected your API key as ***'
    """
    for secret in secrets:
        value = secret.get_secret_value()
        for form in _forms(value):
            text = re.sub(re.escape(form), MASK, text, flags=re.IGNORECASE)
    return text


def redact_body(body: bytes, secrets: Iterable[SecretStr]) -> bytes:
    """`body` with every secret of at least `SHORTEST_IN_BODY` characters masked; other bytes stay as they are.

    >>> redact_body(b'{"url": "/?key=0123456789abcdef"}', [SecretStr("0123456789abcdef")])
    b'{"url": "/?key=***"}'
    """
    for secret in secrets:
        value = secret.get_secret_value()
        for form in _forms(value) if len(value) >= SHORTEST_IN_BODY else ():
            body = re.sub(re.escape(form.encode()), MASK.encode(), body, flags=re.IGNORECASE)
    return body


def _forms(value: str) -> list[str]:
    """How a secret may be written: as it is, URL-encoded, or inside a JSON string; the longest first."""
    in_json = json.dumps(value)[1:-1]
    forms = {value, quote(value, safe=""), quote_plus(value), in_json, in_json.replace("/", "\\/")}
    return sorted(forms - {""}, key=lambda form: (-len(form), form))


class WithoutQuery(logging.Filter):
    """Cuts the query off every address in a log record; installed on the HTTP library's logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_plain(arg) for arg in record.args)
        return True


def _plain(arg: object) -> object:
    return arg.copy_with(query=None) if isinstance(arg, httpx2.URL) else arg
