"""Every error Foretune raises on purpose, in one tree.

A message says what was tried, what was found, and what to do about it. Anything that is
not one of these is a bug of ours and keeps its traceback.

    ForetuneError
    ├── ConfigError               a file or flag cannot be used as written
    ├── MissingExtra              the command needs an optional dependency group
    ├── SourceError               a provider did not give what was asked for
    │   ├── SourceUnavailable     no connection, time-out, 5xx: worth another try
    │   ├── RateLimited           asked too often; carries `retry_after`
    │   ├── AccessDenied          key missing or refused, region blocked
    │   ├── RequestRefused        the provider understood and says no (unknown symbol …)
    │   ├── MalformedResponse     the body is not what the provider documents
    │   └── NotArchived           offline, and the archive of responses does not hold the answer
    ├── DataError                 facts that cannot be true, or are not there
    │   ├── EmptyData             nothing left to work on
    │   ├── LeakageError          a row knows something it could not have known
    │   └── GateFailed            a dataset misses a quality that its pipeline demands
    ├── AnswerError               text that cannot be turned into a checked answer
    │   └── UnknownSlot           a slot the context has no value for
    ├── TuningError               training cannot start or go on
    │   └── StopTokenNotTrained   the stop token is not part of the loss
    └── ForecastError             no distribution can be made from what is there
"""

from __future__ import annotations


class ForetuneError(Exception):
    """Root of the tree: `except ForetuneError` catches every expected failure."""


class ConfigError(ForetuneError):
    """A file, field or flag cannot be used as written."""


class MissingExtra(ForetuneError):
    """The command needs packages of an optional dependency group."""

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(f"{what} needs the '{extra}' extra: pip install 'foretune[{extra}]'")
        self.extra = extra


class SourceError(ForetuneError):
    """A provider did not give what was asked for."""

    def __init__(self, provider: str, message: str) -> None:
        super().__init__(f"{provider}: {message}")
        self.provider = provider


class SourceUnavailable(SourceError):
    """No connection, a time-out or a 5xx: the same request may work later."""


class RateLimited(SourceError):
    """Asked too often. `retry_after` is in seconds, None where the provider gives no hint."""

    def __init__(self, provider: str, message: str, retry_after: float | None = None) -> None:
        hint = "" if retry_after is None else f" (wait {retry_after:g} s)"
        super().__init__(provider, message + hint)
        self.retry_after = retry_after


class AccessDenied(SourceError):
    """The key is missing or refused, or this address may not ask."""


class RequestRefused(SourceError):
    """The provider understood the request and says no; asking again will not help."""


class MalformedResponse(SourceError):
    """The body is not what the provider documents."""


class NotArchived(SourceError):
    """The network may not be used and the archive of responses does not hold the answer."""


class DataError(ForetuneError):
    """Facts that cannot be true, contradict each other, or are not there."""


class EmptyData(DataError):
    """Nothing is left to work on; the message says which step removed it."""


class LeakageError(DataError):
    """A row knows something that could not have been known at its decision time."""


class GateFailed(DataError):
    """The dataset misses a quality that its pipeline demands; the message names every such gate."""


class AnswerError(ForetuneError):
    """Text that cannot be turned into a checked answer."""


class UnknownSlot(AnswerError):
    """An answer names a slot for which its context has no value."""


class TuningError(ForetuneError):
    """Training cannot start or cannot go on."""


class StopTokenNotTrained(TuningError):
    """The stop token is not part of the loss: the model would never learn to stop."""


class ForecastError(ForetuneError):
    """No distribution can be made from what is there."""
