"""Faults: each once over real HTTP, in the provider's words, and the same again for the same seed."""

from __future__ import annotations

import json
import time

import httpx2
import pytest
from pydantic import ValidationError

from foretune.errors import ConfigError
from foretune.sandbox.faults import PASSING, Fault, FaultPlan, kinds_named
from foretune.sandbox.server import Sandbox

KLINE = "/bybit/v5/market/kline?category=linear&symbol=BTCUSDT&interval=D&limit=5"
YIELDS = "/fred/graph/fredgraph.csv?id=DGS10&cosd=2023-12-01"
READINGS = "/alternative_me/fng/?limit=3"
COIN = "/alphavantage/query?function=DIGITAL_CURRENCY_DAILY&symbol=BTC&market=USD&apikey=k"


@pytest.fixture
def faulty(simulated):
    """A client of a sandbox whose first answer at every address has one fault, the later ones none."""
    opened = []

    def start(kind, **more):
        sandbox = Sandbox(simulated, faults=FaultPlan(kinds=(kind,), rate=0.0, first=1, **more))
        sandbox.__enter__()
        client = httpx2.Client(base_url=sandbox.root, trust_env=False)
        opened.extend((client, sandbox))
        return client

    yield start
    for each in opened:
        each.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (KLINE, 200, '"retCode":10006,"retMsg":"Too many visits!"'),
        (COIN, 200, '"Information":"Thank you for using Alpha Vantage! Please consider spreading out'),
        ("/coingecko/api/v3/ping", 429, "exceeded the Rate Limit"),
        ("/fred_api/fred/series/observations", 429, "Too Many Requests.  Exceeded Rate Limit"),
        ("/gdelt/api/v2/doc/doc", 429, "Please limit requests to one every 5 seconds"),
        (YIELDS, 429, "Too Many Requests"),
        (READINGS, 429, "Too Many Requests"),
        ("/files/dxy.csv", 429, "Too Many Requests"),
    ],
)
def test_asked_too_often_is_said_in_the_providers_words(faulty, path, status, said):
    client = faulty(Fault.RATE_LIMITED, retry_after_s=3)
    first, second = client.get(path), client.get(path)
    assert first.status_code == status
    assert said in first.text
    assert first.headers["X-Foretune-Origin"] == "simulated"
    if status == 429:
        assert first.headers["Retry-After"] == "3"
    assert said not in second.text


def test_bybit_says_when_its_limit_ends(faulty):
    headers = faulty(Fault.RATE_LIMITED, retry_after_s=3).get(KLINE).headers
    assert 0 < int(headers["X-Bapi-Limit-Reset-Timestamp"]) / 1000 - time.time() <= 3


def test_a_ban_is_bybits_and_elsewhere_a_rate_limit(faulty):
    client = faulty(Fault.BANNED)
    banned, elsewhere = client.get(KLINE), client.get(READINGS)
    assert (banned.status_code, banned.text) == (403, "403, access too frequent")
    assert elsewhere.status_code == 429


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (KLINE, 200, '"retCode":10016,"retMsg":"Server error"'),
        ("/fred_api/fred/series/observations", 500, "Internal Server Error"),
        (YIELDS, 502, "502 Bad Gateway"),
        (COIN, 502, "502 Bad Gateway"),
    ],
)
def test_trouble_of_the_providers_own(faulty, path, status, said):
    answer = faulty(Fault.SERVER_ERROR).get(path)
    assert answer.status_code == status
    assert said in answer.text


