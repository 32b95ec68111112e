"""Instruction rows from a panel to a JSONL file, beside json.dumps in a loop and beside pandas.

    python benchmarks/instruction_rows.py
    python benchmarks/instruction_rows.py --rows 50000 --no-write

All sides write the same file: an instruction, the features as a JSON object, the outcome as another, and
six columns of provenance. Before any time is taken the files are parsed and compared. Each side is
measured in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from foretune.datasets.row_files import write_rows
from foretune.datasets.row_formats import RowFormat, in_format
from foretune.datasets.rows import KEYS, feature_rows
from foretune.features.registry import FIELDS
from sections import write_section

GUIDE = (
    "price_close",
    "rsi_14",
    "macd",
    "bb_upper",
    "bb_lower",
    "volatility_30d",
    "sp500_close",
    "vix",
    "news_sentiment_score",
    "social_sentiment_score",
)
"""The ten numbers of the guide's own example row."""

CANONICAL = ("price_close", *(field.name for field in FIELDS if field.canonical))
WIDTHS = {"the guide's example": GUIDE, "all fields of the guide's schema": CANONICAL}
TARGETS = ("price", "return", "return_pct")
DIGITS = 7
INSTRUCTION = (
    "Predict the price of {} ({}) in 90 days, and the log and percent return until then, from these features known "
    "today. Answer with one JSON object."
)


