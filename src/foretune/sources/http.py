"""The one HTTP client: time-outs, retries, pacing, size cap, archive, and secrets that stay secret.

It knows status codes and nothing of what a body means; a source passes `check` for refusals that
a provider hides in a body with status 200, so that those are retried by the same rules.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Literal, Self

import httpx2
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

import foretune
from foretune.errors import (
    AccessDenied,
    ConfigError,
    MalformedResponse,
    NotArchived,
    RateLimited,
    RequestRefused,
    SourceError,
    SourceUnavailable,
)
from foretune.origin import Origin
from foretune.sources.archive import ResponseArchive, described
from foretune.sources.excerpt import excerpt
from foretune.sources.redaction import hide_addresses, redact, redact_body, without_login
from foretune.sources.response import RawResponse

ORIGIN_HEADER: Final = "X-Foretune-Origin"
MAX_BODY_BYTES: Final = 64 * 1024 * 1024
MIN_INTERVAL_S: Final[Mapping[str, float]] = {
    "bybit": 0.02,  # documented: 600 requests per 5 s and address
    "fred": 0.5,  # about 120 a minute
    "alternative_me": 1.0,  # 60 a minute
    "alphavantage": 1.1,  # 1 a second on a free key
    "fred_api": 0.5,  # about 120 a minute
    "coingecko": 4.0,  # keyless and per address, 5 to 15 a minute were seen
    "gdelt": 5.5,  # one every 5 seconds
}
BYBIT_BAN_S: Final = 600.0  # "access too frequent": the address is shut out for ten minutes
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

Check = Callable[[RawResponse, Mapping[str, str]], None]
"""Raises the SourceError a 200 body stands for; gets the response and its headers."""

ArchiveMode = Literal["record", "reuse", "replay"]
"""`record`: ask, and keep the answer. `reuse`: take what is kept, else ask and keep. `replay`: never ask."""

Refusal = Callable[[int, str, float | None], SourceError | None]
"""The error that a status other than 2xx stands for at this provider, None for the usual one.

