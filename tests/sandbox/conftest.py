"""Where recorded data and provider bodies lie, one small simulated market, one written by hand."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from foretune.origin import Origin
from foretune.sandbox.market import (
    DAY_MS,
    Article,
    Bar,
    ChartPoint,
    Funding,
    Listing,
    NewsBucket,
    Observation,
    OpenInterest,
    Split,
    Vintage,
    epoch_ms,
)
from foretune.sandbox.recorded import RecordedMarket
from foretune.sandbox.simulated import SimulatedMarket

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The recorded market history, which is not part of the project."""
    root = Path(os.environ.get("FORETUNE_DATA") or REPOSITORY / "../shared/data").resolve()
    if not (root / "catalog.yaml").is_file():
        pytest.skip("the recorded market history is not here; set FORETUNE_DATA to its folder")
    return root


@pytest.fixture(scope="session")
def wire_root() -> Path:
    """The providers' recorded bodies, which are not part of the project."""
    root = Path(os.environ.get("FORETUNE_WIRE") or REPOSITORY / "../shared/wire").resolve()
    if not root.is_dir():
        pytest.skip("the recorded provider bodies are not here; set FORETUNE_WIRE to their folder")
    return root


@pytest.fixture(scope="session")
def recorded(data_root) -> RecordedMarket:
    return RecordedMarket(data_root / "catalog.yaml")


@pytest.fixture(scope="session")
def simulated() -> SimulatedMarket:
    """2020-01-01 to 2024-01-01: 1,461 finished days and no unfinished one."""
    return SimulatedMarket(seed=3, start=date(2020, 1, 1), end=date(2024, 1, 1))


class SmallMarket:
    """A few values by hand, seen at noon of 12 March 2024. Only what the tests of single wires ask for."""

    origin = Origin.SIMULATED
    now = datetime(2024, 3, 12, 12, tzinfo=UTC)
    listing = Listing(
        klines={("linear", "D"): {"BTCUSDT": "BTC"}, ("spot", "D"): {"BTCUSDT": "BTC"}},
        funding=("BTCUSDT",),
        equity={"SHARE": "SHARE"},
        fx={"EUR/USD": "EURUSD"},
        splits=("SHARE",),
        open_interest=("BTCUSDT",),
        coins=("bitcoin", "thin"),
        vintages=("GDPC1",),
        news={"bitcoin": "day", "gold": "week"},
        articles=("bitcoin",),
        fred=("GDPC1", "DGS10"),
    )

    def bars(self, instrument):
        day = epoch_ms(datetime(2024, 3, 1, tzinfo=UTC))
        return {
            "EURUSD": [Bar(day + n * DAY_MS, "1.080", "1.10", "1.07", f"1.0{n:02d}", "", "") for n in range(12)],
        }[instrument]

    def funding(self, symbol):
        day = epoch_ms(datetime(2024, 3, 12, tzinfo=UTC))
        return {"BTCUSDT": [Funding(day, "0.0001"), Funding(day + 4 * 3_600_000, "0.0002")]}[symbol]

    def fred(self, series_id):
        return {"DGS10": [Observation("2024-03-07", "4.09"), Observation("2024-03-08", "")]}[series_id]

    def fred_vintages(self, series_id):
        """The third quarter of 2023 was revised once, the fourth not yet."""
        return {
            "GDPC1": [
                Vintage("2023-07-01", "2023-10-26", "100.0"),
                Vintage("2023-07-01", "2023-11-29", "100.50"),
                Vintage("2023-10-01", "2024-01-25", "101"),
            ]
        }[series_id]

    def splits(self, code):
        return {"SHARE": [Split("2005-02-28", "2"), Split("2014-06-09", "7")]}[code]

    def open_interest(self, symbol):
        """Every whole hour from 9 March to now."""
        first = epoch_ms(datetime(2024, 3, 9, tzinfo=UTC))
        return {"BTCUSDT": [OpenInterest(first + hour * 3_600_000, f"{1000 + hour}.50") for hour in range(85)]}[symbol]

    def chart(self, coin):
        """`bitcoin`: 400 days, the last stamped 12 March 00:00; `thin` has gaps in all three columns."""
        today = epoch_ms(datetime(2024, 3, 12, tzinfo=UTC))
        return {
            "bitcoin": [
                ChartPoint(today - back * DAY_MS, f"{1000 - back}.10", "2e6", "0.0") for back in reversed(range(400))
            ],
            "thin": [
                ChartPoint(today - 2 * DAY_MS, "", "5", "6"),
                ChartPoint(today - DAY_MS, "1.50", "", "7"),
                ChartPoint(today, "3.0", "0", ""),
            ],
        }[coin]

    def news(self, topic):
        """One whole bucket, one without `norm`, one without a tone."""
        day = int(datetime(2024, 3, 9, tzinfo=UTC).timestamp())
        return {
            "bitcoin": [
                NewsBucket(day, "-1.50", "30", "120000"),
                NewsBucket(day + 86_400, "0.10", "12", ""),
                NewsBucket(day + 2 * 86_400, "", "5", "100000"),
            ],
            "gold": [NewsBucket(day - 5 * 86_400, "2.0", "7", "")],
        }[topic]

    def articles(self, topic):
        """One every ten minutes up to now: more than an answer holds."""
        now = int(self.now.timestamp())
        return {
            "bitcoin": [
                Article(now - 600 * back, f"Title {back}", f"https://n.example/{back}", "n.example", "English", "Peru")
                for back in reversed(range(300))
            ]
        }[topic]


@pytest.fixture
def small() -> SmallMarket:
    return SmallMarket()
