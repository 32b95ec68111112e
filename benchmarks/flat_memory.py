"""Read -> features and target -> Parquet for 20 million bars, and the most memory it took.

    python benchmarks/flat_memory.py
    python benchmarks/flat_memory.py --files 4 --no-write

Files of 100 assets each are made first, by a process of their own. Then a child process does the work,
and the operating system says what the most was that it held.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from sections import write_section

ASSETS_PER_FILE, DAYS = 100, 2000
DAY_US = 86_400_000_000


def make_files(folder: Path, files: int) -> None:
    rng = np.random.default_rng(0)
    n = ASSETS_PER_FILE * DAYS
    for number in range(files):
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, (ASSETS_PER_FILE, DAYS)), axis=1)).ravel()
        days = np.tile(np.arange(DAYS), ASSETS_PER_FILE) * DAY_US
        pl.DataFrame(
            {
                "symbol": np.repeat([f"A{number:03d}{asset:03d}" for asset in range(ASSETS_PER_FILE)], DAYS),
                "asset_class": ["crypto"] * n,
                "event_at": days,
                "known_at": days + DAY_US,
                "open": close * 1.001,
                "high": close * 1.01,
                "low": close * 0.99,
                "close": close,
                "volume": rng.lognormal(8, 1, n),
                "volume_quote": rng.lognormal(12, 1, n),
                "source": ["made"] * n,
                "origin": ["simulated"] * n,
            }
        ).with_columns(pl.col("event_at", "known_at").cast(pl.Datetime("us", "UTC"))).write_parquet(
            folder / f"bars_{number:03d}.parquet"
        )


def work(folder: Path) -> None:
    """The child's part: its last line of output is what it measured."""
    from foretune.targets.files import features_of_files

    paths = sorted((folder / "bars").iterdir())
    peaks, rows = [], 0
    began, cpu = time.perf_counter(), time.process_time()
    for written in features_of_files(paths, folder / "out"):
        rows += written.rows
        peaks.append(_peak_mb())
        written.path.unlink()  # only to spare the disk of whoever runs this
    found = {"rows": rows, "wall": time.perf_counter() - began, "cpu": time.process_time() - cpu, "peaks": peaks}
    print(json.dumps(found))


def _peak_mb() -> float:
    unit = 1 if platform.system() == "Darwin" else 1024  # bytes there, KiB here
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--no-write", action="store_true")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        make_files(options.make / "bars", options.files)
        return
    if options.work:
        work(options.work)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bars").mkdir()
        files = ["--files", str(options.files)]
        subprocess.run([sys.executable, __file__, "--make", name, *files], check=True)
        told = subprocess.run([sys.executable, __file__, "--work", name], check=True, capture_output=True, text=True)
    found = json.loads(told.stdout.splitlines()[-1])
    peaks = found["peaks"]
    text = (
        "## Flat memory\n\n"
        f"{found['rows']:,} daily bars in {len(peaks)} Parquet files of {ASSETS_PER_FILE} whole assets each: read, the "
        "39 fields of a bar and the 90-day target, written to Parquet, one file at a time, one process.\n\n"
        "| files done | peak memory of the process, MB |\n|---|---|\n"
        + "".join(f"| {done} | {peaks[done - 1]:.0f} |\n" for done in sorted({1, max(1, len(peaks) // 10), len(peaks)}))
        + f"\n{found['wall']:.0f} s, {found['cpu']:.0f} CPU seconds: {found['cpu'] / found['rows'] * 1e6:.2f} "
        f"microseconds a row, reading and writing included.\n"
    )
    print(text)
    if not options.no_write:
        write_section("flat memory", text)


if __name__ == "__main__":
    main()
