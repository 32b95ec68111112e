"""Trouble on purpose: a share of a sandbox's answers is refused, damaged, late or cut off.

Which request fails is decided by a seed, its address and how often that was asked, so a run can
be repeated and a second try may succeed. No values are made here.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from pydantic import Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foretune.config import Config
from foretune.errors import ConfigError
from foretune.sandbox.wire.answer import Answer
from foretune.sandbox.wire.trouble import BANNED, HTML_PAGE, rate_limited, server_error

_ENVELOPES: Final = ("Meta Data", "query_details", "retExtInfo", "status")
_UNFINISHED: Final = "ASGI callable returned without completing response."


class Fault(StrEnum):
    """One way in which an answer goes wrong."""

    RATE_LIMITED = "rate-limited"
    """asked too often, in the provider's words"""
    BANNED = "banned"
    """Bybit's ten-minute ban; elsewhere the same as rate-limited"""
    SERVER_ERROR = "server-error"
    """the provider's own trouble"""
    HTML = "html"
    """a web page with status 200 where data were asked for"""
    TRUNCATED = "truncated"
    """half of the body, complete as far as HTTP can tell"""
    EMPTY_FIELDS = "empty-fields"
    """every row keeps its first cell and loses the others"""
    SLOW = "slow"
    """the second half of the body comes late"""
    RESET = "reset"
    """the connection ends in the middle of the body"""


PASSING: Final = (Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.SLOW, Fault.RESET)
"""What a client that tries again gets over; the others have to be noticed and reported."""


class FaultPlan(Config):
    """Which requests fail, and how.

    The first `first` requests of every address fail, the `kinds` taking turns; each later one
    fails with probability `rate`. `slow_s` is how long a slow body pauses, `retry_after_s` the wait
    that a rate limit asks for.

    >>> plan = FaultPlan(kinds=(Fault.RESET,), rate=0.0, first=1)
    >>> plan.fault("/bybit/v5/market/time", 0), plan.fault("/bybit/v5/market/time", 1)
    (<Fault.RESET: 'reset'>, None)
    """

    kinds: tuple[Fault, ...] = Field(tuple(Fault), min_length=1)
    rate: float = Field(0.2, ge=0, le=1)
    seed: int = 0
    first: int = Field(0, ge=0)
    slow_s: float = Field(2.0, gt=0, le=60)
    retry_after_s: int = Field(1, ge=0, le=600)

    def fault(self, address: str, nth: int) -> Fault | None:
        """What happens to the `nth` (from 0) request of `address` (path and query), None for nothing."""
        if nth < self.first:
            return self.kinds[nth % len(self.kinds)]
        drawn = hashlib.blake2b(f"{self.seed} {nth} {address}".encode(), digest_size=16).digest()
        if int.from_bytes(drawn[:8], "big") >= self.rate * 2**64:
            return None
        return self.kinds[int.from_bytes(drawn[8:], "big") % len(self.kinds)]


def kinds_named(text: str) -> tuple[Fault, ...]:
    """`all`, `passing`, or kinds with commas between them.

    Raises:
        ConfigError: a name that is no kind.

    >>> kinds_named("html, reset")
    (<Fault.HTML: 'html'>, <Fault.RESET: 'reset'>)
    """
    if text.strip() == "all":
        return tuple(Fault)
    if text.strip() == "passing":
        return PASSING
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = [fault.value for fault in Fault]
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        said = f"'{wrong[0]}' is no fault" if wrong else "no fault is named"
        raise ConfigError(f"{said}; write all, passing, or some of {', '.join(known)} with commas between them")
    return tuple(Fault(name) for name in names)


