"""Time moving on in a simulated world: what was said stays said, and nothing is said too early."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.sandbox.market import DAY_MS, epoch_ms
from foretune.sandbox.simulated import SimulatedMarket

START = date(2020, 1, 1)
NOON = datetime(2022, 3, 10, 12, 30, tzinfo=UTC)
REVISED = ("CPIAUCSL", "UNRATE", "GDPC1")


def told(market):
    """Every growing series of the market, finished rows only, by a name for the message."""
    now, listing = epoch_ms(market.now), market.listing
    instruments = {*listing.symbols("linear").values(), *listing.equity.values(), *listing.fx.values()}
    return {
        **{f"bars {each}": [bar for bar in market.bars(each) if bar.time_ms + DAY_MS <= now] for each in instruments},
        **{f"funding {each}": list(market.funding(each)) for each in listing.funding},
        **{f"open interest {each}": list(market.open_interest(each)) for each in listing.open_interest},
        **{f"chart {each}": [row for row in market.chart(each) if row.time_ms % DAY_MS == 0] for each in listing.coins},
        **{f"news {each}": list(market.news(each)) for each in listing.news},
        **{f"articles {each}": list(market.articles(each)) for each in listing.articles},
        **{f"splits {each}": list(market.splits(each)) for each in listing.splits},
        **{f"fred {each}": list(market.fred(each)) for each in listing.fred if each not in REVISED},
        **{f"file {each}": market.file(each).splitlines() for each in listing.files if "trends" not in each},
        "fear and greed": list(market.fear_greed()),
    }


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    end=st.datetimes(datetime(2020, 1, 3), datetime(2021, 12, 31), timezones=st.just(UTC)),
    more=st.timedeltas(timedelta(minutes=1), timedelta(days=200)),
)
def test_time_moving_on_adds_to_the_past_and_changes_none_of_it(seed, end, more):
    earlier = SimulatedMarket(seed, START, end)
    later = SimulatedMarket(seed, START, end + more)
    after = told(later)
    for name, rows in told(earlier).items():
        assert rows == after[name][: len(rows)], name
    for series in REVISED:
        before, now = earlier.fred_vintages(series), later.fred_vintages(series)
        cut = (end - timedelta(days=1)).date().isoformat()  # the last day that is over
        assert [each for each in now if each.published <= cut] == list(before), series


def test_nothing_is_dated_after_now():
    market = SimulatedMarket(5, START, NOON)
    now, today = epoch_ms(NOON), "2022-03-10"
    day_before = epoch_ms(datetime(2022, 3, 9, tzinfo=UTC))
    assert all(bar.time_ms < now for bar in market.bars("BTCUSDT"))
    for instrument in ("AAPL", "SPY", "EURUSD", "EURGBP", "XAUUSD"):  # the 10th, a Thursday, is not over
        assert market.bars(instrument)[-1].time_ms == day_before
    assert market.open_interest("BTCUSDT")[-1].time_ms == epoch_ms(datetime(2022, 3, 10, tzinfo=UTC))
    assert max(row.time_ms for row in market.funding("BTCUSDT")) == epoch_ms(datetime(2022, 3, 10, 8, tzinfo=UTC))
    assert max(row.time_s * 1000 for row in market.fear_greed()) == epoch_ms(datetime(2022, 3, 10, tzinfo=UTC))
    assert [row.time_ms for row in market.chart("bitcoin")[-2:]] == [epoch_ms(datetime(2022, 3, 10, tzinfo=UTC)), now]
    for topic in market.listing.news:
        assert market.news(topic)[-1].time_s * 1000 == day_before
        assert market.articles(topic)[-1].seen_s * 1000 <= now
    # the session of the 10th is not over
    assert {market.fred(name)[-1].day for name in ("SP500", "VIXCLS", "DGS10")} == {"2022-03-09"}
    # released: January's CPI (14 February; the 12th is a Saturday), February's jobs (4 March), last year's GDP
    assert market.fred("CPIAUCSL")[-1].day == "2022-01-01"
    assert market.fred("UNRATE")[-1].day == "2022-02-01"
    assert market.fred("GDPC1")[-1].day == "2021-10-01"
    for name in ("gold_price", "dxy", "sp500_long", "vix_ohlc", "social_sentiment"):
        assert all(line[:10] < today for line in market.file(name).decode().splitlines()[1:]), name


def test_a_headline_knows_no_price_of_its_future():
    # the same world, looked at an hour before and after: what was written by then is word for word the same
    before = SimulatedMarket(5, START, NOON)
    after = SimulatedMarket(5, START, NOON + timedelta(days=3))
    for topic in ("bitcoin", "stocks", "forex"):
        assert list(before.articles(topic)) == list(after.articles(topic)[: len(before.articles(topic))])


@pytest.mark.parametrize("seed", [0, 1])
def test_a_world_may_be_a_day_old(seed):
    market = SimulatedMarket(seed, START, date(2020, 1, 2))
    assert len(market.bars("BTCUSDT")) == 1
    assert len(market.bars("AAPL")) == 0  # New Year's Day
    assert len(market.news("bitcoin")) == 1
    assert len(market.fred("CPIAUCSL")) > 12
