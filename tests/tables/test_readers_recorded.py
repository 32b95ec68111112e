"""Bodies the providers really sent, into facts. Every number here was read off the file by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foretune.tables.readers.alphavantage import read_daily
from foretune.tables.readers.bybit import read_open_interest
from foretune.tables.readers.coingecko import read_market_chart
from foretune.tables.readers.fred_api import read_fred_vintages
from foretune.tables.readers.gdelt import read_tone, read_volume
from foretune.tables.readers.gdelt_articles import read_articles
from foretune.tables.readers.google_trends import read_trends_csv

pytestmark = pytest.mark.realdata


def at(*ymd):
    return datetime(*ymd, tzinfo=UTC)


@pytest.fixture
def recorded(answer, wire_root):
    return lambda file: answer((wire_root / file).read_bytes(), file.partition("/")[0], fetched_at=at(2026, 11, 1))


def test_alpha_vantage_todays_names(recorded):
    page = recorded("alphavantage/digital_currency_daily_CURRENT_format_BTC_EUR_2026-06.json")
    rows = read_daily(page, symbol="BTC-EUR", asset_class="crypto").rows
    assert rows.select("event_at", "open", "close", "volume").rows() == [
        (at(2026, 6, 9), 54714.98, 53509.52, 604.8002813),
        (at(2026, 6, 10), 53505.38, 53408.24, 6.65581542),
    ]


def test_alpha_vantage_former_names_take_the_market_asked_for(recorded):
    page = recorded("alphavantage/digital_currency_daily_LEGACY_format_ETH_CNY_2023-09.json")
    rows = read_daily(page, symbol="ETH-CNY", asset_class="crypto").rows
    assert rows.select("open", "high", "low", "close", "volume").rows() == [
        (11692.14753, 11838.9894, 11688.07465, 11806.04271, 15747.8396)  # yuan, not dollars
    ]


def test_bybit_open_interest(recorded):
    rows = read_open_interest([recorded("bybit/docs_rest_open_interest.json")]).rows
    assert rows["value"].to_list() == [63942311, 63942311, 63910691, 63910691, 63910691]
    assert rows["event_at"][0] == at(2026, 6, 5)


@pytest.mark.parametrize("file", ["oas_market_chart", "oas_market_chart_range"])
def test_coingecko_minutes_are_no_daily_closes(recorded, file):
    found = read_market_chart([recorded(f"coingecko/{file}.json")], field="price")
    assert found.rows.is_empty()
    assert len(found.rejected) == 2


def test_fred_without_vintages_is_known_from_the_day_of_asking(recorded):
    found = read_fred_vintages(
        [recorded("fred/observations_output_type1_real_2023-11-11_partial.json")], series="GDPC1"
    )
    assert found.rows.select("event_at", "known_at", "value").row(0) == (at(1947, 1, 1), at(2023, 11, 12), 2182.681)
    dots = read_fred_vintages([recorded("fred/observations_missing_dot_UMCSENT_2016-03-02_partial.json")], series="X")
    assert (len(dots.rows), len(dots.rejected)) == (0, 0)


def test_gdelt_quarters_of_an_hour_become_days(recorded):
    rows = read_tone([recorded("gdelt/timelinetone_live_2026-09-01.json")]).rows
    assert rows["event_at"].to_list() == [at(2026, 8, 31), at(2026, 9, 1)]
    hours = read_tone([recorded("gdelt/timelinetone_live_2026-09-20_hourly.json")]).rows
    assert hours["value"].to_list() == pytest.approx([-1.6935 / 2 / 10])  # the 0 counts


def test_gdelt_counts(recorded):
    rows = read_volume([recorded("gdelt/timelinevolraw_shape.json")]).rows
    assert rows["value"].to_list() == [40, 60]


def test_gdelt_headlines(recorded):
    (row,) = read_articles([recorded("gdelt/artlist_spaced_punctuation.json")]).rows.iter_rows(named=True)
    assert row["title"] == "Mercury Systems, Inc. (MRCY): Among The Best Mid Cap Defense Stocks"
    found = read_articles([recorded("gdelt/artlist_shape_vgi.json")])
    assert found.rows["country"].to_list() == ["France", "United Kingdom"]
    assert len(found.rejected) == 1  # one article has no date


def test_google_trends_in_french(recorded):
    found = read_trends_csv(recorded("google_trends/multiTimeline_fr_monthly_2020_2025.csv"), "bitcoin")
    # 19, 20, 28, 23 at the beginning, and 96, 100 a year later
    assert found.rows["value"].to_list()[:4] == pytest.approx([100, 100, 100, 23 / 28 * 100])
    assert found.rows["known_at"][-1] == at(2025, 6, 4)  # May 2025; June was running
