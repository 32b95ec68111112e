"""The HTTP server around a market, on loopback. Routing and labels only; bodies come from `wire`."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from foretune.errors import ConfigError
from foretune.sandbox.faults import FaultPlan, FaultyApp
from foretune.sandbox.market import Market
from foretune.sandbox.wire import alphavantage, alternative_me, bybit, coingecko, files, fred, fred_api, gdelt
from foretune.sandbox.wire.answer import Answer

HOST: Final = "127.0.0.1"
ORIGIN_HEADER: Final = "X-Foretune-Origin"
_START_S: Final = 10.0

PROVIDERS: Final[Mapping[str, Callable[[Market, str, Mapping[str, str]], Answer]]] = {
    "bybit": bybit.answer,
    "fred": fred.answer,
    "fred_api": fred_api.answer,
    "alternative_me": alternative_me.answer,
    "alphavantage": alphavantage.answer,
    "coingecko": coingecko.answer,
    "gdelt": gdelt.answer,
    "files": files.answer,
}


def app(market: Market, faults: FaultPlan | None = None) -> ASGIApp:
    """The ASGI application: each provider below its own name, a table of contents at `/`.

    With `faults` a share of the providers' answers goes wrong.
    """

    async def contents(request: Request) -> Response:
        return _labelled(Answer.json(describe(market)))

    async def provider(request: Request) -> Response:
        answer = PROVIDERS.get(request.path_params["provider"])
        if answer is None:
            return _labelled(Answer.text(f"no such provider; here are: {', '.join(PROVIDERS)}\n", 404))
        return _labelled(answer(market, f"/{request.path_params['path']}", _query(request)))

    def _labelled(answer: Answer) -> Response:
        return Response(answer.body, answer.status, {**answer.headers, **labels}, answer.media_type)

    labels = {ORIGIN_HEADER: market.origin.value}
    served = Starlette(routes=[Route("/", contents), Route("/{provider}/{path:path}", provider)])
    return served if faults is None else FaultyApp(served, faults, labels)


def _query(request: Request) -> dict[str, str]:
    """The parameters; a key that CoinGecko also takes as a header is one of them."""
    named = {key: request.headers.get(key.replace("_", "-"), "") for key in coingecko.KEYS}
    return {**{key: value for key, value in named.items() if value}, **request.query_params}


def describe(market: Market) -> dict[str, object]:
    """What `market` serves and at which moment, for people and for `GET /`."""
    listing = market.listing
    klines: dict[str, list[str]] = {}
    for (category, interval), symbols in listing.klines.items():
        klines[f"{category} {interval}"] = sorted(symbols)
    return {
        "origin": market.origin.value,
        "now": market.now.isoformat(),
        "bybit": {
            "kline": klines,
            "funding": sorted(listing.funding),
            "open_interest": sorted(listing.open_interest),
        },
        "fred": sorted(listing.fred),
        "fred_api": {"observations": sorted(listing.fred), "vintages": sorted(listing.vintages)},
        "alternative_me": ["fng"] if listing.fear_greed else [],
        "alphavantage": {
            "DIGITAL_CURRENCY_DAILY": sorted(listing.crypto),
            "TIME_SERIES_DAILY": sorted(listing.equity),
            "FX_DAILY": sorted(listing.fx),
            "SPLITS": sorted(listing.splits),
        },
        "coingecko": sorted(listing.coins),
        "gdelt": {"timeline": dict(sorted(listing.news.items())), "artlist": sorted(listing.articles)},
        "files": sorted(listing.files),
    }


class Sandbox:
    """A running server around `market`, in a thread of this process, for the length of a `with`.

    `port` 0 takes a free one. `root` is the address every provider is below, as
    `Endpoints.at(sandbox.root)` wants it. With `faults` a share of the answers goes wrong.

    Raises:
        ConfigError: the port is taken, or the server did not start.
    """

    def __init__(self, market: Market, port: int = 0, faults: FaultPlan | None = None) -> None:
        self.market = market
        self.faults = faults
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def root(self) -> str:
        """`http://127.0.0.1:<port>`, without a trailing slash."""
        if self._server is None:
            raise ConfigError("the sandbox is not running; use it as a context manager")
        return f"http://{HOST}:{self._port}"

    def __enter__(self) -> Self:
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        self._server = _server(self.market, self.faults)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="foretune-sandbox", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise ConfigError(f"the sandbox did not start on port {listener.getsockname()[1]}")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=_START_S)
        self._server = self._thread = None


def serve(
    market: Market,
    port: int = 8790,
    started: Callable[[str], None] | None = None,
    faults: FaultPlan | None = None,
) -> None:
    """Serve `market` on loopback until interrupted; `started` is called with the root address.

    With `faults` a share of the answers goes wrong.

    Raises:
        ConfigError: the port is taken.
    """
    with _closing(_listen(port)) as listener:
        if started is not None:
            started(f"http://{HOST}:{listener.getsockname()[1]}")
        # uvicorn hands the interrupt on after a clean stop: for us it is the normal end
        with contextlib.suppress(KeyboardInterrupt):
            _server(market, faults).run(sockets=[listener])


def _server(market: Market, faults: FaultPlan | None) -> uvicorn.Server:
    config = uvicorn.Config(
        app(market, faults),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only on sockets that say they are TCP; with it on, a small answer takes 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as exc:
        listener.close()
        raise ConfigError(f"port {port} on {HOST} cannot be used ({exc}); choose another, 0 takes a free one") from exc
    return listener


@contextlib.contextmanager
def _closing(listener: socket.socket) -> Iterator[socket.socket]:
    try:
        yield listener
    finally:
        listener.close()
