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

CATALOG = """
bars:
  COIN: {asset_class: crypto, file: coin.csv, stamp: open,
         columns: {time: date, open: open, high: high, low: low, close: close, volume_quote: volume}}
  PAIR: {asset_class: fx, file: pair.csv, quotes: bid_ask,
         columns: {time: date, bid_open: bo, bid_high: bh, bid_low: bl, bid_close: bc,
                   ask_open: ao, ask_high: ah, ask_low: al, ask_close: ac}}
  SHARE: {asset_class: equity, file: share.csv, factors: share_factors.csv,
          columns: {time: date, open: open, high: high, low: low, close: close, volume: volume}}
alphavantage:
  DIGITAL_CURRENCY_DAILY: {COIN: COIN}
  TIME_SERIES_DAILY: {SHARE: SHARE}
  FX_DAILY: {EUR/USD: PAIR}
bybit:
  kline: {linear: {COINUSDT: COIN}}
  funding_history: {COINUSDT: {file: funding.csv, utc_offset: "+03:00", columns: {time: at, rate: rate}}}
fred:
  CPIAUCSL: {file: cpi.csv, releases: cpi_releases.csv}
  DGS10: {file: dgs10.csv}
  GDPC1: {file: gdp.csv, vintages: gdp_vintages.csv}
coingecko:
  market_chart:
    coin: {file: chart.csv, stamp: close, shift: -1d,
           columns: {time: at, price: price, market_cap: cap, volume_quote: volume}}
gdelt:
  timelinetone:
    coin: {file: tone.csv, stamp: open, period: 7d, columns: {time: week, tone: tone, articles: articles}}
google_trends:
  coin: {file: trends.csv, stamp: open, period: 1mo, columns: {time: month, interest: interest}}
files:
  gold: {file: gold.csv, columns: {time: day, value: close}}
alternative_me:
  fng: {file: fng.csv, columns: {time: ts, value: value, classification: label}}
news: {anything: {file: not_served.csv}}
"""

FILES = {
    # characters that a float would not keep
    "coin.csv": "date,open,high,low,close,volume\n"
    "2024-03-09,1.10,2.0,1.0,1.50,100\n"
    "2024-03-10,1.50,1.80,1.20,1.650,2e2\n"
    "2024-03-11,1.65,1.70,1.6,1.70,300\n",
    "pair.csv": "date,bo,bh,bl,bc,ao,ah,al,ac\n"
    "2024-03-10,1.08125,1.0925,1.08,1.09,1.08145,1.0929,1.0801,1.0903\n"
    "2024-03-11,1.09,1.10,1.085,1.0950,1.0902,1.1004,1.0851,1.0951\n",
    "share.csv": "date,open,high,low,close,volume\n"
    "2024-03-07,700,710,690,700,10\n2024-03-08,700,705,695,700,10\n2024-03-11,100,101,99,100,70\n",
    # 7 for 1 after Friday 8 March; the file rounds its factors, and its last row lies in the future
    "share_factors.csv": "date,price_factor,split_factor\n"
    "20240101,0.9,0.0357143\n20240308,0.95,0.0357143\n20240311,1,0.25\n20501231,1,1\n",
    "gdp.csv": "date,value\n2023-07-01,100\n2023-10-01,101\n",
    "gdp_vintages.csv": "observation_quarter_start,vintage,value\n"
    "2023-07-01,2023q4,25.00\n2023-07-01,2024q1,25.00\n2023-10-01,2024q1,25.3\n2023-04-01,2023q4,24\n"
    "2023-04-01,2024q1,24.1\n",
    "chart.csv": "at,price,cap,volume\n2024-03-10 00:00:00 UTC,1.10,0.0,5\n"
    "2024-03-11 00:00:00 UTC,1.650,,6.50\n2024-03-12 00:00:00 UTC,1.70,99,7\n",
    "tone.csv": "week,tone,articles\n2024-02-26 00:00:00.000000 UTC,-1.50,12\n"
    "2024-03-04 00:00:00.000000 UTC,-2.0,15\n2024-03-11 00:00:00.000000 UTC,-3.0,9\n",
    "trends.csv": "month,interest\n2024-01-01,40\n2024-02-01,<1\n2024-03-01,77\n",
    "funding.csv": "at,rate\n2024-03-11 03:00:00,0.00010\n2024-03-11 11:00:00,-0.0002\n2024-03-12 03:00:00,0.0003\n",
    "cpi.csv": "date,value\n2023-12-01,308.7\n2024-01-01,309.7\n2024-02-01,311.1\n",
    "cpi_releases.csv": "release_date,reference_month\n2024-02-13,2024-01\n2024-03-12,2024-02\n",
    "dgs10.csv": "date,value\n2024-03-06,4.11\n2024-03-07,\n2024-03-08,4.09\n",
    "gold.csv": "day,close\n2024-03-10,2170.10\n2024-03-11,2180\n",
    "fng.csv": "ts,value,label\n1710028800,70.0,Greed\n1710115200,75.0,Greed\n1710201600,80.0,Extreme Greed\n",
}


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


@pytest.fixture
def catalog(tmp_path) -> Path:
    """A catalogue of a few hand-written files of every kind, up to 12 March 2024."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    path = tmp_path / "catalog.yaml"
    path.write_text(CATALOG)
    return path


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
