"""Bodies the providers really sent, each to the error it stands for."""

from __future__ import annotations

import httpx2
import pytest
from pydantic import SecretStr

from foretune.errors import AccessDenied, MalformedResponse, RateLimited, RequestRefused, SourceUnavailable
from foretune.sources.alphavantage import AlphaVantageSource
from foretune.sources.alternative_me import AlternativeMeSource
from foretune.sources.bybit import BybitSource
from foretune.sources.fred import FredSource

pytestmark = pytest.mark.realdata

REFUSALS = [
    ("bybit/err_10016_server.json", 200, SourceUnavailable, None),
    ("bybit/err_bad_symbol_10001_instruments_linear.json", 200, RequestRefused, None),
    ("bybit/err_bad_symbol_10001_orderbook.json", 200, RequestRefused, None),
    ("bybit/err_rate_limit_10006.json", 200, RateLimited, None),
    ("bybit/err_http403_geo_cloudfront.txt", 403, AccessDenied, None),
    ("bybit/err_http403_ip_rate.txt", 403, RateLimited, 600.0),
    ("bybit/err_http404_unknown_path.txt", 404, RequestRefused, None),
    ("fred/err_http400_series_missing.json", 400, RequestRefused, None),
    ("fred/err_http429_rate_limit.json", 429, RateLimited, None),
    ("alphavantage/err_http200_empty_object.json", 200, MalformedResponse, None),
    ("alphavantage/err_http200_information_burst_1rps.json", 200, RateLimited, 1.5),
    ("alphavantage/err_http200_information_daily_25.json", 200, RateLimited, 86_400.0),
    ("alphavantage/err_http200_note_legacy.json", 200, RateLimited, 86_400.0),
    ("alphavantage/err_http200_invalid_call_crypto.json", 200, RequestRefused, None),
    ("alphavantage/err_http200_missing_key.json", 200, AccessDenied, None),
    ("alphavantage/err_http200_premium_outputsize_full.json", 200, AccessDenied, None),
]


@pytest.mark.parametrize(("file", "status", "error", "retry_after"), REFUSALS, ids=[each[0] for each in REFUSALS])
def test_a_recorded_refusal_is_its_typed_error(scripted, wire_root, file, status, error, retry_after):
    client, _ = scripted(httpx2.Response(status, content=(wire_root / file).read_bytes()), attempts=1)
    ask = {
        "bybit": lambda: BybitSource(client, "https://x.test").orderbook("BTCUSDT", "linear"),
        "fred": lambda: FredSource(client, "https://x.test").graph_csv("DGS10"),
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
