"""Qlib's own workload, 14 features of 800 stocks from daily bars in storage, on the same data.

    make bench-qlib
    python benchmarks/qlib_800x14.py --stocks 40 --runs 1 --no-write

Each side reads the storage it was made for (Qlib its binary files, foretune Parquet) and ends with a
table in memory. Qlib has its caches off and one process. It lives in a virtual environment
that is made here from qlib_requirements.txt. The values are compared before any time is reported.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

DAYS = 3650
FIELDS = ("open", "high", "low", "close", "volume")
RETURN = "Log($close/Ref($close,1))"
MOVE = "($close-Ref($close,1))"
RANGE = "Greater(Greater($high-$low,Abs($high-Ref($close,1))),Abs($low-Ref($close,1)))"
MACD = "(EMA($close,12)-EMA($close,26))"
YEAR = math.sqrt(252)
# an EMA below 1 is Qlib's way to give the weight of the newest value: 1/14 is Wilder's smoothing
EXPRESSIONS = {
    "rsi_14": f"100*EMA(Greater({MOVE},0),{1 / 14!r})/EMA(Abs({MOVE}),{1 / 14!r})",
    "macd": MACD,
    "macd_signal": f"EMA({MACD},9)",
    "bb_upper": f"Mean($close,20)+{2 * math.sqrt(19 / 20)!r}*Std($close,20)",
    "bb_lower": f"Mean($close,20)-{2 * math.sqrt(19 / 20)!r}*Std($close,20)",
    "sma_20": "Mean($close,20)",
    "sma_50": "Mean($close,50)",
    "sma_200": "Mean($close,200)",
    "ema_26": "EMA($close,26)",
    "volatility_30d": f"Std({RETURN},30)*{YEAR!r}",
    "volatility_90d": f"Std({RETURN},90)*{YEAR!r}",
    "momentum_5d": "$close/Ref($close,5)-1",
    "momentum_30d": "$close/Ref($close,30)-1",
    "atr_14": f"EMA({RANGE},{1 / 14!r})",
}
# Qlib fills windows that are not full, and seeds its exponential means otherwise: by here both have settled
SETTLED = 600


def make_data(folder: Path, stocks: int) -> None:
    """The same float32 bars in both storages."""
    import polars as pl

    rng = np.random.default_rng(0)
    days = np.busday_offset("2007-01-01", np.arange(DAYS), roll="forward")
    qlib = folder / "qlib"
    for name in ("calendars", "instruments"):
        (qlib / name).mkdir(parents=True)
    (qlib / "calendars" / "day.txt").write_text("".join(f"{day}\n" for day in days), encoding="utf-8")
    names = [f"SH{number:06d}" for number in range(stocks)]
    (qlib / "instruments" / "all.txt").write_text(
        "".join(f"{name}\t{days[0]}\t{days[-1]}\n" for name in names), encoding="utf-8"
    )
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (stocks, DAYS)), axis=1))
    spread = 1 + rng.uniform(0.001, 0.02, (stocks, DAYS))
    bars = {
        "open": close * (1 + (spread - 1) * rng.uniform(-1, 1, (stocks, DAYS))),
        "high": close * spread,
        "low": close / spread,
        "close": close,
        "volume": rng.lognormal(12, 1, (stocks, DAYS)),
    }
    bars = {name: values.astype(np.float32) for name, values in bars.items()}
    for at, name in enumerate(names):
        (qlib / "features" / name.lower()).mkdir(parents=True)
        for field in FIELDS:
            # Qlib's format: float32, the first one being the day the series starts at
            np.concatenate([[0], bars[field][at]]).astype("<f4").tofile(
                qlib / "features" / name.lower() / f"{field}.day.bin"
            )
    stamp = np.tile(days.astype("datetime64[us]"), stocks)
    pl.DataFrame(
        {"symbol": np.repeat(names, DAYS), "asset_class": ["equity"] * (stocks * DAYS), "event_at": stamp}
        | {name: values.ravel() for name, values in bars.items()}
    ).with_columns(pl.col("event_at").dt.replace_time_zone("UTC")).write_parquet(folder / "bars.parquet")


def with_qlib(folder: Path) -> Any:
    from qlib.data import D

    return D.features(D.instruments("all"), list(EXPRESSIONS.values()), freq="day")


def with_foretune(folder: Path, *, everything: bool) -> Any:
    import pyarrow.parquet as pq

    from foretune.features.kernel import bar_features, technical_features

    columns = ["symbol", "asset_class", "event_at", "high", "low", "close", *(["open", "volume"] if everything else [])]
    table = pq.read_table(
        folder / "bars.parquet", columns=columns, read_dictionary=["symbol", "asset_class"], use_threads=False
    )
    return bar_features(table) if everything else technical_features(table)


def child(side: str, folder: Path, runs: int) -> None:
    """Run one side; the last line of output is what it took, values go to a file beside the data.

    The first run is not counted: it imports, and what it takes depends on whose memory it is given.
    """
    if side == "qlib":
        import qlib
        from qlib.data.cache import H

        qlib.init(
            provider_uri=str(folder / "qlib"), expression_cache=None, dataset_cache=None, kernels=1, logging_level=40
        )
        work, forget = with_qlib, H.clear
    else:
        work, forget = partial(with_foretune, everything=side == "foretune-39"), lambda: None
    taken = []
    for _ in range(runs + 1):
        table = None
        forget()  # or Qlib would not read its storage again
        began = _cpu()
        table = work(folder)
        taken.append(_cpu() - began)
    if side == "qlib":
        table.columns = list(EXPRESSIONS)
        table = table.sort_index()
        values = {name: table[name].to_numpy(dtype=np.float64) for name in EXPRESSIONS}
    else:
        values = {name: table[name].to_numpy() for name in EXPRESSIONS}
    np.savez(folder / f"{side}.npz", **values)
    print(json.dumps(statistics.median(taken[1:])))


def _cpu() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def run(python: Path, side: str, folder: Path, runs: int) -> float:
    """Median CPU seconds of `side` in a process of its own."""
    command = [python, __file__, "--child", side, "--data", folder, "--runs", str(runs)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode != 0:
        raise SystemExit(f"{side} failed:\n{told.stderr[-3000:]}")
    return float(json.loads(told.stdout.splitlines()[-1]))


def largest_difference(folder: Path, stocks: int) -> float:
    """Of settled rows, against the typical size of each feature. Qlib keeps its bars in float32."""
    mine, theirs = np.load(folder / "foretune.npz"), np.load(folder / "qlib.npz")
    worst = 0.0
    for name in EXPRESSIONS:
        a, b = (side[name].reshape(stocks, DAYS)[:, SETTLED:] for side in (mine, theirs))
        assert np.isfinite(a).all() and np.isfinite(b).all(), f"{name}: a value is missing"  # noqa: PT018
        difference = float(np.abs(a - b).max() / np.abs(b).mean())
        assert difference < 1e-3, f"{name}: the two engines differ by {difference:.1e}"
        worst = max(worst, difference)
    return worst


def environment(folder: Path) -> Path:
    """The interpreter of a virtual environment that has Qlib, made where there is none."""
    python = folder / "bin" / "python"
    if not python.exists() or subprocess.run([python, "-c", "import qlib"], capture_output=True).returncode != 0:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        wanted = Path(__file__).with_name("qlib_requirements.txt")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stocks", type=int, default=800)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--venv", type=Path, default=Path(__file__).parents[1] / ".venv-qlib")
    parser.add_argument("--no-write", action="store_true")
    parser.add_argument("--child", choices=["qlib", "foretune", "foretune-39"], help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.data, options.runs)
        return
    from sections import write_section

    pythons = {"foretune": Path(sys.executable), "foretune-39": Path(sys.executable), "qlib": environment(options.venv)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder, options.stocks)
        mine, all_39, theirs = (run(python, side, folder, options.runs) for side, python in pythons.items())
        difference = largest_difference(folder, options.stocks)
    rows = options.stocks * DAYS
    text = (
        "## Beside Qlib\n\n"
        f"{options.stocks} stocks, {rows:,} daily bars, read from each engine's own storage; Qlib 0.9.7 with its disk "
        f"caches off computes 14 features, foretune the 20 that hold them. Both use one process. From the "
        f"{SETTLED + 1}st bar on, the 14 agree to {difference:.0e} of their mean size (Qlib keeps float32).\n\n"
        "| engine | features | CPU seconds | times the CPU of foretune |\n|---|---|---|---|\n"
        f"| foretune `technical_features` | 20 | {mine:.2f} | 1 |\n"
        f"| Qlib `D.features` | 14 | {theirs:.2f} | {theirs / mine:.1f} |\n"
        f"| foretune `bar_features`, for scale | 39 | {all_39:.2f} | {all_39 / mine:.1f} |\n\n"
        f"Python {platform.python_version()}, {platform.machine()}; median of {options.runs} runs after one that is "
        "not counted, each side in a process of its own.\n"
    )
    print(text)
    if not options.no_write:
        write_section("qlib", text)


if __name__ == "__main__":
    main()
