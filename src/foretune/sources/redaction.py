"""Takes secrets out of text before it reaches a message, a log or a file. It knows no provider.

The leaks that are closed here: a key echoed by a provider in its refusal or its answer, the HTTP
library's own log lines, which carry the whole address and, when they debug, every header of an
answer, and a login written into the address of a server.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

import httpx2
from pydantic import SecretStr

MASK = "***"
_LOGIN: Final = re.compile(r"^(\s*[a-zA-Z][a-zA-Z0-9+.-]*:/*)[^/?#]*@")

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


def without_login(address: str) -> str:
    """`address` without the `user:password@` that may stand in it; whatever is no address stays as it is.

    >>> without_login("http://me:secret@127.0.0.1:8000/x"), without_login("me at home")
    ('http://127.0.0.1:8000/x', 'me at home')
    """
    return _LOGIN.sub(r"\1", address)


def hide_addresses() -> None:
    """Let no log line of the HTTP libraries show a query or a header, whichever level is asked for; once is enough."""
    logging.getLogger("httpx2").addFilter(_WITHOUT_QUERY)
    for part in ("connection", "http11", "http2", "proxy", "socks"):
        logging.getLogger(f"httpcore2.{part}").addFilter(_no_details)


class WithoutQuery(logging.Filter):
    """Cuts query and login off every address in a log record, and keeps only the code of a status line."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_plain(arg) for arg in record.args)
            if record.msg == _REQUEST_LINE and len(record.args) == 5:
                record.args = (*record.args[:4], "")  # the reason is the server's own words
        return True


_REQUEST_LINE: Final = 'HTTP Request: %s %s "%s %d %s"'
_WITHOUT_QUERY: Final = WithoutQuery()


def _no_details(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _plain(arg: object) -> object:
    return arg.copy_with(query=None, userinfo=b"") if isinstance(arg, httpx2.URL) else arg
