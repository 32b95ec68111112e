"""A negative price and missing readings pass through the whole build and spoil nothing around them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

pytestmark = pytest.mark.realdata

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def oil(recorded_rows):
    rows = recorded_rows("macro/fred_DCOILWTICO.csv")
    return {date.fromisoformat(row["date"]): float(row["value"]) for row in rows if row["value"]}


@pytest.fixture(scope="module")
def moods(recorded_rows):
    rows = recorded_rows("sentiment/fear_greed_daily.csv")
    return {date.fromisoformat(row["date"]): float(row["value"]) for row in rows}


def newest(values, last_day):
    """The value of the newest day that is not after `last_day`, at most a fortnight old."""
    return next((values[day] for back in range(15) if (day := last_day - back * DAY) in values), None)


def test_oil_below_zero_is_shown_when_it_was_known(panel, oil):
    assert oil[date(2020, 4, 20)] == -36.98
    # EIA prices count as known eleven full days after their day: decided at D + 1, the newest is of D - 11
    seen = dict(panel.select("timestamp", "oil_price").iter_rows())
    assert seen[datetime(2020, 4, 30, tzinfo=UTC)] == oil[date(2020, 4, 17)]
    assert seen[datetime(2020, 5, 1, tzinfo=UTC)] == -36.98
    assert seen[datetime(2020, 5, 2, tzinfo=UTC)] == oil[date(2020, 4, 21)]
    assert all(price == newest(oil, stamp.date() - 11 * DAY) for stamp, price in seen.items())


def test_the_change_of_oil_through_zero_is_in_dollars(panel, oil):
    change = dict(panel.select("timestamp", "oil_change_20d").iter_rows())
    # 20 calendar days before 20 April is 31 March: 20.51 dollars
    assert oil[date(2020, 3, 31)] == 20.51
    assert change[datetime(2020, 5, 1, tzinfo=UTC)] == pytest.approx(-36.98 - 20.51)
    # the first change after it that looks back past it: 11 May against 21 April
    assert change[datetime(2020, 5, 22, tzinfo=UTC)] == pytest.approx(oil[date(2020, 5, 11)] - oil[date(2020, 4, 21)])


@pytest.mark.parametrize("which", ["panel", "multi"])
def test_no_number_of_a_panel_is_infinite_or_not_a_number(which, request):
    rows = request.getfixturevalue(which)
    wrong = rows.select((~pl.selectors.float().is_finite()).sum()).row(0, named=True)
    assert {name: count for name, count in wrong.items() if count} == {}


def test_correlations_stay_correlations_through_the_negative_price(panel):
    spring = panel.filter(
        pl.col("timestamp").is_between(datetime(2020, 4, 1, tzinfo=UTC), datetime(2020, 7, 1, tzinfo=UTC))
    )
    for name in ("corr_sp500_30d", "corr_vix_30d", "corr_us10y_30d", "corr_gold_30d"):
        assert spring[name].null_count() == 0
        assert spring[name].abs().max() <= 1


def test_a_reading_is_carried_for_three_days_and_then_missing(panel, moods):
    """14 to 16 April 2018 have no reading: that of the 13th stands until it is three days old, no longer."""
    assert [day for day in (date(2018, 4, d) for d in range(13, 18)) if day in moods] == [
        date(2018, 4, 13),
        date(2018, 4, 17),
    ]
    columns = ("decision_at", "fear_greed_index", "fear_greed_index_missing")
    seen = {decided: rest for decided, *rest in panel.select(columns).iter_rows()}
    at = {day: seen[datetime(2018, 4, day, tzinfo=UTC)] for day in range(13, 20)}
    # the reading of a day is out at 01:00, so the first midnight that has it is the next
    assert at[14] == [23.0, False]
    assert at[15] == [23.0, False]
    assert at[16] == [23.0, False]
    assert at[17] == [None, True]  # three days and 23 hours old
    assert at[18] == [26.0, False]
    assert at[19] == [24.0, False]


def test_there_is_no_reading_before_the_index_existed_and_never_a_constant(panel, moods):
    before = panel.filter(pl.col("decision_at") < datetime(2018, 2, 1, tzinfo=UTC))
    after = panel.filter(pl.col("decision_at") >= datetime(2018, 2, 4, tzinfo=UTC))
    assert len(before) > 1000
    assert before["fear_greed_index"].null_count() == len(before)
    assert before["fear_greed_index_missing"].all()
    for decided, seen in after.select("decision_at", "fear_greed_index").iter_rows():
        # the reading of day D is published after 00:00 of D: a decision at 00:00 has the day before's
        yesterday = decided.date() - DAY
        if yesterday in moods:
            assert seen == moods[yesterday]
    assert after["fear_greed_index"].null_count() == 1  # the decision of 17 April 2018
    by_month = after.group_by(pl.col("decision_at").dt.truncate("1mo")).agg(
        pl.len(), pl.col("fear_greed_index").n_unique()
    )
    assert by_month.filter(pl.col("len") >= 28)["fear_greed_index"].min() >= 5


@pytest.fixture(scope="module")
def short_horizon(make, tmp_path_factory):
    """The end of 2024, where the 90-day panel has no rows, with targets a week ahead."""
    plan = {
        "name": "late",
        "start": "2023-06-01",
        "end": "2024-12-31",
        "horizon_days": 7,
        "assets": [{"source": "bybit", "symbol": "BTC-USD", "id": "BTCUSDT", "category": "spot"}],
        "fields": {"fear_greed_index": {"source": "alternative_me"}},
    }
    return pl.read_parquet(make(plan, tmp_path_factory.mktemp("late") / "late").folder / "panel.parquet")


def test_the_day_without_a_reading_in_2024_keeps_that_of_the_day_before(short_horizon, moods):
    assert date(2024, 10, 26) not in moods
    seen = dict(short_horizon.select("decision_at", "fear_greed_index").iter_rows())
    assert seen[datetime(2024, 10, 26, tzinfo=UTC)] == moods[date(2024, 10, 25)] == 72
    assert seen[datetime(2024, 10, 27, tzinfo=UTC)] == 72
    assert seen[datetime(2024, 10, 28, tzinfo=UTC)] == moods[date(2024, 10, 27)] == 74
