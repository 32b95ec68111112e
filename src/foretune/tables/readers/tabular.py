"""CSV and Parquet bytes into frames, and their time columns into UTC. What a column means is said elsewhere."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterable, Mapping

import polars as pl

from foretune.errors import ConfigError, MalformedResponse
from foretune.sources.response import RawResponse

_PARQUET = b"PAR1"
_EPOCH_MS = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973
_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m")


def read_table(response: RawResponse) -> pl.DataFrame:
    """The body as a frame: Parquet keeps its types, CSV (with a header) is all text.

    Raises:
        MalformedResponse: neither of the two.
    """
    try:
        if response.body.startswith(_PARQUET):
            return pl.read_parquet(io.BytesIO(response.body))
        text = response.text().removeprefix("\ufeff")
        return pl.read_csv(io.BytesIO(text.encode()), infer_schema=False, truncate_ragged_lines=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as exc:
        raise MalformedResponse(
            response.provider, f"{response.path}: neither a CSV table with a header nor Parquet ({exc})"
        ) from exc


def pick(frame: pl.DataFrame, columns: Mapping[str, str], *, where: str) -> pl.DataFrame:
    """The columns named by the values of `columns`, under the names of its keys, and `raw`, the row as text.

    Raises:
        ConfigError: a column is not there; the message names it and the nearest that is.
    """
    missing = {wanted: name for wanted, name in columns.items() if name not in frame.columns}
    if missing:
        wanted, name = next(iter(missing.items()))
        raise ConfigError(f"{where}: no column '{name}' for {wanted}{closest(name, frame.columns)}")
    named = [pl.col(name).alias(wanted) for wanted, name in columns.items()]
    texts = [pl.col(name).cast(pl.String, strict=False).fill_null("") for name in dict.fromkeys(columns.values())]
    return frame.select(*named, pl.concat_str(texts, separator=",").alias("_raw")).rename({"_raw": "raw"})


def utc(frame: pl.DataFrame, column: str) -> pl.Expr:
    """`column` of `frame` as UTC microseconds; null where it is no time.

    Takes dates, date-times (without a zone they are UTC; with `Z`, `UTC` or an offset they are
    converted) and Unix seconds or milliseconds, as numbers or text.
    """
    kind = frame.schema[column]
    if kind == pl.Date or (isinstance(kind, pl.Datetime) and kind.time_zone is None):
        return pl.col(column).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(kind, pl.Datetime):
        return pl.col(column).cast(pl.Datetime("us", kind.time_zone)).dt.convert_time_zone("UTC")
    text = _text(column)
    zoned = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)
    return pl.coalesce(_epoch(text), zoned, *_unzoned(text))


def wall(frame: pl.DataFrame, column: str) -> pl.Expr:
    """`column` of `frame` as its own clock shows it, without a zone: 00:00-05:00 is midnight.

    Takes what `utc` takes; what is no time there need not be null here.
    """
    kind = frame.schema[column]
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        naive = pl.col(column) if kind == pl.Date else pl.col(column).dt.replace_time_zone(None)
        return naive.cast(pl.Datetime("us"))
    text = _text(column).str.replace(r"(:\d{2}(?:\.\d+)?)\s*[+-]\d{2}:?\d{2}$", "${1}")
    return pl.coalesce(_epoch(text), *_unzoned(text)).dt.replace_time_zone(None)


def number(column: str) -> pl.Expr:
    """`column` as a float; null where it is none, NaN and infinity included."""
    value = pl.col(column).cast(pl.String, strict=False).str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def closest(name: str, known: Iterable[str]) -> str:
    """What to offer instead of `name`, as the end of a message.

    >>> closest("clsoe", ["open", "close"])
    "; did you mean 'close'?"
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else f"; there are: {', '.join(names[:12]) or 'none'}"


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String, strict=False).str.strip_chars().str.replace(r"(\d)T(\d)", "${1} ${2}")


def _unzoned(text: pl.Expr) -> list[pl.Expr]:
    plain = text.str.replace(r"\s*(UTC|Z)$", "")
    return [plain.str.to_datetime(each, time_unit="us", time_zone="UTC", strict=False) for each in _FORMATS]


def _epoch(text: pl.Expr) -> pl.Expr:
    """Unix time in seconds or milliseconds: eight digits may be a date, so nine are needed."""
    digits = pl.when(text.str.contains(r"^\d{9,14}(\.0+)?$")).then(text.str.replace(r"\.0+$", ""))
    whole = digits.cast(pl.Int64, strict=False)
    ms = pl.when(whole >= _EPOCH_MS).then(whole).otherwise(whole * 1000)
    return pl.from_epoch(ms, "ms").cast(pl.Datetime("us", "UTC"))
