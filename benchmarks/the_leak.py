"""One dataset, two ways to score a model on it: shuffled folds, as in most published examples, and purged time.

    python benchmarks/the_leak.py
    python benchmarks/the_leak.py --catalog ../shared/data/catalog.yaml --no-write

The S&P 500 comes from the arch package. Bitcoin is added where a catalogue of recorded history is at hand.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foretune.audit.blocks import microseconds, non_overlapping
from foretune.audit.dataset import matrix, read_dataset
from foretune.audit.ranks import Array, neighbours, r_squared, ridge, standardised_ranks
from foretune.cli.market import MarketChoice, access
from foretune.config import load_config
from foretune.pipeline.build import build
from foretune.pipeline.spec import BuildSpec
from foretune.settings import Settings
from sections import write_section

ROOT = Path(__file__).parents[1]
FEATURES = (
    "rsi_14",
    "macd",
    "macd_signal",
    "macd_histogram",
    "sma_50",
    "sma_200",
    "volatility_30d",
    "volatility_90d",
    "momentum_30d",
    "atr_14",
)
"""Ten technical features; none of them looks ahead. What leaks is the way of scoring."""

FOLDS = 5
NEIGHBOURS = 5
PENALTY = 0.01


@dataclass(frozen=True, slots=True)
class Score:
    """R² and the share of right signs of one learner on one market, scored both ways on the same rows."""

    market: str
    learner: str
    rows: int
    blocks: int
    shuffled: tuple[float, float]
    purged: tuple[float, float]
    always_up: float


def nearest(train: Array, outcome: Array, other: Array) -> Array:
    """The mean outcome of the five nearest training rows, in ranks."""
    known, asked = standardised_ranks(train, other)
    return np.asarray(outcome[neighbours(known, asked, NEIGHBOURS)].mean(axis=1))


def linear(train: Array, outcome: Array, other: Array) -> Array:
    """Ridge on ranks."""
    known, asked = standardised_ranks(train, other)
    return ridge(known, outcome, asked, PENALTY)


LEARNERS: dict[str, Callable[[Array, Array, Array], Array]] = {"5 nearest neighbours": nearest, "ridge": linear}


def scores(folder: Path, market: str) -> list[Score]:
    """Both learners on the dataset in `folder`, purged rows included: each way of scoring makes its own splits."""
    data = read_dataset(folder)
    rows = data.rows.sort("decision_at")
    values, outcome = matrix(rows, FEATURES), matrix(rows, [data.target])[:, 0]
    begins, ends = microseconds(rows["decision_at"]), microseconds(rows["label_end_at"])
    fold = np.random.default_rng(0).permutation(len(outcome)) % FOLDS
    edges = np.linspace(0, len(outcome), FOLDS + 2).astype(int)[1:]
    later = slice(edges[0], None)  # the first sixth is learnt from only; both ways are scored on the rest
    found = []
    for name, learn in LEARNERS.items():
        shuffled, purged = np.empty_like(outcome), np.empty_like(outcome)
        for number in range(FOLDS):
            inside = fold == number
            shuffled[inside] = learn(values[~inside], outcome[~inside], values[inside])
        for first, last in itertools.pairwise(edges):
            over = ends < begins[first]
            purged[first:last] = learn(values[over], outcome[over], values[first:last])
        found.append(
            Score(
                market,
                name,
                len(outcome) - int(edges[0]),
                non_overlapping(begins[later], ends[later]).size,
                _score(shuffled[later], outcome[later]),
                _score(purged[later], outcome[later]),
                float((outcome[later] > 0).mean()),
            )
        )
    return found


def _score(predicted: Array, outcome: Array) -> tuple[float, float]:
    return float(r_squared(predicted, outcome)), float((np.sign(predicted) == np.sign(outcome)).mean())


def report(found: list[Score]) -> str:
    """The section of docs/benchmarks.md."""
    lines = [
        "## The leak, shown once",
        "",
        f"The 90-day return from {len(FEATURES)} technical features that look backward only. The same rows, the same "
        "learner, two ways to choose what it learns from: five shuffled folds, in which the days around a scored row "
        "and most of its own 90 days are training rows; and five later spans in order, each predicted from rows whose "
        "label was over before it began. Independent: windows that share no day.",
        "",
        "| market | learner | rows scored | independent | shuffled: R² | direction | purged in time: R² | direction "
        "| always up |",
        "|---|---|---|---|---|---|---|---|---|",
        *(
            f"| {s.market} | {s.learner} | {s.rows:,} | {s.blocks} | {s.shuffled[0]:+.2f} | {s.shuffled[1]:.1%} "
            f"| {s.purged[0]:+.2f} | {s.purged[1]:.1%} | {s.always_up:.1%} |"
            for s in found
        ),
        "",
        "Nothing was learnt that holds in time: below 0, R² says that the mean would have done better, and saying "
        "“up” every time is right more often.",
    ]
    return "\n".join(lines)


def dataset(choice: MarketChoice, pipeline: str, folder: Path) -> Path:
    """The dataset of `pipelines/<pipeline>.yaml` from the market chosen, built into `folder`."""
    spec = load_config(ROOT / "pipelines" / f"{pipeline}.yaml", BuildSpec, ["max_pairs=1"])
    with access(choice) as market:
        return build(spec, market.endpoints, folder / pipeline, settings=market.settings).folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    data = Settings().data_root or ROOT.parent / "shared" / "data"
    parser.add_argument("--catalog", type=Path, default=data / "catalog.yaml")
    parser.add_argument("--no-write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(aside)
        found = scores(dataset(MarketChoice(arch_history=True), "sp500_90d", folder), "S&P 500, 1999-2018")
        if arguments.catalog.is_file():
            bitcoin = dataset(MarketChoice(catalog=arguments.catalog), "btc_90d", folder)
            found += scores(bitcoin, "Bitcoin, 2014-2024")
    text = report(found)
    print(text)
    if not arguments.no_write:
        write_section("the leak", text)


if __name__ == "__main__":
    main()
