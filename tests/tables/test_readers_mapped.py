"""Any table by naming its columns: bars, series, and a licensed sentiment file."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from foretune.errors import ConfigError, MalformedResponse
from foretune.tables.readers.mapped import read_mapped_bars, read_mapped_series
from foretune.tables.readers.social_sentiment import read_social_sentiment

OHLC = {name: name for name in ("time", "open", "high", "low", "close")}
HEAD = "time,open,high,low,close,volume\n"
DAY = timedelta(days=1)


def at(*ymd):
    return datetime(*ymd, tzinfo=UTC)


def parquet(answer, **columns):
    sink = io.BytesIO()
    pl.DataFrame(columns).write_parquet(sink)
    return answer(sink.getvalue(), "files")


def bars(response, columns=OHLC, **options):
    return read_mapped_bars(response, columns, "XAU-USD", "commodity", **options)


def test_a_bar_is_known_at_its_end(answer):
    found = bars(answer((HEAD + "2024-01-02,10,12,9,11,\n").encode(), "files"), {**OHLC, "volume": "volume"})
    (row,) = found.rows.iter_rows(named=True)
    assert (row["event_at"], row["known_at"]) == (at(2024, 1, 2), at(2024, 1, 3))
    assert (row["open"], row["high"], row["low"], row["close"]) == (10, 12, 9, 11)
    assert row["volume"] is None  # empty: unknown, not zero
    assert row["volume_quote"] is None  # not mapped
    assert (row["symbol"], row["asset_class"], row["source"]) == ("XAU-USD", "commodity", "files")


def test_a_stamp_may_name_the_close_and_a_bar_another_length(answer):
    body = answer((HEAD + "2024-01-02 04:00,10,12,9,11,1\n").encode())
    found = bars(body, stamp="close", bar=timedelta(hours=4))
    assert found.rows.select("event_at", "known_at").row(0) == (at(2024, 1, 2), at(2024, 1, 2, 4))


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02",
        "20240102",
        "2024/01/02",
        "2024-01-02T00:00:00Z",
        "2024-01-02 00:00:00.000000 UTC",
        "2024-01-02 00:00:00+00:00",
        "2024-01-02T03:00:00+0300",
        "1704153600",
        "1704153600.0",
        "1704153600000",
    ],
)
def test_a_time_is_read_however_it_is_written(answer, text):
    assert bars(answer((HEAD + f"{text},10,12,9,11,1\n").encode())).rows["event_at"].to_list() == [at(2024, 1, 2)]


@pytest.mark.parametrize(
    "times",
    [
        [date(2024, 1, 2)],
        [datetime(2024, 1, 2)],
        [at(2024, 1, 2)],
        ["2024-01-02"],
        [1_704_153_600],
        [1_704_153_600.0],
    ],
)
def test_parquet_is_read_with_its_types(answer, times):
    body = parquet(answer, time=times, open=[10], high=[12.0], low=["9"], close=[11])
    (row,) = bars(body).rows.iter_rows(named=True)
    assert row["event_at"] == at(2024, 1, 2)
    assert (row["open"], row["high"], row["low"], row["close"]) == (10, 12, 9, 11)


def test_an_impossible_bar_is_rejected_with_its_text(answer):
    found = bars(answer((HEAD + "2024-01-02,10,12,9,13,1\nsoon,10,12,9,11,1\n2024-01-04,10,12,9,,1\n").encode()))
    assert found.rows.is_empty()
    assert set(found.rejected["raw"]) == {"2024-01-02,10,12,9,13", "soon,10,12,9,11", "2024-01-04,10,12,9,"}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({**OHLC, "close": "clsoe"}, "no column 'clsoe' for close; did you mean 'close'?"),
        ({**OHLC, "close": "price"}, "no column 'price' for close; there are: time, open, high, low, close, volume"),
        ({"time": "time"}, "columns do not say which one is 'open'; needed: time, open, high, low, close"),
        ({**OHLC, "clsoe": "close"}, "columns has 'clsoe', which means nothing here; did you mean 'close'?"),
    ],
)
def test_a_mapping_that_does_not_fit_names_the_column_and_the_nearest(answer, columns, said):
    with pytest.raises(ConfigError) as caught:
        bars(answer(HEAD.encode()), columns)
    assert said in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"PAR1 but no more", b"\xff\xfe", b"a,b\n1,2,3\n"])
def test_what_is_no_table_is_malformed(answer, body):
    with pytest.raises(MalformedResponse):
        bars(answer(body))


def series(response, known_after=DAY, **options):
    return read_mapped_series(response, {"time": "day", "value": "x"}, "mood", known_after, **options)


def test_a_value_is_known_when_it_is_declared_to_be(answer):
    found = series(answer(b"day,x\n2024-01-02,-36.98\n2024-01-03,\n"), timedelta(days=2))
    (row,) = found.rows.iter_rows(named=True)  # the empty cell is no fact
    assert (row["event_at"], row["known_at"], row["value"]) == (at(2024, 1, 2), at(2024, 1, 4), -36.98)
    assert (row["series"], row["basis"]) == ("mood", "assumed")
    assert found.rejected.is_empty()


def test_a_value_out_of_bounds_or_no_number_is_rejected(answer):
    body = answer(b"day,x\n2024-01-01,0.5\n2024-01-02,7\n2024-01-03,abc\n2024-01-04,inf\n2024-01-05,2\n")
    found = series(body, between=(1, 5), whole=True)
    assert found.rows["value"].to_list() == [2]
    assert len(found.rejected) == 4


def test_nothing_is_known_before_its_time(answer):
    with pytest.raises(ConfigError, match="not known before its time"):
        series(answer(b"day,x\n"), -DAY)


def test_social_sentiment_has_a_score_and_a_count(answer):
    csv = b"timestamp,social_sentiment_score,social_mention_count\n2024-01-01,-0.25,1200\n2024-01-02,0.5,\n"
    found = read_social_sentiment(answer(csv))
    assert list(found.rows.select("series", "event_at", "known_at", "value").iter_rows()) == [
        ("social_sentiment_score", at(2024, 1, 1), at(2024, 1, 2, 1), -0.25),
        ("social_sentiment_score", at(2024, 1, 2), at(2024, 1, 3, 1), 0.5),
        ("social_mention_count", at(2024, 1, 1), at(2024, 1, 2, 1), 1200.0),
    ]


def test_social_sentiment_outside_its_range_is_rejected(answer):
    csv = b"timestamp,social_sentiment_score,social_mention_count\n2024-01-01,1.5,-1\n2024-01-02,75,10.5\n"
    found = read_social_sentiment(answer(csv))
    assert found.rows.is_empty()
    assert len(found.rejected) == 4


def test_social_sentiment_without_its_columns_names_the_nearest(answer):
    with pytest.raises(ConfigError, match="did you mean 'social_sentiment'"):
        read_social_sentiment(answer(b"timestamp,social_sentiment,mentions\n"))