class FaultyApp:
    """An ASGI application around `app` whose answers go wrong by `plan`.

    The table of contents at `/` never fails. `labels` are the headers that every answer carries.
    """

    def __init__(self, app: ASGIApp, plan: FaultPlan, labels: dict[str, str]) -> None:
        self._app = app
        self._plan = plan
        self._labels = labels
        self._asked: Counter[str] = Counter()
        if Fault.RESET in plan.kinds:
            # the server reports a body without its end as an error of ours; here it is the order of the day
            logging.getLogger("uvicorn.error").addFilter(_meant)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._next(scope)
        if fault is None:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(fault, scope["path"].split("/")[1])
        if refusal is not None:
            await _send(send, _head(refusal, self._labels), refusal.body)
            return
        head, body = await self._answered(scope, receive)
        await self._damaged(fault, head, body, send)

    def _next(self, scope: Scope) -> Fault | None:
        if scope["type"] != "http" or scope["path"] == "/":
            return None
        address = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
        nth = self._asked[address]
        self._asked[address] += 1
        return self._plan.fault(address, nth)

    def _refusal(self, fault: Fault, provider: str) -> Answer | None:
        """What is said in place of the answer, None where the answer itself is damaged."""
        clock_ms = time.time_ns() // 1_000_000
        if fault is Fault.BANNED and provider == "bybit":
            return BANNED
        if fault in (Fault.RATE_LIMITED, Fault.BANNED):
            return rate_limited(provider, clock_ms, self._plan.retry_after_s)
        if fault is Fault.SERVER_ERROR:
            return server_error(provider, clock_ms)
        return HTML_PAGE if fault is Fault.HTML else None

    async def _answered(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """The undamaged answer, held back."""
        head: Message = {}
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, keep)
        return head, b"".join(parts)

    async def _damaged(self, fault: Fault, head: Message, body: bytes, send: Send) -> None:
        half = len(body) // 2
        if fault is Fault.TRUNCATED:
            await _send(send, head, body[:half])
            return
        if fault is Fault.EMPTY_FIELDS:
            await _send(send, head, _emptied(body))
            return
        await send(head)
        await send({"type": "http.response.body", "body": body[:half], "more_body": True})
        if fault is Fault.RESET:
            return  # an unfinished answer: the server closes the connection
        await asyncio.sleep(self._plan.slow_s)
        await send({"type": "http.response.body", "body": body[half:]})


async def _send(send: Send, head: Message, body: bytes) -> None:
    """Sends an answer whose length may not be the one that `head` was made for."""
    kept = [(name, value) for name, value in head["headers"] if name != b"content-length"]
    await send({**head, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


def _head(answer: Answer, labels: dict[str, str]) -> Message:
    headers = {"content-type": answer.media_type, **answer.headers, **labels}
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": answer.status, "headers": encoded}


def _emptied(body: bytes) -> bytes:
    """JSON or CSV whose rows keep their first cell only.

    >>> _emptied(b'{"retCode":0,"result":{"list":[["1704067200000","42000.1"]]}}')
    b'{"retCode":0,"result":{"list":[["1704067200000",""]]}}'
    >>> _emptied(b"date,value\\n2024-01-02,4.1\\n")
    b'date,value\\n2024-01-02,\\n'
    """
    try:
        content = json.loads(body)
    except ValueError:
        head, *rows = body.decode().split("\n")
        return "\n".join([head, *(_first_cell(row) for row in rows)]).encode()
    return json.dumps(_without_cells(content, depth=0), separators=(",", ":")).encode()


def _first_cell(row: str) -> str:
    first, *others = row.split(",")
    return ",".join([first, *[""] * len(others)])


def _without_cells(value: Any, depth: int) -> Any:
    """A row is a list or an object of plain values inside a list, or two levels down."""
    if isinstance(value, dict):
        if depth >= 2 and _is_row(list(value.values())):
            return dict(zip(value, _blank(list(value.values())), strict=True))
        return {key: item if key in _ENVELOPES else _without_cells(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return _blank(value) if depth >= 2 and _is_row(value) else [_without_cells(each, depth + 1) for each in value]
    return value


def _is_row(cells: Sequence[Any]) -> bool:
    return bool(cells) and not any(isinstance(cell, dict | list) for cell in cells)


def _blank(cells: Sequence[Any]) -> list[Any]:
    """Text becomes empty, anything else null."""
    return [cells[0], *("" if isinstance(cell, str) else None for cell in cells[1:])]


def _meant(record: logging.LogRecord) -> bool:
    return record.getMessage() != _UNFINISHED
