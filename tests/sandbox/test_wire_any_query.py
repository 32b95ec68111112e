"""Whatever a client sends, each provider's wire answers: a mistake of the client's is no failure of the server."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from foretune.sandbox.server import PROVIDERS

PATHS = {
    "bybit": [
        f"/v5/market/{name}"
        for name in ("kline", "tickers", "orderbook", "funding/history", "open-interest", "instruments-info", "time")
    ],
    "fred": ["/graph/fredgraph.csv"],
    "fred_api": ["/fred/series/observations", "/fred/series/vintagedates"],
    "alternative_me": ["/fng/"],
    "alphavantage": ["/query"],
    "coingecko": [
        f"/api/v3/{name}" for name in ("simple/price", "coins/bitcoin/market_chart", "coins/bitcoin/market_chart/range")
    ],
    "gdelt": ["/api/v2/doc/doc"],
    "files": ["/dxy.csv"],
}
SENSIBLE = {
    "category": ["linear", "spot"],
    "symbol": ["BTCUSDT", "BTC", "AAPL"],
    "interval": ["D", "daily"],
    "intervalTime": ["1d"],
    "id": ["DGS10"],
    "series_id": ["GDPC1", "DGS10"],
    "api_key": ["0" * 32],
    "file_type": ["json"],
    "function": ["DIGITAL_CURRENCY_DAILY", "TIME_SERIES_DAILY", "FX_DAILY", "SPLITS"],
    "market": ["USD"],
    "apikey": ["k"],
    "from_symbol": ["EUR"],
    "to_symbol": ["USD"],
    "ids": ["bitcoin,ripple"],
    "vs_currency": ["usd"],
    "vs_currencies": ["usd"],
    "x_cg_demo_api_key": ["k"],
    "query": ["(bitcoin OR btc)", '"', "(", ") OR ("],
    "format": ["json"],
    "mode": ["timelinetone", "timelinevol", "timelinevolraw", "artlist"],
    "cursor": ["lasttime%3D1700000000"],
}
NUMBERS = ["0", "1", "-1", "1e9", "²", "9" * 20, "9" * 5000, "1700000000", "1700000000000"]
FREE = {
    name: [*NUMBERS, "2023-01-01", "0001-01-01", "9999-12-31", "20230101000000", "00010101000000", "99991231235959"]
    for name in (
        *("start", "end", "startTime", "endTime", "limit", "offset", "cosd", "coed", "days", "from", "to"),
        *("observation_start", "observation_end", "realtime_start", "realtime_end", "sort_order"),
        *("timespan", "startdatetime", "enddatetime", "maxrecords", "sort", "outputsize", "cursor"),
    )
}
VALUES = {**FREE, **{name: [*SENSIBLE.get(name, []), *FREE.get(name, [])] for name in SENSIBLE}}


def queries() -> st.SearchStrategy[dict[str, str]]:
    named = {
        name: st.one_of(st.sampled_from(values), st.sampled_from(values), st.text(max_size=12))
        for name, values in VALUES.items()
    }
    sensible = {name: st.sampled_from(values) for name, values in SENSIBLE.items()}
    return st.one_of(
        st.fixed_dictionaries({}, optional=named),
        st.fixed_dictionaries(sensible, optional={name: named[name] for name in FREE if name not in SENSIBLE}),
    )


@pytest.mark.parametrize("provider", PROVIDERS)
@given(query=queries(), data=st.data())
@example(query={"days": "9" * 5000, "vs_currency": "usd"}, data=None)
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_query_gets_an_answer(simulated, provider, query, data):
    for path in PATHS[provider] if data is None else [data.draw(st.sampled_from(PATHS[provider]))]:
        answer = PROVIDERS[provider](simulated, path, query)
        assert answer.status in (200, 400, 401, 404)
        assert isinstance(answer.body, bytes)
