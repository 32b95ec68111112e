"""The history inside `arch`: real numbers, known days, nothing past `now`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foretune.errors import ConfigError
from foretune.origin import Origin
from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.market import epoch_ms


def test_it_is_recorded_and_ends_with_2018():
    market = ArchHistoryMarket()
    assert (market.origin, market.now) == (Origin.RECORDED, datetime(2019, 1, 1, tzinfo=UTC))


def test_the_worst_day_of_2008_is_in_it():
    day = epoch_ms(datetime(2008, 10, 15, tzinfo=UTC))
    bar = next(bar for bar in ArchHistoryMarket().bars("SPX") if bar.time_ms == day)
    before = next(bar for bar in ArchHistoryMarket().bars("SPX") if bar.time_ms == day - 86_400_000)
    # the S&P 500 lost 9.03 % on 15 October 2008
    assert float(bar.close) / float(before.close) - 1 == pytest.approx(-0.0903, abs=1e-4)


def test_fred_series_have_missing_holidays_and_end_before_now():
    market = ArchHistoryMarket()
    vix = {row.day: row.value for row in market.fred("VIXCLS")}
    assert vix["2014-01-03"] == "13.76"
    assert vix["2014-01-20"] == ""  # Martin Luther King Day
    # the file goes on to January 2019; VIX of the 31st is out a day later
    assert max(vix) == "2018-12-28"
    assert market.fred("SP500")[-1].day == "2018-12-31"
    assert market.fred("DCOILWTICO")[0] == ("1986-01-02", "25.56")


def test_an_earlier_now_sees_less():
    market = ArchHistoryMarket(datetime(2008, 10, 15, 12, tzinfo=UTC))
    assert market.bars("SPX")[-1].time_ms == epoch_ms(datetime(2008, 10, 14, tzinfo=UTC))


def test_now_needs_a_zone():
    with pytest.raises(ConfigError, match="time zone"):
        ArchHistoryMarket(datetime(2008, 10, 15))
