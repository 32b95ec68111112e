"""`foretune sandbox`: which market its flags choose, what it prints, and which flags it refuses."""

from __future__ import annotations

import sys

import pytest

from foretune.cli.main import main
from foretune.sandbox import server
from foretune.sandbox.arch_history import ArchHistoryMarket
from foretune.sandbox.faults import PASSING, Fault, FaultPlan
from foretune.sandbox.simulated import SimulatedMarket


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command up to the point of serving: market and plan of that call, and what was printed."""
    served = []

    def pretend(market, port, started, faults):
        served.append((market, faults))
        started("http://127.0.0.1:1")

    def start(*flags):
        monkeypatch.setattr(server, "serve", pretend)
        monkeypatch.setattr(sys, "argv", ["foretune", "sandbox", *flags])
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        market, plan = served.pop() if served else (None, None)
        return market, plan, printed.out, printed.err, stopped.value.code

    return start


def test_without_flags_it_is_the_simulated_market_and_says_what_there_is(run):
    market, plan, out, _, _ = run()
    assert isinstance(market, SimulatedMarket)
    assert (market.seed, plan) == (7, None)
    assert out.startswith("simulated market at http://127.0.0.1:1, seen at ")
    assert "  coingecko: bitcoin, cardano" in out
    assert "  fred_api vintages: CPIAUCSL, GDPC1, UNRATE" in out
    assert "  gdelt timeline: bitcoin (day)" in out
    assert "go wrong" not in out


def test_a_seed_chooses_the_simulated_market_and_the_run_of_faults(run):
    market, plan, out, _, _ = run("--seed", "3", "--faults", "passing")
    assert market.seed == 3
    assert plan == FaultPlan(kinds=PASSING, rate=0.2, seed=3)
    assert "20% of the answers go wrong: rate-limited, server-error, slow, reset" in out


def test_kinds_of_faults_and_their_rate(run):
    _, plan, _, _, _ = run("--faults", "html,truncated", "--fault-rate", "0.5")
    assert (plan.kinds, plan.rate) == ((Fault.HTML, Fault.TRUNCATED), 0.5)
    assert run("--faults", "all")[1].kinds == tuple(Fault)


def test_the_history_inside_arch(run):
    market, _, out, _, _ = run("--arch-history")
    assert isinstance(market, ArchHistoryMarket)
    assert "recorded market" in out
    assert "bybit" not in out  # what is empty is not listed


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--faults", "sloth"), "'sloth' is no fault; write all, passing, or some of rate-limited"),
        (("--fault-rate", "0.5"), "--fault-rate is the share of --faults; give that too"),
        (("--arch-history", "--seed", "3"), "--seed chooses a simulated market"),
        (("--arch-history", "--simulated"), "exclude each other"),
    ],
)
def test_flags_that_do_not_fit_are_one_sentence(run, flags, said):
    market, _, _, err, code = run(*flags)
    assert (market, code) == (None, 1)
    assert said in " ".join(err.split())
