"""Any table by naming its columns: bars of one date each, and series."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from foretune.errors import ConfigError, MalformedResponse
from foretune.sources.response import RawResponse
from foretune.tables.readers.mapped import read_mapped_bars, read_mapped_series
from foretune.targets.forward import forward_targets

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


def rows_of(times, close=11):
    return (HEAD + "".join(f"{time},10,12,9,{close},1\n" for time in times)).encode()


NEW_YORK_DAYS = pl.datetime_range(
    datetime(2022, 1, 3), datetime(2024, 1, 12), "1d", time_zone="America/New_York", eager=True
)


def test_new_yorks_midnights_are_whole_days_apart_in_summer_and_winter(answer):
    """As yfinance writes them: 2022-01-03 00:00:00-05:00, and from 14 March to 6 November -04:00."""
    stamps = NEW_YORK_DAYS.dt.strftime("%Y-%m-%d %H:%M:%S%:z").to_list()
    assert stamps[0] == "2022-01-03 00:00:00-05:00"
    found = bars(answer(rows_of(stamps))).rows
    assert found["event_at"].to_list() == [at(2022, 1, 3) + number * DAY for number in range(740)]
    targets = pl.from_arrow(forward_targets(found.to_arrow())).drop_nulls("label_start_at")
    ends = targets["event_at"] + timedelta(days=90)
    label = found.select(pl.col("event_at"), pl.col("known_at").alias("label_end_at"))
    paired = targets.with_columns(ends.alias("due")).join(label, on="label_end_at").select("due", "event_at_right")
    assert len(paired) == 740 - 90
    assert (paired["due"] == paired["event_at_right"]).all()


def test_a_day_is_known_when_it_is_over_there_and_in_utc(answer):
    tokyo = bars(answer(rows_of(["2024-01-02 00:00:00+09:00"]))).rows.row(0, named=True)
    assert (tokyo["event_at"], tokyo["known_at"]) == (at(2024, 1, 2), at(2024, 1, 3))  # over there at 15:00 UTC
    new_york = bars(answer(rows_of(["2024-01-02T00:00:00-05:00"]))).rows.row(0, named=True)
    assert (new_york["event_at"], new_york["known_at"]) == (at(2024, 1, 2), at(2024, 1, 3, 5))


@pytest.mark.parametrize("typed", [False, True])
def test_the_day_on_which_clocks_go_back_has_25_hours(answer, typed):
    # 3 November 2024 in New York, 04:00 UTC to 05:00 UTC of the 4th; then days of 24 hours again
    days = pl.datetime_range(
        datetime(2024, 11, 2), datetime(2024, 11, 4), "1d", time_zone="America/New_York", eager=True
    )
    times = days if typed else days.dt.strftime("%Y-%m-%d %H:%M:%S%z").to_list()
    body = parquet(answer, time=times, open=[10] * 3, high=[12] * 3, low=[9] * 3, close=[11] * 3)
    late = RawResponse(body.provider, body.path, {}, body.body, at(2025, 1, 1), body.origin)
    assert bars(late).rows["known_at"].to_list() == [at(2024, 11, 3, 4), at(2024, 11, 4, 5), at(2024, 11, 5, 5)]


def test_a_close_at_midnight_ends_the_day_before(answer):
    found = bars(answer(rows_of(["2024-01-03T00:00:00-05:00", "2024-01-03T16:00:00-05:00"])), stamp="close")
    assert found.rows.select("event_at", "known_at").rows() == [
        (at(2024, 1, 2), at(2024, 1, 3, 5)),
        (at(2024, 1, 3), at(2024, 1, 4)),
    ]


def test_a_bar_that_was_not_over_at_the_fetch_is_unfinished(answer):
    noon = at(2024, 1, 4, 12)
    body = rows_of(["2024-01-03", "2024-01-04", "2024-01-05"])
    found = bars(answer(body, fetched_at=noon))
    assert found.rows["event_at"].to_list() == [at(2024, 1, 3)]
    assert found.rejected["raw"].to_list() == ["2024-01-04,10,12,9,11", "2024-01-05,10,12,9,11"]
    assert found.rejected["reason"].to_list() == ["unfinished candle"] * 2


def test_the_same_holds_to_the_hour_of_the_bars_own_zone(answer):
    body = rows_of(["2024-01-03T00:00:00-05:00"])  # over at 05:00 UTC of the 4th
    assert bars(answer(body, fetched_at=at(2024, 1, 4, 4))).rows.is_empty()
    assert len(bars(answer(body, fetched_at=at(2024, 1, 4, 5))).rows) == 1


@pytest.mark.parametrize(
    ("step", "said"),
    [("1h", "1 hour apart"), ("90m", "1.5 hours apart"), ("1w", "7 days apart"), ("1mo", "31 days apart")],
)
def test_bars_that_are_not_daily_are_refused_with_their_step(answer, step, said):
    times = pl.datetime_range(datetime(2023, 1, 1), datetime(2023, 12, 31), step, eager=True)
    with pytest.raises(ConfigError, match=f"rows are {said} .*1 day is what they are taken for"):
        bars(answer(rows_of(times.dt.strftime("%Y-%m-%d %H:%M").to_list())))


def test_hourly_bars_are_read_where_hours_are_asked_for(answer):
    times = [f"2024-01-02 {hour:02}:00" for hour in range(24)]
    assert len(bars(answer(rows_of(times)), bar=timedelta(hours=1)).rows) == 24


def test_weekends_and_a_holiday_do_not_make_a_week_of_daily_bars_anything_else(answer):
    times = ["2024-03-27", "2024-03-28", "2024-04-01", "2024-04-02", "2024-04-03"]  # Easter
    assert len(bars(answer(rows_of(times))).rows) == 5


def test_a_value_that_is_known_only_after_the_fetch_is_turned_away(answer):
    body = b"day,x\n2024-01-02,1\n2024-01-03,2\n"
    found = series(answer(body, fetched_at=at(2024, 1, 3, 12)))
    assert found.rows["event_at"].to_list() == [at(2024, 1, 2)]
    assert found.rejected.rows() == [("observations", "2024-01-03,2", "known only after the fetch")]
