"""GDELT, CoinGecko, FRED's vintages and open interest over real HTTP from the simulated market."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from foretune.errors import AccessDenied, RequestRefused
from foretune.origin import Origin
from foretune.sources.bybit import BybitSource
from foretune.sources.coingecko import CoinGeckoSource
from foretune.sources.fred_api import FredApiSource
from foretune.sources.gdelt import GdeltSource

START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def stamps(pages):
    return [int(row["timestamp"]) for page in pages for row in page.json()["result"]["list"]]


def ms(at):
    return int(at.timestamp() * 1000)


times = st.datetimes(datetime(2019, 11, 1), datetime(2024, 2, 1), timezones=st.just(UTC))


@settings(max_examples=8, deadline=None)
@given(first=times, second=times)
def test_any_range_has_every_stamp_of_open_interest_once(http, sandbox, first, second):
    start, end = min(first, second), max(first, second)
    found = stamps(BybitSource(http, f"{sandbox.root}/bybit").open_interest("BTCUSDT", "linear", "1d", start, end))
    days = (START + DAY * at for at in range(1462))  # up to and with the sandbox's now
    assert sorted(found) == [ms(day) for day in days if ms(start) <= ms(day) <= ms(end)]


def test_years_of_tone_come_by_the_day(http, sandbox):
    (page,) = GdeltSource(http, f"{sandbox.root}/gdelt").timelinetone(
        "(bitcoin OR btc)", date(2020, 1, 1), date(2023, 12, 31)
    )
    assert page.origin is Origin.SIMULATED
    assert len(page.json()["timeline"][0]["data"]) == 1461


def test_half_a_year_of_headlines_comes_whole_and_each_once(http, sandbox):
    gdelt = GdeltSource(http, f"{sandbox.root}/gdelt")
    start, second = datetime(2021, 10, 1, tzinfo=UTC), timedelta(seconds=1)

    def urls(first, days):
        pages = gdelt.artlist("bitcoin", first, first + DAY * days - second)
        return [row["url"] for page in pages for row in page.json()["articles"]]

    whole = urls(start, 182)

    assert len(whole) > 250  # more than one answer may hold
    assert sorted(whole) == sorted(url for at in range(14) for url in urls(start + DAY * 13 * at, 13))


def test_a_coins_history_needs_a_key_beyond_a_year(http, sandbox):
    root = f"{sandbox.root}/coingecko"
    with pytest.raises(AccessDenied, match="365 days"):
        CoinGeckoSource(http, root).market_chart_range("bitcoin", START, END)
    chart = CoinGeckoSource(http, root, SecretStr("CG-any")).market_chart_range("bitcoin", START, END).json()
    assert len(chart["market_caps"]) >= 1461
    assert len(CoinGeckoSource(http, root).market_chart("bitcoin", 365).json()["prices"]) == 366  # today's 00:00 too


def test_vintages_start_when_they_were_published(http, sandbox):
    fred = FredApiSource(http, f"{sandbox.root}/fred_api", SecretStr("a" * 32))
    (page,) = fred.observations("GDPC1", date(2022, 1, 1), date(2022, 1, 1))
    began = [row["realtime_start"] for row in page.json()["observations"]]
    assert len(began) > 1  # revised
    assert began == sorted(began)
    assert began[0] > "2022-03-31"  # not before the quarter was over
    with pytest.raises(RequestRefused, match="NOPE"):
        fred.observations("NOPE")
