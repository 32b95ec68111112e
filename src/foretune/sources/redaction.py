"""Takes secrets out of text before it reaches a message or a log. It knows no provider.

Two leaks are closed here: a key echoed by a provider in its refusal, and the HTTP library's own
log line, which carries the whole address including the query.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

import httpx2
from pydantic import SecretStr

MASK = "***"


def redact(text: str, secrets: Iterable[SecretStr]) -> str:
    """`text` with every secret masked, also where it is URL-encoded or in another case.

    >>> redact("We have detected your API key as ab/CD", [SecretStr("AB/cd")])
    'We have detected your API key as ***'
    """
    for secret in secrets:
        value = secret.get_secret_value()
        for form in {value, quote(value, safe=""), quote_plus(value)} - {""}:
            text = re.sub(re.escape(form), MASK, text, flags=re.IGNORECASE)
    return text


class WithoutQuery(logging.Filter):
    """Cuts the query off every address in a log record; installed on the HTTP library's logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_plain(arg) for arg in record.args)
        return True


def _plain(arg: object) -> object:
    return arg.copy_with(query=None) if isinstance(arg, httpx2.URL) else arg
