"""Shares, currencies and gold of the simulated market: sessions, a split, and prices that agree."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from foretune.sandbox.market import DAY_MS, epoch_ms
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sandbox.simulated_world import World

SHARES = ("AAPL", "IBM", "SPY")
PAIRS = ("EURUSD", "GBPUSD", "EURGBP", "XAUUSD")


def closes(market, instrument):
    """Close by day."""
    return {datetime.fromtimestamp(b.time_ms / 1000, UTC).date(): float(b.close) for b in market.bars(instrument)}


def returns(market, *instruments):
    """Log returns over the days that all of `instruments` have, one row each."""
    found = [closes(market, each) for each in instruments]
    days = sorted(set.intersection(*(set(each) for each in found)))
    return np.array([np.diff(np.log([each[day] for day in days])) for each in found])


@pytest.mark.parametrize("instrument", [*SHARES, *PAIRS])
def test_a_candle_contains_its_own_prices(simulated, instrument):
    opened, high, low, close = np.array([bar[1:5] for bar in simulated.bars(instrument)], dtype=float).T
    assert (low > 0).all()
    assert (high >= np.maximum(opened, close)).all()
    assert (low <= np.minimum(opened, close)).all()


def test_shares_trade_in_sessions_only_and_currencies_on_weekdays(simulated):
    shares, pairs = closes(simulated, "SPY"), closes(simulated, "EURUSD")
    assert len(shares) == 253 + 252 + 251 + 250  # sessions of the US exchanges, 2020 to 2023
    assert date(2023, 11, 23) not in shares  # Thanksgiving
    assert date(2023, 11, 23) in pairs
    assert date(2023, 12, 25) not in pairs
    assert not any(day.weekday() >= 5 for day in (*shares, *pairs))
    assert min(shares) == date(2020, 1, 2)


def test_currencies_have_no_volume_and_shares_whole_ones(simulated):
    assert {(bar.volume, bar.turnover) for bar in simulated.bars("EURUSD")} == {("", "")}
    assert all(int(bar.volume) > 0 for bar in simulated.bars("IBM"))


def test_one_share_is_split_and_its_raw_price_falls_by_the_factor(simulated):
    (split,) = simulated.splits("AAPL")
    assert split.factor == "4"
    assert split.day == "2021-02-04"  # 400 days after the start, a Thursday
    price = closes(simulated, "AAPL")
    before, after = price[date(2021, 2, 3)], price[date(2021, 2, 4)]
    assert after / before == pytest.approx(1 / 4, rel=0.08)
    whole = {day: close * (4 if day >= date(2021, 2, 4) else 1) for day, close in price.items()}
    assert np.abs(np.diff(np.log(list(whole.values())))).max() < 0.15  # no jump but the split
    assert simulated.splits("IBM") == ()


def test_a_split_is_not_known_before_its_day():
    def seen(end):
        return [row.day for row in SimulatedMarket(3, date(2020, 1, 1), end).splits("AAPL")]

    assert seen(datetime(2021, 2, 3, 23, tzinfo=UTC)) == []
    assert seen(datetime(2021, 2, 4, 0, tzinfo=UTC)) == ["2021-02-04"]


def test_the_fund_owns_the_index(simulated):
    index = {date.fromisoformat(row.day): float(row.value) for row in simulated.fred("SP500") if row.value}
    price = closes(simulated, "SPY")
    assert price.keys() <= index.keys()
    ratio = np.array([10 * close / index[day] for day, close in price.items()])
    assert np.abs(ratio - 1).max() < 0.002


def test_gold_agrees_with_the_gold_file(simulated):
    lines = (line.split(",") for line in simulated.file("gold_price").decode().splitlines()[1:])
    file = {date.fromisoformat(day): float(value) for day, value in lines}
    price = closes(simulated, "XAUUSD")
    both = price.keys() & file.keys()
    assert len(both) > 1000
    assert max(abs(price[day] / file[day] - 1) for day in both) < 0.002


def test_the_triangle_of_currencies_closes(simulated):
    for cross, euro, pound in zip(*(simulated.bars(each) for each in ("EURGBP", "EURUSD", "GBPUSD")), strict=True):
        assert cross.time_ms == euro.time_ms == pound.time_ms
        assert float(cross.close) == pytest.approx(float(euro.close) / float(pound.close), abs=1.5e-5)
        assert float(cross.open) == pytest.approx(float(euro.open) / float(pound.open), abs=1.5e-5)


@pytest.mark.parametrize("seed", range(3))
def test_classes_move_together_as_classes_do(seed):
    market = SimulatedMarket(seed, date(2020, 1, 1), date(2024, 1, 1))
    fund, coin, share, euro, pound, gold = returns(market, "SPY", "BTCUSDT", "IBM", "EURUSD", "GBPUSD", "XAUUSD")

    def together(one, other):
        return np.corrcoef(one, other)[0, 1]

    assert 0.1 < together(fund, coin) < 0.6  # one factor moves both, shares much less
    assert 0.4 < together(fund, share) < 0.9
    assert 0.4 < together(euro, pound) < 0.9  # both against one dollar
    assert together(gold, euro) > 0.0
    year = 252**0.5
    assert 0.04 < euro.std() * year < 0.12 < gold.std() * year + 0.03 < 0.25
    assert 0.10 < fund.std() * year < 0.25


@pytest.mark.parametrize("seed", range(3))
def test_stress_is_visible_in_every_market_that_has_it(seed):
    start, end = date(2018, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)
    market, world = SimulatedMarket(seed, start, end), World(seed, start, end)
    regime = world.paths.regime
    for instrument in ("BTCUSDT", "LTCUSDT", "SPY", "IBM"):
        bars = market.bars(instrument)
        size = np.abs(np.diff(np.log([float(bar.close) for bar in bars])))
        days = np.array([(bar.time_ms - world.first_ms) // DAY_MS for bar in bars[1:]])
        assert size[regime[days] == 2].mean() > 1.3 * size[regime[days] == 0].mean(), instrument


def test_bars_are_stamped_at_midnight_in_order(simulated):
    for instrument in (*SHARES, *PAIRS):
        times = [bar.time_ms for bar in simulated.bars(instrument)]
        assert times == sorted(set(times))
        assert all(time % DAY_MS == 0 for time in times)
        assert times[0] >= epoch_ms(datetime(2020, 1, 1, tzinfo=UTC))
