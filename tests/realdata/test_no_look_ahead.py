"""The strongest check of a feature: change the future, and no value of the past may move a bit."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import polars as pl
import pytest

pytestmark = pytest.mark.realdata

CUT = datetime(2021, 6, 30, tzinfo=UTC)  # the last day that stays as it was
PRICES = ("open", "high", "low", "close")


@pytest.fixture(scope="module")
def perturbed(data_root, tmp_path_factory, rebuild):
    """The panel of a world in which Bitcoin and VIX are half as high again after the cut."""
    root = tmp_path_factory.mktemp("perturbed")
    for source in data_root.rglob("*"):
        target = root / source.relative_to(data_root)
        if source.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)
    _raise_after_cut(root / "crypto/yahoo_btcusd_1d.csv", PRICES)
    _raise_after_cut(root / "macro/fred_VIXCLS.csv", ("value",))
    return pl.read_parquet(rebuild(root / "catalog.yaml", root / "built").folder / "panel.parquet")


def _raise_after_cut(path, columns):
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if row["date"] > f"{CUT:%Y-%m-%d}":
            row |= {name: repr(float(row[name]) * 1.5) for name in columns if row[name]}
    path.unlink()  # the link, not the recording
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def features(panel):
    return panel.drop(pl.selectors.starts_with("target_", "label_"), "split").sort("timestamp")


def test_features_up_to_the_cut_are_bit_identical(panel, perturbed):
    before = pl.col("timestamp") <= CUT
    assert features(panel).filter(before).equals(features(perturbed).filter(before), null_equal=True)


def test_the_perturbation_is_seen_afterwards(panel, perturbed):
    """Else the test above would pass on a build that reads nothing."""
    after = pl.col("timestamp") > CUT
    first, second = features(panel).filter(after), features(perturbed).filter(after)
    assert (first["price_close"] * 1.5 - second["price_close"]).abs().max() < 1e-6
    assert (first["sma_20"] != second["sma_20"]).all()
    assert (first["vix"] != second["vix"]).sum() > len(first) - 5


def test_labels_move_from_ninety_days_before_the_cut_and_not_earlier(panel, perturbed):
    both = panel.join(perturbed, on="timestamp", suffix="_other").sort("timestamp")
    moved = both.filter(pl.col("target_price_90d") != pl.col("target_price_90d_other"))["timestamp"]
    # the close of 1 July 2021 is the target of 2 April
    assert moved.min() == datetime(2021, 4, 2, tzinfo=UTC)
