"""The simulated market: one world per seed, consistent with itself, silent about its future."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from foretune.errors import ConfigError
from foretune.origin import Origin
from foretune.sandbox.market import DAY_MS, epoch_ms
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sandbox.simulated_crypto import COINS
from foretune.sandbox.simulated_mood import classification
from foretune.sandbox.wire import alternative_me, bybit, files, fred

NOON = datetime(2022, 3, 10, 12, 30, tzinfo=UTC)
START = date(2020, 1, 1)


def everything(market):
    """Every body a client could ask for, as bytes."""
    coins = [coin.symbol for coin in COINS]
    return [
        *(bybit.answer(market, "/v5/market/kline", {"symbol": s, "interval": "D", "limit": "1000"}) for s in coins),
        *(bybit.answer(market, "/v5/market/funding/history", {"category": "linear", "symbol": s}) for s in coins),
        *(bybit.answer(market, "/v5/market/orderbook", {"category": "linear", "symbol": s}) for s in coins),
        bybit.answer(market, "/v5/market/tickers", {"category": "linear"}),
        alternative_me.answer(market, "/fng/", {"limit": "0"}),
        *(fred.answer(market, "/graph/fredgraph.csv", {"id": series}) for series in market.listing.fred),
        *(files.answer(market, f"/{name}.csv", {}) for name in market.listing.files),
    ]


def test_one_seed_is_one_world_to_the_byte():
    assert everything(SimulatedMarket(5, START, NOON)) == everything(SimulatedMarket(5, START, NOON))


def test_another_seed_is_another_world():
    one, other = everything(SimulatedMarket(5, START, NOON)), everything(SimulatedMarket(6, START, NOON))
    same = [a.body for a, b in zip(one, other, strict=True) if a.body == b.body]
    assert len(same) == 1  # the calendar of CPI releases is the same for everybody
    assert same[0].startswith(b"release_date,reference_month")


def test_it_is_labelled():
    assert SimulatedMarket(5, START, NOON).origin is Origin.SIMULATED


def test_candles_are_whole_days_without_a_gap_and_open_where_the_last_closed(simulated):
    for coin in COINS:
        bars = simulated.bars(coin.symbol)
        assert len(bars) == 1461
        assert [bar.time_ms for bar in bars] == [
            epoch_ms(datetime(2020, 1, 1, tzinfo=UTC)) + DAY_MS * i for i in range(1461)
        ]
        assert [bar.open for bar in bars[1:]] == [bar.close for bar in bars[:-1]]


@pytest.mark.parametrize("seed", range(4))
def test_a_candle_contains_its_own_prices_on_the_coins_tick(seed):
    market = SimulatedMarket(seed, START, NOON)
    for coin in COINS:
        table = np.array([bar[1:] for bar in market.bars(coin.symbol)], dtype=float)
        opened, high, low, close, volume, turnover = table.T
        assert (low > 0).all()
        assert (high >= np.maximum(opened, close)).all()
        assert (low <= np.minimum(opened, close)).all()
        assert (volume > 0).all()
        mean_price = turnover / volume
        assert ((mean_price > low * 0.999) & (mean_price < high * 1.001)).all()
        assert {len(bar.close.partition(".")[2]) for bar in market.bars(coin.symbol)} == {coin.decimals}


def test_coins_that_came_later_changed_nothing_of_the_first():
    # as it was before LTC was listed: trained figures in the log and the README rest on these worlds
    market = SimulatedMarket(7, date(2023, 1, 1), date(2023, 1, 4))
    last = {symbol: market.bars(symbol)[-1].close for symbol in market.listing.symbols("spot")}
    assert last.pop("LTCUSDT")
    assert last == {
        "BTCUSDT": "19101.8", "ETHUSDT": "1288.54", "SOLUSDT": "38.984", "XRPUSDT": "0.9843", "ADAUSDT": "2.3304",
    }  # fmt: skip
    assert market.funding("BTCUSDT")[-1].rate == "-0.00014935"


def test_returns_look_like_a_market_and_not_like_dice(simulated):
    close = np.array([float(bar.close) for bar in simulated.bars("BTCUSDT")])
    other = np.array([float(bar.close) for bar in simulated.bars("ETHUSDT")])
    volume = np.array([float(bar.turnover) for bar in simulated.bars("BTCUSDT")])[1:]
    r, q = np.diff(np.log(close)), np.diff(np.log(other))
    size = np.abs(r)
    assert 0.35 < r.std() * 365**0.5 < 1.1  # a year's volatility
    assert np.mean((r - r.mean()) ** 4) / r.var() ** 2 > 3.5  # fatter tails than normal (3)
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.1  # volatility clusters
    assert abs(np.corrcoef(r[1:], r[:-1])[0, 1]) < 0.1  # direction does not
    assert np.corrcoef(r, q)[0, 1] > 0.6  # coins move together
    assert np.corrcoef(volume, size)[0, 1] > 0.3  # and are traded more when they move


def test_the_unfinished_candle_holds_only_the_hours_that_are_over():
    noon = SimulatedMarket(5, START, NOON)
    whole = SimulatedMarket(5, START, NOON + timedelta(days=1))
    running = noon.bars("BTCUSDT")[-1]
    finished = next(bar for bar in whole.bars("BTCUSDT") if bar.time_ms == running.time_ms)
    assert running.time_ms == epoch_ms(datetime(2022, 3, 10, tzinfo=UTC))
    assert running.open == finished.open
    assert float(running.high) <= float(finished.high)
    assert float(running.low) >= float(finished.low)
    assert 0 < float(running.volume) < float(finished.volume)


def test_the_calendar_names_the_release_of_every_cpi_value(simulated):
    rows = [line.split(",") for line in simulated.file("CPIAUCSL.releases").decode().splitlines()[1:]]
    released = {month: day for day, month in rows}
    assert released["2023-10"] == "2023-11-13"  # the 12th is a Sunday
    assert {row.day[:7] for row in simulated.fred("CPIAUCSL")} <= released.keys()


def test_macro_series_reach_back_before_the_first_candle(simulated):
    # a yearly inflation rate on 2020-01-01 needs the index of the year before
    assert simulated.fred("CPIAUCSL")[0].day <= "2018-12-01"


def test_holidays_are_there_and_empty(simulated):
    values = {row.day: row.value for row in simulated.fred("SP500")}
    assert values["2023-07-04"] == ""
    assert "2023-07-08" not in values  # a Saturday


def test_ticker_and_book_tell_the_same_story(simulated):
    ticker, book = simulated.ticker("linear", "BTCUSDT"), simulated.orderbook("BTCUSDT")
    last_day = simulated.bars("BTCUSDT")[-1]  # `now` is midnight: the last 24 hours are this day
    assert (ticker.last, ticker.previous_24h) == (last_day.close, last_day.open)
    assert (ticker.high_24h, ticker.low_24h) == (last_day.high, last_day.low)
    assert float(ticker.change_24h) == pytest.approx(float(ticker.last) / float(ticker.previous_24h) - 1, abs=1e-6)
    bids, asks = [float(level.price) for level in book.bids], [float(level.price) for level in book.asks]
    assert len(bids) == len(asks) == 25
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] == float(ticker.last) < asks[0]
    assert (ticker.bid, ticker.ask) == (book.bids[0].price, book.asks[0].price)
    assert ticker.funding_rate == simulated.funding("BTCUSDT")[-1].rate
    assert ticker.next_funding_ms == str(epoch_ms(datetime(2024, 1, 1, 8, tzinfo=UTC)))
    assert simulated.ticker("spot", "BTCUSDT").funding_rate == ""


def test_sentiment_follows_the_market_it_has_seen(simulated):
    close = np.log([float(bar.close) for bar in simulated.bars("BTCUSDT")])
    value = np.array([int(row.value) for row in simulated.fear_greed()])
    trailing = close[29:-1] - close[:-30]  # the 30 days' return known at the reading two days on
    assert np.corrcoef(trailing, value[31 : 31 + len(trailing)])[0, 1] > 0.5
    assert 0 <= value.min() < value.max() <= 100


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (0, "Extreme Fear"),
        (25, "Fear"),
        (46, "Fear"),
        (47, "Neutral"),
        (54, "Neutral"),
        (75, "Greed"),
        (76, "Extreme Greed"),
    ],
)
def test_sentiment_bands(value, label):
    assert classification(value) == label


@pytest.mark.parametrize("end", [date(2020, 1, 1), datetime(2020, 1, 1, 23, tzinfo=UTC), datetime(2021, 1, 1)])
def test_an_end_that_cannot_be_is_refused(end):
    with pytest.raises(ConfigError, match="end="):
        SimulatedMarket(5, START, end)


def test_what_is_not_listed_is_a_key_error(simulated):
    asks = (
        simulated.bars, simulated.fred, simulated.fred_vintages, simulated.funding, simulated.orderbook,
        simulated.open_interest, simulated.splits, simulated.chart, simulated.news, simulated.articles, simulated.file,
    )  # fmt: skip
    for ask in asks:
        with pytest.raises(KeyError):
            ask("NOPE")


def test_seven_years_are_made_within_a_second_and_everything_in_them_within_a_few():
    began = time.process_time()
    market = SimulatedMarket()
    market.bars("BTCUSDT")
    market.fred("SP500")
    assert time.process_time() - began < 1.5
    for topic in market.listing.news:
        market.news(topic)
        market.articles(topic)
    assert time.process_time() - began < 6.0
