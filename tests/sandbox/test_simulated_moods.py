"""News, search interest, social posts, open interest and coin charts of the simulated market."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from foretune.sandbox.market import DAY_MS, epoch_ms
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sandbox.simulated_headlines import headline

ABOUT = {"bitcoin": "BTCUSDT", "ethereum": "ETHUSDT", "stocks": "SPY", "gold": "XAUUSD", "forex": "EURUSD"}


def day_returns(market, instrument):
    """Log return by day, in ms."""
    bars = market.bars(instrument)
    moves = np.diff(np.log([float(bar.close) for bar in bars]))
    return dict(zip([bar.time_ms for bar in bars[1:]], moves.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("topic", ABOUT)
def test_tone_follows_the_day_it_tells_of_and_foretells_little(seed, topic):
    market = SimulatedMarket(seed, date(2020, 1, 1), date(2024, 1, 1))
    moves = day_returns(market, ABOUT[topic])
    buckets = {bucket.time_s * 1000: bucket for bucket in market.news(topic)}
    move = np.array(list(moves.values()))
    tone = np.array([float(buckets[day].tone) for day in moves])
    count = np.array([int(buckets[day].articles) for day in moves])
    assert 0.2 < np.corrcoef(move, tone)[0, 1] < 0.6
    assert abs(np.corrcoef(move[1:], tone[:-1])[0, 1]) < 0.2
    assert np.corrcoef(np.abs(move), np.log(count))[0, 1] > 0.2  # more is written when more happens
    assert -2.5 < tone.mean() < 0.5
    assert np.abs(tone).max() <= 10


def test_every_day_has_a_bucket_and_its_articles_are_a_part_of_all(simulated):
    buckets = simulated.news("bitcoin")
    assert [bucket.time_s * 1000 for bucket in buckets] == [
        epoch_ms(datetime(2020, 1, 1, tzinfo=UTC)) + DAY_MS * day for day in range(1461)
    ]
    assert all(0 < int(bucket.articles) < int(bucket.norm) for bucket in buckets)


def test_headlines_are_a_few_a_day_in_order_and_on_sites_nobody_owns(simulated):
    for topic in simulated.listing.articles:
        found = simulated.articles(topic)
        assert 1461 < len(found) < 5 * 1461
        assert [each.seen_s for each in found] == sorted(each.seen_s for each in found)
        assert all(each.domain.endswith((".example.com", ".example.net", ".example.org")) for each in found)
        assert all(each.url.startswith(f"https://{each.domain}/") for each in found)
    assert len({each.title for each in simulated.articles("bitcoin")}) > 500


def test_a_headline_names_the_move_of_the_day_before_it(simulated):
    rises = ("climbs", "up", "lifts", "adds", "extends", "jumps", "higher", "rallies", "advance")
    moves = day_returns(simulated, "BTCUSDT")
    right = told = 0
    for each in simulated.articles("bitcoin"):
        day = each.seen_s * 1000 // DAY_MS * DAY_MS
        if each.seen_s % 86_400 < 79_200 or "%" not in each.title:  # late in the day, its own move is known
            continue
        told += 1
        right += (moves.get(day, 0) > 0) == any(word in each.title for word in rises)
    assert told > 50
    assert right / told > 0.85


@pytest.mark.parametrize(
    ("move", "strength", "title"),
    [
        (0.0234, 1.0, "Gold climbs 2.3% as buyers return"),
        (0.0534, 2.5, "Gold jumps 5.3% in one of its strongest days this season"),
        (-0.0234, -1.0, "Gold slips 2.3% as traders cut risk"),
        (-0.0534, -2.5, "Gold tumbles 5.3% in a broad sell-off"),
        (0.0001, 0.1, "Gold little changed as traders wait"),
    ],
)
def test_the_words_fit_the_move(move, strength, title):
    assert headline("Gold", move, strength, datetime(2024, 5, 2, 9, 30, tzinfo=UTC), 0.0).title == title


def test_search_interest_is_a_download(simulated):
    lines = simulated.file("google_trends.bitcoin").decode().splitlines()
    assert lines[:3] == ["Category: All categories", "", "Month,bitcoin: (Worldwide)"]
    months, values = zip(*(line.split(",") for line in lines[3:]), strict=True)
    assert months[0] == "2018-08"  # the first whole month of the world
    assert months[-1] == "2023-12"
    assert "100" in values
    assert all(value == "<1" or 1 <= int(value) <= 100 for value in values)


def test_the_running_month_is_in_the_download_and_partial():
    market = SimulatedMarket(3, date(2020, 1, 1), datetime(2023, 6, 10, tzinfo=UTC))
    assert market.file("google_trends.bitcoin").decode().splitlines()[-1].startswith("2023-06,")


def test_a_later_download_rescales_the_past():
    def interest(end):
        lines = SimulatedMarket(4, date(2020, 1, 1), end).file("google_trends.bitcoin").decode().splitlines()
        return {month: int(value) for month, value in (line.split(",") for line in lines[3:])}

    early, late = interest(date(2020, 2, 1)), interest(date(2024, 1, 1))
    assert early["2019-11"] == 100  # the greatest month so far
    assert late["2019-11"] < 100  # a greater one followed
    for month, value in early.items():
        assert late[month] == pytest.approx(value * late["2019-11"] / 100, abs=1)


def test_social_sentiment_is_a_score_and_a_count_a_day(simulated):
    header, *lines = simulated.file("social_sentiment").decode().splitlines()
    assert header == "timestamp,social_sentiment_score,social_mention_count"
    days, scores, counts = zip(*(line.split(",") for line in lines), strict=True)
    assert (days[0], days[-1], len(days)) == ("2020-01-01", "2023-12-31", 1461)
    score = np.array(scores, dtype=float)
    assert np.abs(score).max() < 1
    assert min(int(count) for count in counts) > 0
    moves = list(day_returns(simulated, "BTCUSDT").values())
    assert 0.2 < np.corrcoef(moves, score[1:])[0, 1] < 0.7


def test_open_interest_is_there_every_midnight_and_the_ticker_agrees(simulated):
    rows = simulated.open_interest("ETHUSDT")
    assert len(rows) == 1462  # 2020-01-01 to 2024-01-01, both midnights
    assert all(row.time_ms % DAY_MS == 0 and float(row.value) > 0 for row in rows)
    assert simulated.ticker("linear", "ETHUSDT").open_interest == rows[-1].value  # `now` is midnight


def test_open_interest_grows_with_the_trend(simulated):
    value = np.log([float(row.value) for row in simulated.open_interest("BTCUSDT")])
    close = np.log([float(bar.close) for bar in simulated.bars("BTCUSDT")])
    # row d is at the end of day d-1; two weeks' changes of both
    assert np.corrcoef(value[15:] - value[1:-14], close[14:] - close[:-14])[0, 1] > 0.3


def test_a_chart_point_is_the_close_of_the_day_before(simulated):
    points = {point.time_ms: point for point in simulated.chart("litecoin")}
    bars = simulated.bars("LTCUSDT")
    gaps = [float(points[bar.time_ms + DAY_MS].price) / float(bar.close) - 1 for bar in bars]
    assert 0 < np.abs(gaps).max() < 0.002
    assert np.abs([float(points[bar.time_ms].price) / float(bar.close) - 1 for bar in bars]).mean() > 0.01


def test_market_cap_is_price_times_a_slowly_growing_supply(simulated):
    for coin in simulated.listing.coins:
        supply = np.array([float(point.market_cap) / float(point.price) for point in simulated.chart(coin)])
        growth = np.diff(supply) / supply[:-1]
        assert growth.min() > 0, coin
        assert growth.max() < 3e-4, coin


def test_the_last_chart_point_is_now():
    at_noon = SimulatedMarket(3, date(2020, 1, 1), datetime(2020, 5, 5, 12, 30, tzinfo=UTC))
    assert at_noon.chart("bitcoin")[-1].time_ms == epoch_ms(at_noon.now)
    assert float(at_noon.chart("bitcoin")[-1].price) == pytest.approx(
        float(at_noon.ticker("spot", "BTCUSDT").last), rel=2e-3
    )
    at_midnight = SimulatedMarket(3, date(2020, 1, 1), date(2020, 5, 5))
    assert [point.time_ms % DAY_MS for point in at_midnight.chart("bitcoin")[-2:]] == [0, 0]
