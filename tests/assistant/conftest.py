"""A written context, completers that follow a script, and an exchange whose every answer can be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import pytest

from foretune.answers.context import MarketContext
from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sources.bybit import BybitSource
from foretune.sources.http import HttpClient

NOW = datetime(2024, 3, 1, 13, tzinfo=UTC)


@dataclass
class Completion:
    text: str
    stopped: bool = True


@dataclass
class Script:
    """Answers call number n with `texts[n]` (the last for ever); a list gives one text per sample in turn."""

    texts: Sequence[str | Sequence[str]]
    stopped: bool = True
    calls: list[dict[str, Any]] = field(default_factory=list)

    def __call__(
        self, prompts: Sequence[str], *, samples: int, temperature: float, seed: int
    ) -> list[list[Completion]]:
        said = self.texts[min(len(self.calls), len(self.texts) - 1)]
        self.calls.append({"prompts": list(prompts), "samples": samples, "temperature": temperature, "seed": seed})
        texts = [said] if isinstance(said, str) else said
        return [[Completion(texts[n % len(texts)], self.stopped) for n in range(samples)] for _ in prompts]


@pytest.fixture
def script() -> type[Script]:
    return Script


@pytest.fixture
def context() -> MarketContext:
    return MarketContext(
        symbol="BTCUSDT", as_of=NOW, origin="simulated", price=60_000.0, change_24h_pct=2.5, high_24h=61_000.0,
        low_24h=58_500.0, vs_sma_50_pct=4.0, vs_sma_200_pct=-3.0, rsi_14=72.0, volatility_30d=0.45,
        volatility_90d=0.5, funding_rate=0.0001,
    )  # fmt: skip


@dataclass
class Exchange:
    """Bybit's ticker and daily klines, as the exchange would send them at `now`, open to change."""

    now: datetime = NOW
    days: int = 400
    newest: datetime = datetime(2024, 3, 1, tzinfo=UTC)  # opening of the newest candle, unfinished at `now`
    ticker: dict[str, str] = field(
        default_factory=lambda: {
            "symbol": "BTCUSDT", "lastPrice": "60000.5", "price24hPcnt": "0.025", "highPrice24h": "61000.0",
            "lowPrice24h": "58500.0", "fundingRate": "0.0001",
        }
    )  # fmt: skip
    tickers: list[Any] | None = None
    time: Any = None

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/tickers"):
            result: dict[str, Any] = {"list": [self.ticker] if self.tickers is None else self.tickers}
        else:
            end, start = (int(request.url.params[name]) for name in ("end", "start"))
            candles = [self.candle(back) for back in range(self.days)]
            result = {"symbol": "BTCUSDT", "list": [row for row in candles if start <= int(row[0]) <= end]}
        stamp = round(self.now.timestamp() * 1000) if self.time is None else self.time
        return httpx2.Response(200, json={"retCode": 0, "retMsg": "OK", "result": result, "time": stamp})

    def candle(self, back: int) -> list[str]:
        opened = self.newest - timedelta(days=back)
        close = 50_000 + 100 * (back % 7)  # moves, and repeats every week
        low, high = close - 200, close + 200
        numbers = [close, high, low, close, 10, 500_000]
        return [str(round(opened.timestamp() * 1000)), *(str(number) for number in numbers)]


@pytest.fixture
def exchange() -> Iterator[Callable[..., BybitSource]]:
    """`exchange(days=30, …)` is a source in front of an exchange with these changes."""
    clients: list[HttpClient] = []

    def make(**changes: Any) -> BybitSource:
        clients.append(HttpClient(transport=httpx2.MockTransport(Exchange(**changes).handle), sleep=lambda _: None))
        return BybitSource(clients[-1], "https://exchange.test")

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def simulated() -> Iterator[BybitSource]:
    """A running simulated market at 2024-01-01 13:00 UTC."""
    market = SimulatedMarket(seed=3, start=date(2022, 1, 1), end=datetime(2024, 1, 1, 13, tzinfo=UTC))
    with Sandbox(market) as running, HttpClient() as http:
        yield BybitSource(http, f"{running.root}/bybit")
