"""CoinGecko on the wire: what is sent, with its characters, and every documented refusal."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from foretune.sandbox.market import DAY_MS, epoch_ms
from foretune.sandbox.wire import coingecko

NOON = epoch_ms(datetime(2024, 3, 12, 12, tzinfo=UTC))
MIDNIGHT = NOON - DAY_MS // 2
KEY = {"x_cg_demo_api_key": "k"}


def ask(market, path, /, **query):
    answer = coingecko.answer(market, f"/api/v3/{path}", query)
    return answer.status, json.loads(answer.body)


def chart(market, coin="bitcoin", **query):
    status, body = ask(market, f"coins/{coin}/market_chart", vs_currency="usd", **query)
    assert status == 200
    return body


def test_numbers_leave_with_their_own_characters(small):
    answer = coingecko.answer(small, "/api/v3/coins/bitcoin/market_chart", {"vs_currency": "usd", "days": "100"})
    assert f"[{MIDNIGHT},1000.10]".encode() in answer.body
    assert f"[{MIDNIGHT},2e6]".encode() in answer.body
    assert f"[{MIDNIGHT},0.0]".encode() in answer.body  # unknown there, and sent as it is


def test_the_last_point_is_now_and_no_close(small):
    stamps = [stamp for stamp, _ in chart(small, days="100")["prices"]]
    assert stamps[-2:] == [MIDNIGHT, NOON]
    assert stamps[0] == MIDNIGHT - 99 * DAY_MS  # the first midnight within the last 100 days


def test_at_midnight_the_days_own_point_is_the_last(small):
    small.now = datetime(2024, 3, 12, tzinfo=UTC)
    stamps = [stamp for stamp, _ in chart(small, days="365")["prices"]]
    assert (stamps[-1], len(stamps)) == (MIDNIGHT, 366)  # both ends


def test_a_point_without_a_price_is_left_out_and_another_number_may_be_null(small):
    small.now = datetime(2024, 3, 12, tzinfo=UTC)
    assert chart(small, "thin", days="5", interval="daily") == {
        "prices": [[MIDNIGHT - DAY_MS, 1.5], [MIDNIGHT, 3.0]],
        "market_caps": [[MIDNIGHT - DAY_MS, None], [MIDNIGHT, 0]],
        "total_volumes": [[MIDNIGHT - DAY_MS, 7], [MIDNIGHT, None]],
    }


def test_a_range_has_both_ends(small):
    span = {"from": str((MIDNIGHT - 3 * DAY_MS) // 1000), "to": str((MIDNIGHT - DAY_MS) // 1000)}
    _, body = ask(small, "coins/bitcoin/market_chart/range", vs_currency="usd", interval="daily", **span)
    assert [price for _, price in body["prices"]] == [997.1, 998.1, 999.1]


@pytest.mark.parametrize("days", ["366", "max", "4000"])
def test_more_than_a_year_needs_a_key(small, days):
    status, body = ask(small, "coins/bitcoin/market_chart", vs_currency="usd", days=days)
    assert (status, body["error"]["status"]["error_code"]) == (401, 10012)
    assert len(chart(small, days=days, **KEY)["prices"]) == {"366": 367, "max": 401, "4000": 401}[days]


def test_a_range_that_begins_more_than_a_year_ago_needs_a_key(small):
    span = {"from": str((NOON - 366 * DAY_MS) // 1000), "to": str(NOON // 1000), "vs_currency": "usd"}
    status, body = ask(small, "coins/bitcoin/market_chart/range", **span)
    assert (status, body["error"]["status"]["error_code"]) == (401, 10012)
    assert ask(small, "coins/bitcoin/market_chart/range", **span, **KEY)[0] == 200


@pytest.mark.parametrize(
    ("path", "query", "status", "said"),
    [
        ("coins/btc/market_chart", {"vs_currency": "usd", "days": "365"}, 404, "coin not found"),
        ("coins/bitcoin/market_chart", {"days": "365"}, 400, "Missing parameter vs_currency"),
        ("coins/bitcoin/market_chart", {"vs_currency": "eur", "days": "365"}, 400, "invalid vs_currency"),
        ("coins/bitcoin/market_chart", {"vs_currency": "usd"}, 400, "Missing parameter days"),
        ("coins/bitcoin/market_chart", {"vs_currency": "usd", "days": "0"}, 400, "Invalid value for parameter days"),
        ("coins/bitcoin/market_chart", {"vs_currency": "usd", "days": "one"}, 400, "Invalid value for parameter days"),
        # hours, as the provider would send them, are not there
        ("coins/bitcoin/market_chart", {"vs_currency": "usd", "days": "90"}, 400, "ask with interval=daily"),
        (
            "coins/bitcoin/market_chart",
            {"vs_currency": "usd", "days": "365", "interval": "hourly"},
            400,
            "ask with interval=daily",
        ),
        ("coins/bitcoin/market_chart/range", {"vs_currency": "usd", "from": "1"}, 400, "Missing parameter to"),
        (
            "coins/bitcoin/market_chart/range",
            {"vs_currency": "usd", "from": "-1", "to": "2"},
            400,
            "Invalid value for parameter from",
        ),
        ("simple/price", {"ids": "bitcoin"}, 400, "Missing parameter vs_currencies"),
        ("coins/bitcoin/ohlc", {}, 404, "this sandbox has"),
    ],
)
def test_refusals(small, path, query, status, said):
    found, body = ask(small, path, **query)
    assert found == status
    assert said in body["error"]


def test_the_root_of_the_interface_is_needed(small):
    assert coingecko.answer(small, "/coins/bitcoin/market_chart", {"vs_currency": "usd", "days": "365"}).status == 404


def test_a_current_price_is_the_newest_point_with_its_time(small):
    more = {f"include_{name}": "true" for name in ("market_cap", "24hr_vol", "24hr_change", "last_updated_at")}
    _, body = ask(small, "simple/price", ids="thin,bitcoin,nothing", vs_currencies="usd", **more)
    assert body == {
        "thin": {
            "usd": 3.0,
            "usd_market_cap": 0,
            "usd_24h_vol": None,
            "usd_24h_change": 100.0,  # 1.50 to 3.0
            "last_updated_at": MIDNIGHT // 1000,
        },
        "bitcoin": {
            "usd": 1000.1,
            "usd_market_cap": 2e6,
            "usd_24h_vol": 0.0,
            "usd_24h_change": 0.10009,  # 999.10 to 1000.10
            "last_updated_at": MIDNIGHT // 1000,
        },
    }


def test_an_unknown_coin_or_currency_is_left_out(small):
    assert ask(small, "simple/price", ids="nothing", vs_currencies="usd") == (200, {})
    assert ask(small, "simple/price", ids="bitcoin", vs_currencies="eur") == (200, {})