def make_panel(rows: int) -> pl.DataFrame:
    """Rows of 50 assets with every canonical field; one value in ten of the sentiment fields is missing."""
    rng = np.random.default_rng(0)
    price = 100 * np.exp(rng.normal(0, 2, rows))
    growth = np.exp(rng.normal(0, 0.2, rows))
    numbers = {name: rng.normal(50, 20, rows) for name in CANONICAL[1:]}
    for name in CANONICAL[1:]:
        if "sentiment" in name:
            numbers[name][rng.random(rows) < 0.1] = np.nan
    day = np.datetime64("2015-01-01", "us") + (np.arange(rows) // 50).astype("timedelta64[D]")
    return pl.DataFrame(
        {
            "asset_symbol": [f"A{number % 50:03d}-USD" for number in range(rows)],
            "asset_class": ["crypto"] * rows,
            "decision_at": day,
            "label_end_at": day + np.timedelta64(90, "D"),
            "origin": ["simulated"] * rows,
            "split": ["train"] * rows,
            "price_close": price,
            **numbers,
            "target_price_90d": price * growth,
            "target_return_90d": np.log(growth),
            "target_return_pct_90d": (growth - 1) * 100,
        },
        nan_to_null=True,
    ).with_columns(pl.col("decision_at", "label_end_at").dt.replace_time_zone("UTC"))


def ours(panel: pl.DataFrame, names: Sequence[str], path: Path) -> None:
    rows = in_format(feature_rows(panel, names, digits=DIGITS).drop(KEYS), RowFormat.ALPACA)
    write_rows(rows, path, "jsonl")


def with_json(panel: pl.DataFrame, names: Sequence[str], path: Path) -> None:
    """One dictionary and one json.dumps after the other, as most scripts do it."""
    with path.with_name(f"{path.name}.jsonl").open("w", encoding="utf-8") as file:
        for row in panel.iter_rows(named=True):
            symbol, decided = row["asset_symbol"], row["decision_at"]
            question = {name: _digits(row[name]) for name in names if row[name] is not None}
            answer = {f"predicted_{kind}_90d": _digits(row[f"target_{kind}_90d"]) for kind in TARGETS}
            record = {
                "instruction": INSTRUCTION.format(symbol, row["asset_class"]),
                "input": json.dumps(question),
                "output": json.dumps(answer),
                "id": f"{symbol}:{decided:%Y-%m-%d}:features",
                "task": "features",
                "symbol": symbol,
                "decision_at": decided.isoformat(),
                "label_end_at": row["label_end_at"].isoformat(),
                "origin": row["origin"],
            }
            file.write(json.dumps(record) + "\n")


def with_pandas(panel: pl.DataFrame, names: Sequence[str], path: Path) -> None:
    """Columns where pandas has them, a row-wise apply for the two objects, to_json for the file."""
    frame = panel.to_pandas()
    decided, ends = frame["decision_at"].dt, frame["label_end_at"].dt
    out = pd.DataFrame(index=frame.index)
    before, between, after = INSTRUCTION.split("{}")
    out["instruction"] = before + frame["asset_symbol"] + between + frame["asset_class"] + after
    out["input"] = frame[list(names)].apply(_object, axis=1)
    targets = frame[[f"target_{kind}_90d" for kind in TARGETS]]
    out["output"] = targets.rename(columns=lambda name: name.replace("target", "predicted")).apply(_object, axis=1)
    out["id"] = frame["asset_symbol"] + ":" + decided.strftime("%Y-%m-%d") + ":features"
    out["task"] = "features"
    out["symbol"] = frame["asset_symbol"]
    out["decision_at"] = decided.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    out["label_end_at"] = ends.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    out["origin"] = frame["origin"]
    out.to_json(path.with_name(f"{path.name}.jsonl"), orient="records", lines=True, force_ascii=False)


def _object(row: pd.Series) -> str:
    return json.dumps({name: _digits(value) for name, value in row.items() if value == value})  # NaN is a gap


def _digits(value: float) -> float:
    return float(f"{value:.{DIGITS - 1}e}")


SIDES: dict[str, Callable[[pl.DataFrame, Sequence[str], Path], None]] = {
    "foretune (Polars expressions)": ours,
    "json.dumps per row": with_json,
    "pandas apply and to_json": with_pandas,
}


def agree(panel: pl.DataFrame, names: Sequence[str], folder: Path) -> None:
    """Fail unless all sides write the same rows."""
    told = []
    for number, write in enumerate(SIDES.values()):
        write(panel, names, folder / str(number))
        lines = (folder / f"{number}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        told.append([{**row, "input": json.loads(row["input"]), "output": json.loads(row["output"])} for row in rows])
    for other in told[1:]:
        for mine, theirs in zip(told[0], other, strict=True):
            assert mine.keys() == theirs.keys()
            for key, value in mine.items():
                same = _close(value, theirs[key]) if isinstance(value, dict) else value == theirs[key]
                assert same, f"{key}: {value!r} and {theirs[key]!r}"


def _close(mine: dict[str, float], theirs: dict[str, float]) -> bool:
    """Equal but for ties in the last digit."""
    return mine.keys() == theirs.keys() and all(
        math.isclose(value, theirs[name], rel_tol=1.01 * 10 ** (1 - DIGITS)) for name, value in mine.items()
    )


def measured(side: str, width: str, rows: int, runs: int) -> float:
    """CPU seconds of one side, the median of `runs` runs after one that is not counted."""
    panel, names = make_panel(rows), WIDTHS[width]
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(runs + 1):
            began = time.process_time()
            SIDES[side](panel, names, Path(folder) / "rows")
            taken.append(time.process_time() - began)
    return statistics.median(taken[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-write", action="store_true")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--width", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(measured(options.side, options.width, options.rows, options.runs))
        return
    lines = []
    for width, names in WIDTHS.items():
        with tempfile.TemporaryDirectory() as folder:
            agree(make_panel(2000), names, Path(folder))
        first = 0.0
        for side in SIDES:
            # the slow sides get fewer rows; what is told is per row
            rows = options.rows if SIDES[side] is ours else max(1000, options.rows // 10)
            asked = ["--side", side, "--width", width, "--rows", str(rows), "--runs", str(options.runs)]
            # one thread for all: CPU that a second one spends waiting is nobody's work
            one = {**os.environ, "POLARS_MAX_THREADS": "1"}
            told = subprocess.run(
                [sys.executable, __file__, *asked], check=True, capture_output=True, text=True, env=one
            )
            each = float(told.stdout.splitlines()[-1]) / rows
            first = first or each
            lines.append(
                f"| {width} | {len(names)} | {side} | {each * 1e6:.2f} | {1 / each:,.0f} | {each / first:.1f} |"
            )
    text = (
        "## Instruction rows\n\n"
        "Panel in memory to a JSONL file of instruction, input, output and six columns of provenance; numbers to "
        f"{DIGITS} significant digits, missing ones left out. All sides write the same rows: they are parsed and "
        "compared.\n\n"
        "| numbers in a row | how many | written by | CPU microseconds a row | rows per CPU-second | times the CPU of "
        "foretune |\n|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n\n"
        f"{options.rows:,} rows, a tenth of them for the row loops; one thread each. Python "
        f"{platform.python_version()}, polars {pl.__version__}, pandas {pd.__version__}, {platform.machine()}.\n"
    )
    print(text)
    if not options.no_write:
        write_section("instruction rows", text)


if __name__ == "__main__":
    main()
