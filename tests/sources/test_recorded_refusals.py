"""Bodies the providers really sent, each to the error it stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import httpx2
import pytest
from pydantic import SecretStr

from foretune.errors import AccessDenied, MalformedResponse, RateLimited, RequestRefused, SourceUnavailable
from foretune.sources.alphavantage import AlphaVantageSource
from foretune.sources.alternative_me import AlternativeMeSource
from foretune.sources.bybit import BybitSource
from foretune.sources.coingecko import CoinGeckoSource
from foretune.sources.fred import FredSource
from foretune.sources.fred_api import FredApiSource
from foretune.sources.gdelt import GdeltSource

pytestmark = pytest.mark.realdata

DAY = date(2026, 9, 1)
REFUSALS = [
    ("bybit/err_10016_server.json", 200, SourceUnavailable, None),
    ("bybit/err_bad_symbol_10001_instruments_linear.json", 200, RequestRefused, None),
    ("bybit/err_bad_symbol_10001_orderbook.json", 200, RequestRefused, None),
    ("bybit/err_rate_limit_10006.json", 200, RateLimited, None),
    ("bybit/err_http403_geo_cloudfront.txt", 403, AccessDenied, None),
    ("bybit/err_http403_ip_rate.txt", 403, RateLimited, 600.0),
    ("bybit/err_http404_unknown_path.txt", 404, RequestRefused, None),
    ("fred/err_http400_series_missing.json", 400, RequestRefused, None),
    ("fred/err_http400_unregistered_key.json", 400, AccessDenied, None),
    ("fred/err_http429_rate_limit.json", 429, RateLimited, None),
    ("coingecko/err_http400_missing_vs_currency.json", 400, RequestRefused, None),
    ("coingecko/err_http400_wrong_root_url_10010.json", 400, AccessDenied, None),
    ("coingecko/err_http401_range_over_365d_10012.json", 401, AccessDenied, None),
    ("coingecko/err_http404_coin_not_found.json", 404, RequestRefused, None),
    ("coingecko/err_http429_rate_limit.json", 429, RateLimited, 15.0),
    ("gdelt/err_http200_text_keyword_too_short.txt", 200, RequestRefused, None),
    ("gdelt/err_http200_text_or_without_parens.txt", 200, RequestRefused, None),
    ("gdelt/err_http200_text_query_length.txt", 200, RequestRefused, None),
    ("gdelt/err_http200_text_timespan_too_short.txt", 200, RequestRefused, None),
    ("gdelt/err_http429_text_rate_limit.txt", 429, RateLimited, 15.0),
    ("gdelt/err_http429_text_rate_limit.txt", 200, RateLimited, 15.0),  # the same text was seen with 200
    ("alphavantage/err_http200_empty_object.json", 200, MalformedResponse, None),
    ("alphavantage/err_http200_information_burst_1rps.json", 200, RateLimited, 1.5),
    ("alphavantage/err_http200_information_daily_25.json", 200, RateLimited, 86_400.0),
    ("alphavantage/err_http200_note_legacy.json", 200, RateLimited, 86_400.0),
    ("alphavantage/err_http200_invalid_call_crypto.json", 200, RequestRefused, None),
    ("alphavantage/err_http200_missing_key.json", 200, AccessDenied, None),
    ("alphavantage/err_http200_premium_outputsize_full.json", 200, AccessDenied, None),
]


def test_every_recorded_refusal_is_in_the_list(wire_root):
    recorded = {f"{path.parent.name}/{path.name}" for path in wire_root.glob("*/err_*")}
    assert recorded == {each[0] for each in REFUSALS}


@pytest.mark.parametrize(
    ("file", "status", "error", "retry_after"), REFUSALS, ids=[f"{each[0]}-{each[1]}" for each in REFUSALS]
)
def test_a_recorded_refusal_is_its_typed_error(scripted, wire_root, file, status, error, retry_after):
    client, _ = scripted(httpx2.Response(status, content=(wire_root / file).read_bytes()), attempts=1)
    ask = {
        "bybit": lambda: BybitSource(client, "https://x.test").orderbook("BTCUSDT", "linear"),
        "fred": lambda: FredApiSource(client, "https://x.test", SecretStr("k" * 32)).observations("DGS10"),
        "coingecko": lambda: CoinGeckoSource(client, "https://x.test").market_chart("bitcoin", 366),
        "gdelt": lambda: GdeltSource(client, "https://x.test").timelinetone("bitcoin", DAY, DAY),
        "alphavantage": lambda: AlphaVantageSource(client, "https://x.test", SecretStr("k" * 16)).crypto_daily("BTC"),
    }[file.partition("/")[0]]

    with pytest.raises(error) as caught:
        ask()

    assert type(caught.value) is error
    assert getattr(caught.value, "retry_after", None) == retry_after


def test_recorded_good_bodies_are_taken(scripted, wire_root):
    def source(kind, file, *extra):
        return kind(
            scripted(httpx2.Response(200, content=(wire_root / file).read_bytes()))[0], "https://x.test", *extra
        )

    current = "alphavantage/digital_currency_daily_CURRENT_format_BTC_EUR_2026-06.json"
    legacy = "alphavantage/digital_currency_daily_LEGACY_format_ETH_CNY_2023-09.json"
    source(BybitSource, "bybit/docs_rest_tickers_inverse_BTCUSD.json").ticker("BTCUSD", "inverse")
    source(FredSource, "fred/fredgraph_csv_both_missing_styles.csv").graph_csv("DGS10")
    source(AlternativeMeSource, "alternative_me/fng_limit2_2026-04-27.json").fear_greed(2)
    for file in (current, legacy):
        page = source(AlphaVantageSource, file, SecretStr("k" * 16)).crypto_daily("BTC", "EUR")
        assert page.body == (wire_root / file).read_bytes()  # handed on untouched

    gecko = source(CoinGeckoSource, "coingecko/oas_market_chart.json")
    assert gecko.market_chart("bitcoin", 1).body == (wire_root / "coingecko/oas_market_chart.json").read_bytes()
    source(CoinGeckoSource, "coingecko/oas_simple_price.json").simple_price(["bitcoin"])
    source(BybitSource, "bybit/docs_rest_instruments_linear_BTCUSDT_perp.json").instruments_info("linear", "BTCUSDT")
    dates = source(FredApiSource, "fred/series_vintagedates_shape.json", SecretStr("k" * 32))
    assert len(dates.vintage_dates("X")) == 1


@pytest.mark.parametrize("file", ["timelinetone_live_2026-09-01", "timelinetone_live_2026-09-20_hourly"])
def test_recorded_timelines_are_taken(scripted, wire_root, file):
    client, _ = scripted(httpx2.Response(200, content=(wire_root / f"gdelt/{file}.json").read_bytes()))
    assert len(GdeltSource(client, "https://x.test").timelinetone("oil", DAY, DAY)) == 1


@pytest.mark.parametrize(
    "file", ["artlist_shape_vgi", "artlist_spaced_punctuation", "empty_articles", "empty_object_http200_no_match"]
)
def test_recorded_article_lists_are_taken(scripted, wire_root, file):
    client, _ = scripted(httpx2.Response(200, content=(wire_root / f"gdelt/{file}.json").read_bytes()))
    now = datetime(2026, 9, 1, tzinfo=UTC)
    assert len(GdeltSource(client, "https://x.test").artlist("oil", now, now)) == 1
