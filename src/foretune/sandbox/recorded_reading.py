"""Times in recorded files, read one way everywhere. No values, and nothing about what `now` hides."""

from __future__ import annotations

import itertools
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from foretune.errors import ConfigError
from foretune.sandbox.market import Bar, ChartPoint, Funding, epoch_ms

TimedT = TypeVar("TimedT", Bar, Funding, ChartPoint)


def instant(path: Path, text: str, utc_offset: str | None = None) -> int:
    """Milliseconds of a file's time; without a zone it is UTC, or `utc_offset` (as `+03:00`).

    Raises:
        ConfigError: `text` is not an ISO time; a trailing ` UTC` is understood.

    >>> instant(Path("a.csv"), "2024-03-10 00:00:00 UTC") == instant(Path("a.csv"), "2024-03-10 03:00", "+03:00")
    True
    """
    try:
        at = datetime.fromisoformat(f"{text.removesuffix(' UTC')}+00:00" if text.endswith(" UTC") else text)
        if at.tzinfo is None:
            at = datetime.fromisoformat(f"{at.isoformat()}{utc_offset or '+00:00'}")
    except ValueError:
        raise ConfigError(f"{path}: {text!r} is not a time") from None
    return epoch_ms(at)


def day_of(path: Path, text: str) -> date:
    """The date that a file's time begins with, as `2024-03-10 …` or `20240310`.

    Raises:
        ConfigError: there is none.
    """
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ConfigError(f"{path}: {text!r} is not a date") from None


def ascending(rows: tuple[TimedT, ...], file: str) -> tuple[TimedT, ...]:
    """`rows`, after a check that their times ascend strictly: bisection and paging need that.

    Raises:
        ConfigError: a time repeats or goes back.
    """
    for earlier, later in itertools.pairwise(rows):
        if later.time_ms <= earlier.time_ms:
            raise ConfigError(f"{file}: times must ascend, {later.time_ms} follows {earlier.time_ms}")
    return rows
