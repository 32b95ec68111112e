"""A scripted provider behind `HttpClient`, and a running simulated sandbox."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx2
import pytest

from foretune.sandbox.server import Sandbox
from foretune.sandbox.simulated import SimulatedMarket
from foretune.sources.http import HttpClient


@dataclass
class Provider:
    """Answers requests with `answers` in turn (the last for ever; a callable makes one); keeps what was asked."""

    answers: list[httpx2.Response | Exception | Callable[[], httpx2.Response]]
    requests: list[httpx2.Request] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)
    now: float = 0.0

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


@pytest.fixture
def scripted() -> Iterator[Callable[..., tuple[HttpClient, Provider]]]:
    """`scripted(answer, …, **client_options)` → (client, provider). Time only passes in sleeps."""
    clients: list[HttpClient] = []

    def make(
        *answers: httpx2.Response | Exception | Callable[[], httpx2.Response], **options: object
    ) -> tuple[HttpClient, Provider]:
        provider = Provider(list(answers))
        transport = httpx2.MockTransport(provider.handle)
        client = HttpClient(transport=transport, sleep=provider.sleep, clock=lambda: provider.now, **options)
        clients.append(client)
        return client, provider

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """1,461 days of a simulated market, 2020-01-01 to 2024-01-01, over real HTTP."""
    with Sandbox(SimulatedMarket(seed=3, start=date(2020, 1, 1), end=date(2024, 1, 1))) as running:
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[HttpClient]:
    with HttpClient() as client:
        yield client


@pytest.fixture(scope="session")
def wire_root() -> Path:
    """The providers' recorded bodies, which are not part of the project."""
    root = Path(os.environ.get("FORETUNE_WIRE") or Path(__file__).parents[2] / "../shared/wire").resolve()
    if not root.is_dir():
        pytest.skip("the recorded provider bodies are not here; set FORETUNE_WIRE to their folder")
    return root
