"""Ten years of real Bitcoin, checked row by row against the recorded files.

Expected values are computed here from the files' own text with the standard library: nothing of
the package is asked what is right.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta

import pytest

pytestmark = pytest.mark.realdata

DAY = timedelta(days=1)
TECHNICAL = (
    "rsi_14", "macd", "macd_signal", "macd_histogram", "bb_upper", "bb_middle", "bb_lower", "sma_20", "sma_50",
    "sma_200", "ema_12", "ema_26", "volatility_30d", "volatility_60d", "volatility_90d", "momentum_5d",
    "momentum_10d", "momentum_30d", "atr_14", "adx_14",
)  # fmt: skip

PRICE = (
    "log_return_1d", "log_return_5d", "log_return_20d", "log_return_60d", "log_return_90d", "log_return_180d",
    "drawdown_90d", "drawdown_200d", "distance_high_20d", "distance_low_20d", "distance_high_200d",
    "distance_low_200d", "volatility_parkinson_30d", "volatility_garman_klass_30d", "skew_60d", "kurtosis_60d",
)  # fmt: skip


@pytest.fixture(scope="module")
def closes(recorded_rows):
    return {date.fromisoformat(r["date"]): float(r["close"]) for r in recorded_rows("crypto/yahoo_btcusd_1d.csv")}


@pytest.fixture(scope="module")
def fred(recorded_rows):
    """`fred(series)` are the values of a recorded FRED series by date, holidays left out."""

    def read(series):
        rows = recorded_rows(f"macro/fred_{series}.csv")
        return {date.fromisoformat(row["date"]): float(row["value"]) for row in rows if row["value"]}

    return read


def newest(values, last_day):
    """The value of the newest day that is not after `last_day`, at most a fortnight old."""
    for back in range(15):
        if last_day - back * DAY in values:
            return values[last_day - back * DAY]
    return None


def test_there_are_enough_labelled_rows(panel, closes):
    # 3,759 days; the 200-day average costs 199, the last 90 days have no price 90 days later
    assert len(closes) == 3759
    assert len(panel) == 3759 - 199 - 90 > 3400
    assert panel["asset_symbol"].unique().to_list() == ["BTC-USD"]
    assert panel["origin"].unique().to_list() == ["recorded"]


def test_every_row_carries_its_own_days_close(panel, closes):
    for stamp, decided, close in panel.select("timestamp", "decision_at", "price_close").iter_rows():
        assert close == closes[stamp.date()]
        assert decided == stamp + DAY  # a daily bar is known when its day is over


def test_every_target_is_the_close_90_days_later(panel, closes):
    columns = ("timestamp", "target_price_90d", "target_return_90d", "target_return_pct_90d", "label_end_at")
    for stamp, price, log_return, percent, end in panel.select(columns).iter_rows():
        then, now = closes[stamp.date() + 90 * DAY], closes[stamp.date()]
        assert price == then
        assert log_return == pytest.approx(math.log(then / now), rel=1e-12, abs=1e-15)
        assert percent == pytest.approx((then / now - 1) * 100, rel=1e-12, abs=1e-12)
        assert end == stamp + 91 * DAY  # known when that day is over


@pytest.mark.parametrize("name", [*TECHNICAL, *PRICE])
def test_every_indicator_is_there_in_every_row(panel, name):
    assert panel[name].null_count() == 0
    assert panel[name].is_finite().all()


def test_indicators_that_can_be_worked_by_hand(panel, closes):
    days = sorted(closes)
    at = {day: number for number, day in enumerate(days)}
    for row in panel.gather_every(97).iter_rows(named=True):
        here = at[row["timestamp"].date()]
        past = [closes[day] for day in days[: here + 1]]
        assert row["sma_20"] == pytest.approx(sum(past[-20:]) / 20, rel=1e-9)
        assert row["sma_200"] == pytest.approx(sum(past[-200:]) / 200, rel=1e-9)
        assert row["momentum_30d"] == pytest.approx(past[-1] / past[-31] - 1, rel=1e-9)
        returns = [math.log(b / a) for a, b in zip(past[-31:], past[-30:], strict=False)]
        mean = sum(returns) / 30
        variance = sum((each - mean) ** 2 for each in returns) / 29
        assert row["volatility_30d"] == pytest.approx(math.sqrt(variance * 365), rel=1e-6)


@pytest.mark.parametrize(("field", "series"), [("us10y_yield", "DGS10"), ("us2y_yield", "DGS2"), ("vix", "VIXCLS")])
def test_no_decision_sees_a_yield_or_the_vix_before_fred_shows_it(panel, fred, field, series):
    values = fred(series)
    # on the next business day, and a long weekend fits into four full days after the day itself;
    # decided at D + 1, 00:00, so the newest is of D - 4
    for stamp, seen in panel.select("timestamp", field).iter_rows():
        assert seen == newest(values, stamp.date() - 4 * DAY)


@pytest.mark.parametrize(
    ("field", "file"),
    [("sp500_close", "spx_daily_close"), ("dxy", "dxy_daily_close"), ("gold_price", "gold_daily_close")],
)
def test_closes_of_other_markets_are_at_most_of_the_same_day(panel, recorded_rows, field, file):
    values = {date.fromisoformat(row["date"]): float(row["close"]) for row in recorded_rows(f"macro/{file}.csv")}
    for stamp, seen in panel.select("timestamp", field).iter_rows():
        assert seen == newest(values, stamp.date())


def test_no_label_and_embargo_reach_into_a_later_split(panel):
    ends = {name: panel.filter(split=name)["label_end_at"].max() for name in ("train", "validation")}
    starts = {name: panel.filter(split=name)["decision_at"].min() for name in ("validation", "test")}
    for earlier, later in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert ends[earlier] + 5 * DAY < starts[later]
    assert set(panel["split"]) == {"train", "validation", "test", "purged"}
    # two gaps of 90 days of label and 5 of embargo
    assert Counter(panel["split"])["purged"] == 2 * 95


def test_one_missing_day_never_shifts_the_calendar(panel):
    """Days follow each other without a gap or a double: a window of n bars is a window of n days."""
    assert panel["timestamp"].diff().drop_nulls().unique().to_list() == [DAY]
