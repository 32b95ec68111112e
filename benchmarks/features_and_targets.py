"""Features and targets beside pandas, on the same bars in the same process.

    make bench                      # writes its part of docs/benchmarks.md
    python benchmarks/features_and_targets.py --assets 20 --no-write

Both sides compute the 20 technical fields and the 90-day target of every bar, then the same with the
19 further fields of a bar. pandas is written the way its users write it: `groupby` with rolling and
ewm. It leaves ADX out, and seeds its exponential means differently, so it does a little less work.
Before any time is taken the columns that share a definition are compared.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import talib

from foretune.features.kernel import bar_features, technical_features
from foretune.features.price import PRICE_NAMES
from foretune.targets.forward import forward_targets
from sections import write_section

DAY_US = 86_400_000_000
SHARED = [
    "sma_20",
    "sma_50",
    "sma_200",
    "bb_upper",
    "volatility_30d",
    "volatility_90d",
    "momentum_10d",
    "rsi_14",
    *PRICE_NAMES,
]


def make_bars(assets: int, days: int) -> pa.Table:
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, (assets, days)), axis=1)).ravel()
    stamp = pa.timestamp("us", "UTC")
    days_us = np.tile(np.arange(days), assets) * DAY_US
    return pa.table(
        {
            "symbol": np.repeat([f"A{number:04d}" for number in range(assets)], days),
            "asset_class": ["crypto"] * (assets * days),
            "event_at": pa.array(days_us).cast(stamp),
            "known_at": pa.array(days_us + DAY_US).cast(stamp),
            "open": close * (1 + rng.uniform(-0.009, 0.009, close.size)),
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": rng.lognormal(8, 1, close.size),
        }
    )


def ours(bars: pa.Table, *, everything: bool) -> pa.Table:
    return forward_targets(bar_features(bars) if everything else technical_features(bars))


def with_pandas(bars: pd.DataFrame, *, everything: bool) -> pd.DataFrame:
    return pd.concat([_one_asset(part.copy(), everything) for _, part in bars.groupby("symbol", sort=False)])


def _one_asset(frame: pd.DataFrame, everything: bool) -> pd.DataFrame:
    close, high, low = frame["close"], frame["high"], frame["low"]
    change = close.diff()
    # Wilder's smoothing, seeded with the mean of the first 14 changes as its definition says
    gain, loss = _wilder(change.clip(lower=0), 14), _wilder(-change.clip(upper=0), 14)
    frame["rsi_14"] = 100 * gain / (gain + loss)
    ema_12, ema_26 = close.ewm(span=12, adjust=False).mean(), close.ewm(span=26, adjust=False).mean()
    frame["ema_12"], frame["ema_26"], frame["macd"] = ema_12, ema_26, ema_12 - ema_26
    frame["macd_signal"] = frame["macd"].ewm(span=9, adjust=False).mean()
    frame["macd_histogram"] = frame["macd"] - frame["macd_signal"]
    for window in (20, 50, 200):
        frame[f"sma_{window}"] = close.rolling(window).mean()
    deviation = close.rolling(20).std(ddof=0)
    frame["bb_middle"] = frame["sma_20"]
    frame["bb_upper"], frame["bb_lower"] = frame["sma_20"] + 2 * deviation, frame["sma_20"] - 2 * deviation
    returns = np.log(close).diff()
    for window in (30, 60, 90):
        frame[f"volatility_{window}d"] = returns.rolling(window).std() * np.sqrt(365)
    for window in (5, 10, 30):
        frame[f"momentum_{window}d"] = close.pct_change(window)
    previous = close.shift()
    true_range = pd.concat([high - low, (high - previous).abs(), (low - previous).abs()], axis=1).max(axis=1)
    frame["atr_14"] = true_range.ewm(alpha=1 / 14, adjust=False).mean()
    if everything:
        _further_fields(frame, returns)
    due = frame[["event_at"]].assign(due=frame["event_at"] + pd.Timedelta(days=90))
    target = pd.merge_asof(
        due,
        frame[["event_at", "close"]].rename(columns={"event_at": "found", "close": "target_price_90d"}),
        left_on="due",
        right_on="found",
        direction="forward",
        tolerance=pd.Timedelta(days=5),
    )
    frame["target_price_90d"] = target["target_price_90d"].to_numpy()
    frame["target_return_90d"] = np.log(frame["target_price_90d"] / close)
    frame["target_return_pct_90d"] = (frame["target_price_90d"] / close - 1) * 100
    return frame


def _further_fields(frame: pd.DataFrame, returns: pd.Series) -> None:
    open_, high, low, close, volume = (frame[name] for name in ("open", "high", "low", "close", "volume"))
    log_close = np.log(close)
    for window in (1, 5, 20, 60, 90, 180):
        frame[f"log_return_{window}d"] = log_close.diff(window)
    for window in (90, 200):
        frame[f"drawdown_{window}d"] = close / close.rolling(window).max() - 1
    for window in (20, 200):
        frame[f"distance_high_{window}d"] = close / high.rolling(window).max() - 1
        frame[f"distance_low_{window}d"] = close / low.rolling(window).min() - 1
    spread, body = np.log(high / low) ** 2, np.log(close / open_) ** 2
    daily = 0.5 * spread - (2 * np.log(2) - 1) * body
    frame["volatility_parkinson_30d"] = np.sqrt(spread.rolling(30).mean() * 365 / (4 * np.log(2)))
    frame["volatility_garman_klass_30d"] = np.sqrt(daily.rolling(30).mean() * 365)
    frame["skew_60d"], frame["kurtosis_60d"] = returns.rolling(60).skew(), returns.rolling(60).kurt()
    mean_60 = volume.rolling(60).mean()
    frame["volume_ratio_20d"] = volume / volume.rolling(20).mean()
    frame["volume_zscore_60d"] = (volume - mean_60) / volume.rolling(60).std()
    frame["volume_trend_5d_60d"] = volume.rolling(5).mean() / mean_60 - 1


def _wilder(values: pd.Series, window: int) -> pd.Series:
    seeded = values.copy()
    seeded.iloc[:window] = np.nan
    seeded.iloc[window] = values.iloc[1 : window + 1].mean()
    return seeded.ewm(alpha=1 / window, adjust=False).mean()


def agree(bars: pa.Table, frame: pd.DataFrame) -> float:
    """Largest difference of the columns that share a definition, against the mean size of each."""
    mine, theirs = ours(bars, everything=True).to_pandas(), with_pandas(frame, everything=True)
    worst = 0.0
    for name in [*SHARED, "target_price_90d", "target_return_90d"]:
        a, b = mine[name].to_numpy(dtype=float), theirs[name].to_numpy(dtype=float)
        assert (np.isnan(a) == np.isnan(b)).all(), f"{name}: missing in different rows"
        worst = max(worst, float(np.nanmax(np.abs(a - b)) / np.nanmean(np.abs(b))))
    return worst


def cpu_seconds(work: Callable[[], object], runs: int) -> float:
    """Median CPU seconds of `runs` runs after one that is not counted."""
    work()
    taken = []
    for _ in range(runs):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=200)
    parser.add_argument("--days", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-write", action="store_true")
    options = parser.parse_args()
    bars = make_bars(options.assets, options.days)
    frame = bars.to_pandas()
    difference = agree(bars.slice(0, min(len(bars), 10 * options.days)), frame.head(10 * options.days))
    rows = len(bars)
    lines = []
    for everything, what in ((False, "20 technical fields and target"), (True, "all 39 fields of a bar and target")):
        mine = cpu_seconds(partial(ours, bars, everything=everything), options.runs)
        theirs = cpu_seconds(partial(with_pandas, frame, everything=everything), max(1, options.runs // 2))
        lines += [
            f"| {what} | foretune (TA-Lib and numpy per asset) | {mine:.2f} | {rows / mine / 1e6:.2f} | 1 |\n",
            f"| {what} | pandas per group | {theirs:.2f} | {rows / theirs / 1e6:.2f} | {theirs / mine:.1f} |\n",
        ]
    text = (
        "## Features and target\n\n"
        f"{rows:,} daily bars ({options.assets} assets, {options.days:,} days), in memory. pandas leaves out ADX. "
        f"Columns that share a definition agree to {difference:.0e} of their mean size.\n\n"
        "| work | engine | CPU seconds | million rows per CPU-second | times the CPU of foretune |\n"
        f"|---|---|---|---|---|\n{''.join(lines)}\n"
        f"Python {platform.python_version()}, polars {pl.__version__}, pandas {pd.__version__}, "
        f"TA-Lib {talib.__version__}, {platform.machine()}.\n"
    )
    print(text)
    if not options.no_write:
        write_section("features and targets", text)


if __name__ == "__main__":
    main()
