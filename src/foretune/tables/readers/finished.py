"""Which rows were over when they were fetched, and whether rows are as far apart as they should be. Reads no format."""

from __future__ import annotations

from datetime import datetime, timedelta

import dataframely as dy
import polars as pl

from foretune.errors import ConfigError
from foretune.tables.schemas import Validated, rejected_frame, validate

_FEWEST = 3
"""Fewer rows say nothing about the usual step between two."""


def validate_finished(
    schema: type[dy.Schema], frame: pl.DataFrame, fetched_at: datetime, *, reason: str = "unfinished candle"
) -> Validated:
    """`validate`, after rows whose `known_at` lies after the fetch are turned away for `reason`.

    A file that is written while its last day still runs has a row of that day, and its close is no
    close. A row without `known_at` is left to `validate`, which names what it lacks.
    """
    running = (pl.col("known_at") > pl.lit(fetched_at)).fill_null(value=False)
    table = schema.__name__.lower()
    unfinished = frame.filter(running)["raw"].to_list()
    found = validate(schema, frame.filter(~running))
    turned_away = rejected_frame(table, unfinished, [reason] * len(unfinished))
    return Validated(found.rows, pl.concat([found.rejected, turned_away]))


def refuse_other_steps(times: pl.Series, wanted: timedelta, *, where: str, mend: str) -> None:
    """Raise ConfigError if the usual step between `times` is not about `wanted`.

    About is from half of it to five times: weekends and holidays leave the median of daily rows at
    a day, and hourly, weekly and monthly ones are far from it. Fewer than three times pass.
    """
    stamps = times.drop_nulls().unique().sort()
    if len(stamps) < _FEWEST:
        return
    step = stamps.diff().drop_nulls().median()
    if isinstance(step, timedelta) and not wanted / 2 <= step <= wanted * 5:
        raise ConfigError(
            f"{where}: rows are {_words(step)} apart (the median step), and {_words(wanted)} is what they are "
            f"taken for; {mend}"
        )


def _words(span: timedelta) -> str:
    """A span in its largest unit.

    >>> _words(timedelta(hours=1)), _words(timedelta(days=7)), _words(timedelta(minutes=90))
    ('1 hour', '7 days', '1.5 hours')
    """
    minutes = span / timedelta(minutes=1)
    for unit, size in (("day", 1440), ("hour", 60)):
        if minutes >= size:
            return _counted(minutes / size, unit)
    return _counted(minutes, "minute")


def _counted(number: float, unit: str) -> str:
    return f"{number:g} {unit}{'' if number == 1 else 's'}"