Gets the status, the body's text without secrets, and the seconds that `Retry-After` asks for.
"""

_log = logging.getLogger(__name__)
hide_addresses()


class HttpClient:
    """GET with the manners each provider asks for. A context manager; safe to share by threads.

    A request is tried up to `attempts` times on `SourceUnavailable` and `RateLimited`. Between
    tries it waits what the provider asks for, else 0.5 s doubling with jitter; a provider that
    asks for more than `max_wait_s` is not waited for. `timeout_s` bounds each network operation,
    `total_s` a request until its body is complete; headers that come byte by byte are bounded by
    the library's cap on their size (100 kB), which knows no clock. Loopback addresses are not paced
    and never go through a proxy.

    With an `archive`, `mode` says whether it is read, written or both, and `reuse_after` keeps
    `reuse` from answers fetched before that moment: a killed run goes on with its own. Only answers
    that passed `check` are kept. A kept answer has the origin and `fetched_at` of the day it came,
    also when it is replayed: the label says where a value came from, not how it got here today.

    `sleep`, `clock` (monotonic seconds) and `transport` exist for tests.
    """

    def __init__(
        self,
        *,
        attempts: int = 5,
        timeout_s: float = 20.0,
        total_s: float = 120.0,
        max_wait_s: float = 60.0,
        max_body_bytes: int = MAX_BODY_BYTES,
        min_interval_s: Mapping[str, float] = MIN_INTERVAL_S,
        archive: ResponseArchive | None = None,
        mode: ArchiveMode = "record",
        reuse_after: datetime | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        if archive is None and mode != "record":
            raise ConfigError(f"mode '{mode}' takes answers from an archive, and none is given; name its folder")
        self._archive = archive
        self._mode = mode
        self._reuse_after = reuse_after
        self._total_s = total_s
        self._max_wait_s = max_wait_s
        self._max_body_bytes = max_body_bytes
        self._min_interval_s = min_interval_s
        self._sleep = sleep
        self._clock = clock
        self._next_at: dict[str, float] = {}
        self._pacing = threading.Lock()
        self._backoff = wait_exponential(multiplier=0.5, max=20.0) + wait_random(0.0, 0.5)
        self._retrying = Retrying(
            stop=stop_after_attempt(attempts),
            wait=self._wait,
            retry=retry_if_exception(self._worth_another_try),
            sleep=sleep,
            reraise=True,
        )
        direct = {} if transport is not None else {f"all://{host}": httpx2.HTTPTransport() for host in _LOOPBACK[:2]}
        self._client = httpx2.Client(
            timeout=timeout_s,
            headers={"User-Agent": f"foretune/{foretune.__version__}"},
            transport=transport,
            mounts=direct,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def replaying(self) -> bool:
        """Whether every answer comes from the archive: no key is needed then."""
        return self._mode == "replay"

    def close(self) -> None:
        """Close every connection; the client cannot be used afterwards."""
        self._client.close()

    def get(
        self,
        provider: str,
        base: str,
        path: str,
        params: Mapping[str, str],
        *,
        secrets: Mapping[str, SecretStr] | None = None,
        secret_headers: Mapping[str, SecretStr] | None = None,
        check: Check | None = None,
        refusal: Refusal | None = None,
    ) -> RawResponse:
        """GET `base` + `path`; `secrets` are sent as parameters and appear nowhere else, no more than
        `secret_headers`, which are sent as headers.

        Raises:
            SourceUnavailable: no connection, time-out or 5xx, on every try.
            RateLimited: 429 on every try, or a wait longer than `max_wait_s` was asked for.
            AccessDenied: 401, 403, or this address's country is blocked.
            RequestRefused: another 4xx, or a redirect.
            MalformedResponse: the body is larger than the cap, or its file in the archive is damaged.
            NotArchived: replaying, and the archive does not hold the answer.
            DataError: the answer has another origin than those in the archive.
        """
        kept = self._kept(provider, path, params, check)
        if kept is not None:
            return kept
        return self._retrying(
            self._attempt, provider, base, path, params, secrets or {}, secret_headers or {}, check, refusal
        )

    def _kept(self, provider: str, path: str, params: Mapping[str, str], check: Check | None) -> RawResponse | None:
        if self._archive is None or self._mode == "record":
            return None
        found = self._archive.get(provider, path, params)
        if self._mode == "replay" and found is None:
            raise NotArchived(
                provider,
                f"{described(path, params)}: the archive {self._archive.folder} does not hold the answer, and "
                "offline the network is never asked; run once without --offline to record what is missing",
            )
        if found is None:
            return None
        if self._mode == "reuse" and self._reuse_after is not None and found.response.fetched_at < self._reuse_after:
            return None
        if check is not None:  # it may have grown stricter since the answer was kept
            check(found.response, httpx2.Headers(dict(found.headers)))
        return found.response

    def _attempt(
        self,
        provider: str,
        base: str,
        path: str,
        params: Mapping[str, str],
        secrets: Mapping[str, SecretStr],
        secret_headers: Mapping[str, SecretStr],
        check: Check | None,
        refusal: Refusal | None,
    ) -> RawResponse:
        hidden = [*secrets.values(), *secret_headers.values()]
        headers = {name: value.get_secret_value() for name, value in secret_headers.items()}
        query = {**params, **{name: value.get_secret_value() for name, value in secrets.items()}}
        try:
            request = self._client.build_request("GET", base + path, params=query, headers=headers)
        except httpx2.InvalidURL:
            raise _no_address(provider, base) from None
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise _no_address(provider, base)
        if request.url.host not in _LOOPBACK:
            self._pace(provider)
        began = self._clock()
        try:
            response = self._client.send(request, stream=True)
            try:
                body = self._body(response, provider, path, began)
            finally:
                response.close()
        except httpx2.RequestError as exc:
            # the library's error holds the whole address, key included: its name is all we pass on
            why = excerpt(redact(f"{type(exc).__name__} {exc}".strip(), hidden))
            asked = f"{without_login(base)}{path}"
            raise SourceUnavailable(provider, f"{asked} gave no answer ({why}); check the connection") from None
        _raise_for_status(provider, described(path, params), response, body, hidden, refusal)
        raw = RawResponse(
            provider=provider,
            path=path,
            params=dict(params),
            body=redact_body(body, hidden),
            fetched_at=datetime.now(UTC),
            origin=_origin(provider, response.headers.get(ORIGIN_HEADER)),
        )
        if check is not None:
            check(raw, response.headers)
        if self._archive is not None:
            self._archive.put(raw, response.headers)
        return raw

    def _body(self, response: httpx2.Response, provider: str, path: str, began: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._max_body_bytes:
                raise MalformedResponse(provider, f"{path}: the body is larger than {self._max_body_bytes:,} bytes")
            if self._clock() - began > self._total_s:
                raise SourceUnavailable(provider, f"{path}: the body was not complete after {self._total_s:g} s")
        return bytes(body)

    def _pace(self, provider: str) -> None:
        """Wait for this provider's turn; turns are handed out in order, also between threads."""
        interval = self._min_interval_s.get(provider, 0.0)
        with self._pacing:
            now = self._clock()
            turn = max(now, self._next_at.get(provider, now))
            self._next_at[provider] = turn + interval
        if turn > now:
            self._sleep(turn - now)

    def _worth_another_try(self, error: BaseException) -> bool:
        if isinstance(error, RateLimited):
            return error.retry_after is None or error.retry_after <= self._max_wait_s
        return isinstance(error, SourceUnavailable)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        asked = error.retry_after if isinstance(error, RateLimited) else None
        seconds = self._backoff(state) if asked is None else asked
        _log.info("try %d failed (%s); next in %.1f s", state.attempt_number, error, seconds)
        return seconds