def test_a_web_page_in_place_of_data(faulty):
    answer = faulty(Fault.HTML).get(KLINE)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_half_of_a_body_that_looks_complete(faulty):
    client = faulty(Fault.TRUNCATED)
    half, whole = client.get(READINGS), client.get(READINGS)
    assert half.status_code == 200
    assert half.content == whole.content[: len(whole.content) // 2]
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        half.json()


def test_rows_that_lost_all_but_their_first_cell(faulty):
    client = faulty(Fault.EMPTY_FIELDS)
    emptied, whole = client.get(KLINE).json(), client.get(KLINE).json()
    assert emptied["retCode"] == 0
    assert emptied["result"]["list"] == [[row[0], *[""] * 6] for row in whole["result"]["list"]]

    series = client.get(COIN).json()["Time Series (Digital Currency Daily)"]["2023-12-31"]
    assert list(series.values())[1:] == [""] * 4
    lines = client.get(YIELDS).text.splitlines()
    assert lines[:2] == ["observation_date,DGS10", "2023-12-01,"]


def test_a_body_that_comes_late_comes_whole(faulty):
    client = faulty(Fault.SLOW, slow_s=0.3)
    began = time.monotonic()
    late = client.get(KLINE)
    assert time.monotonic() - began >= 0.3
    assert late.content == client.get(KLINE).content


def test_a_connection_that_ends_in_the_middle(faulty, capfd):
    client = faulty(Fault.RESET)
    with pytest.raises(httpx2.RemoteProtocolError, match=r"incomplete|without sending complete"):
        client.get(KLINE)
    assert len(client.get(KLINE).json()["result"]["list"]) == 5
    assert capfd.readouterr().err == ""  # meant, so not reported as a failure of the server


def test_the_table_of_contents_never_fails(simulated):
    with Sandbox(simulated, faults=FaultPlan(kinds=(Fault.RESET,), rate=1.0)) as sandbox:
        assert httpx2.get(sandbox.root, trust_env=False).json()["origin"] == "simulated"


def test_one_seed_makes_one_run():
    plan = FaultPlan(rate=0.3, seed=5)
    run = [plan.fault(KLINE, nth) for nth in range(400)]
    assert run == [FaultPlan(rate=0.3, seed=5).fault(KLINE, nth) for nth in range(400)]
    assert run != [FaultPlan(rate=0.3, seed=6).fault(KLINE, nth) for nth in range(400)]
    assert run != [plan.fault(READINGS, nth) for nth in range(400)]
    assert set(run) == {None, *Fault}
    assert 90 <= sum(fault is not None for fault in run) <= 150  # 120 expected, deviation 9


@pytest.mark.parametrize(("rate", "expected"), [(0.0, None), (1.0, Fault.HTML)])
def test_a_rate_of_none_and_of_all(rate, expected):
    plan = FaultPlan(kinds=(Fault.HTML,), rate=rate)
    assert {plan.fault(f"/{number}", 0) for number in range(200)} == {expected}


def test_the_first_requests_fail_in_turns():
    plan = FaultPlan(kinds=(Fault.HTML, Fault.RESET), rate=0.0, first=3)
    assert [plan.fault(KLINE, nth) for nth in range(4)] == [Fault.HTML, Fault.RESET, Fault.HTML, None]


@pytest.mark.parametrize(
    "wrong", [{"rate": 1.5}, {"rate": -0.1}, {"kinds": ()}, {"first": -1}, {"slow_s": 0}, {"kind": (Fault.HTML,)}]
)
def test_a_plan_that_is_none_is_refused(wrong):
    with pytest.raises(ValidationError):
        FaultPlan(**wrong)


def test_kinds_are_named_in_words():
    assert kinds_named("all") == tuple(Fault)
    assert kinds_named(" passing ") == PASSING
    assert kinds_named("slow,reset") == (Fault.SLOW, Fault.RESET)


@pytest.mark.parametrize("text", ["sloth", "slow,sloth", "", ","])
def test_what_is_no_kind_is_refused_with_the_list(text):
    with pytest.raises(ConfigError, match=r"rate-limited, banned, server-error, html"):
        kinds_named(text)


def test_emptied_json_stays_json(faulty):
    body = faulty(Fault.EMPTY_FIELDS).get("/bybit/v5/market/time").text
    assert json.loads(body)["result"]["timeSecond"]  # no rows, nothing to lose