def _no_address(provider: str, base: str) -> RequestRefused:
    return RequestRefused(provider, f"'{without_login(base)}' is not an http(s) address; check the endpoint settings")


def _origin(provider: str, label: str | None) -> Origin:
    if label is None:
        return Origin.LIVE
    try:
        return Origin(label)
    except ValueError:
        raise MalformedResponse(provider, f"header {ORIGIN_HEADER} says {label[:40]!r}, which is no origin") from None


def _raise_for_status(
    provider: str,
    asked: str,
    response: httpx2.Response,
    body: bytes,
    hidden: Sequence[SecretStr],
    refusal: Refusal | None,
) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    # decoded and redacted before it is cut: a cut through a key would leave half of it standing
    said = redact(body.decode("utf-8", "replace"), hidden)
    retry_after = _retry_after(response.headers.get("Retry-After"))
    special = refusal(status, said, retry_after) if refusal is not None else None
    if special is not None:
        raise special
    found = f"{asked}: HTTP {status} ({excerpt(said)})"
    raise _refusal(provider, status, found, said, retry_after)


def _refusal(provider: str, status: int, found: str, said: str, retry_after: float | None) -> SourceError:
    if status == 429:
        return RateLimited(provider, found, retry_after)
    if status == 403 and "access too frequent" in said:
        return RateLimited(provider, found, retry_after or BYBIT_BAN_S)
    if status == 403 and "block access from your country" in said:
        return AccessDenied(provider, f"{found}; the provider does not serve this country, use another endpoint")
    if status in (401, 403):
        return AccessDenied(provider, f"{found}; check the key")
    if status == 408 or status >= 500:
        return SourceUnavailable(provider, found)
    if 300 <= status < 400:
        return RequestRefused(provider, f"{found}; redirects are not followed, check the endpoint settings")
    return RequestRefused(provider, found)


def _retry_after(value: str | None) -> float | None:
    """Seconds from a `Retry-After` header: a number, or a date against this machine's clock."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
