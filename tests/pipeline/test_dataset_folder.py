"""The folder a build leaves: complete, hashed, counted, the same in every format and every run."""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections import Counter
from datetime import timedelta

import polars as pl
import pytest

from foretune.pipeline.build import build

LAYOUTS = ("alpaca", "chatml", "prompt_completion", "sharegpt")
CONTENTS = ("answers", "features", "window")
FORMATS = (*(f"{content}-{layout}" for content in CONTENTS for layout in LAYOUTS), "preferences-pairs")
FLAT = ("answers-alpaca", "answers-prompt_completion", "features-alpaca", "preferences-pairs")
SPLITS = ("train", "validation", "test")


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def manifest(built):
    return json.loads((built.folder / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def panel(built):
    return pl.read_parquet(built.folder / "panel.parquet")


def rows(built, split, name):
    return pl.read_parquet(built.folder / "rows" / split / f"{name}.parquet")


def test_the_folder_holds_these_files_and_no_other(built):
    exported = {
        f"rows/{split}/{name}.{kind}" for split in SPLITS for name in FORMATS for kind in ("jsonl", "csv", "parquet")
    }
    assert set(files_of(built.folder)) == exported | {
        "manifest.json", "panel.parquet", "quarantine.parquet", "rejected.parquet", "examples.parquet",
        "preferences.parquet", "facts/bars.parquet", "facts/observations.parquet", "facts/splits.parquet",
        "quality.json", "quality.html", "datasheet.md",
    }  # fmt: skip


def test_the_manifest_hashes_every_other_file(built, manifest):
    found = {name: hashlib.sha256(body).hexdigest() for name, body in files_of(built.folder).items()}
    del found["manifest.json"]
    assert manifest["files"] == found


def test_the_manifest_counts_what_is_there(built, manifest, panel):
    counts = {f"{split}/{name}": len(rows(built, split, name)) for split in SPLITS for name in FORMATS}
    counts["panel"] = len(panel)
    for name in ("quarantine", "rejected"):
        counts[name] = len(pl.read_parquet(built.folder / f"{name}.parquet"))
    assert manifest["rows"] == counts
    assert {name: span["rows"] for name, span in manifest["splits"].items()} == Counter(panel["split"])


def test_every_day_of_every_asset_is_a_row_or_has_a_reason(built, panel):
    quarantine = pl.read_parquet(built.folder / "quarantine.parquet")
    # 2021 and 2022 are 730 days. The 200-day average costs the first 199; the market's last bar is of
    # 2022-12-31, so the last decision with a price 90 days on is of 2022-10-02: 90 more are lost.
    assert Counter(panel["asset_symbol"]) == {"BTCUSDT": 730 - 199 - 90, "ETH-USD": 730 - 199 - 90}
    assert Counter(reason.split(":")[0] for reason in quarantine["reason"]) == {
        "warm-up": 2 * 199,
        "no price 90 to 95 days later": 2 * 90,
    }


def test_two_examples_per_row_that_is_not_purged_and_as_many_pairs_as_asked_for(built, manifest, panel):
    kept = Counter(split for split in panel["split"] if split != "purged")
    assert {split: manifest["rows"][f"{split}/answers-alpaca"] for split in SPLITS} == {
        s: 2 * n for s, n in kept.items()
    }
    assert sum(manifest["rows"][f"{split}/preferences-pairs"] for split in SPLITS) == 100


def test_the_manifest_says_it_is_simulated_and_what_it_came_from(manifest):
    assert manifest["origin"] == "simulated"
    assert any("Simulated market" in note for note in manifest["notes"])
    providers = Counter(body["provider"] for body in manifest["inputs"])
    assert providers["fred"] == 2
    assert providers["alternative_me"] == 1
    assert all(body["origin"] == "simulated" and body["fetched_at"] is None for body in manifest["inputs"])
    assert all(len(body["sha256"]) == 64 and body["bytes"] > 0 for body in manifest["inputs"])


def test_no_key_and_no_address_of_this_run_is_in_the_manifest(built):
    text = (built.folder / "manifest.json").read_text(encoding="utf-8")
    assert "127.0.0.1" not in text
    assert str(built.folder) not in text


def test_labels_that_do_not_overlap_are_counted_by_hand(manifest, panel):
    """Take a decision, skip 90 days, take the next: each asset alike, so assets add nothing."""
    days = panel.filter(pl.col("split") == "test")["decision_at"].unique().sort().to_list()
    count, free_from = 0, days[0]
    for day in days:
        if day >= free_from:
            count, free_from = count + 1, day + timedelta(days=90)
    assert manifest["independent_blocks"]["test"] == count


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", FLAT)
def test_jsonl_csv_and_parquet_hold_the_same_rows(built, split, name):
    parquet = rows(built, split, name)
    path = built.folder / "rows" / split / name

    lines = [json.loads(line) for line in path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))

    assert lines == parquet.to_dicts()
    assert cells == [{key: value or "" for key, value in row.items()} for row in parquet.to_dicts()]
    assert pl.read_ndjson(path.with_suffix(".jsonl")).columns == parquet.columns
    assert pl.read_csv(path.with_suffix(".csv"), infer_schema=False).equals(parquet)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["json", "csv", "parquet"])
def test_hugging_face_datasets_reads_every_format(built, tmp_path, kind):
    datasets = pytest.importorskip("datasets")
    suffix = "jsonl" if kind == "json" else kind
    files = {split: str(built.folder / "rows" / split / f"answers-prompt_completion.{suffix}") for split in SPLITS}

    loaded = datasets.load_dataset(kind, data_files=files, cache_dir=str(tmp_path))

    for split in SPLITS:
        wanted = rows(built, split, "answers-prompt_completion")
        assert loaded[split]["prompt"][:] == wanted["prompt"].to_list()
        assert loaded[split]["completion"][:] == wanted["completion"].to_list()


@pytest.mark.parametrize("split", SPLITS)
def test_alpaca_and_prompt_completion_are_one_text(built, split):
    alpaca, completion = rows(built, split, "answers-alpaca"), rows(built, split, "answers-prompt_completion")
    assert completion["prompt"].to_list() == [
        f"### Instruction:\n{instruction}\n\n### Input:\n{data}\n\n### Response:\n"
        for instruction, data in alpaca.select("instruction", "input").rows()
    ]
    assert completion["completion"].to_list() == alpaca["output"].to_list()
    assert completion["id"].to_list() == alpaca["id"].to_list()


def test_exported_text_carries_numbers_and_no_slot(built):
    for split in SPLITS:
        for name in ("answers-alpaca", "preferences-pairs"):
            text = (built.folder / "rows" / split / f"{name}.csv").read_text(encoding="utf-8")
            assert "{" not in text


def test_a_prompt_holds_no_date(built, panel):
    """A pretrained model could recall what happened after one."""
    days = {f"{at:%Y-%m-%d}" for at in panel["decision_at"]}
    for prompt in rows(built, "test", "answers-prompt_completion")["prompt"]:
        assert not any(day in prompt for day in ("2021", "2022"))
        assert not days & set(prompt.split())


def test_the_stated_forecast_is_the_outcome_to_a_tenth_of_a_deviation(built, panel):
    realised = {
        f"{row['asset_symbol']}:{row['decision_at']:%Y-%m-%d}:forecast_90d": row for row in panel.iter_rows(named=True)
    }
    stated = rows(built, "train", "answers-alpaca").filter(pl.col("task") == "forecast_90d")
    for identity, output in stated.select("id", "output").rows():
        row = realised[identity]
        z = math.log(row["target_price_90d"] / row["price_close"]) / (row["volatility_90d"] * math.sqrt(90 / 365))
        line = next(line for line in output.split("\n") if line.startswith("Move: "))
        assert abs(float(line.split()[1]) - z) <= 0.05 + 1e-9


def test_no_training_label_reaches_into_a_later_split(built):
    ends = {s: rows(built, s, "answers-alpaca")["label_end_at"].drop_nulls().max() for s in SPLITS}
    starts = {s: rows(built, s, "answers-alpaca")["decision_at"].min() for s in SPLITS}
    days = pl.Series([ends["train"], starts["validation"], ends["validation"], starts["test"]]).str.to_datetime()
    assert (days[1] - days[0]).days >= 5  # the embargo on top of the purge
    assert (days[3] - days[2]).days >= 5


def test_building_again_gives_the_same_bytes(built, endpoints, spec, tmp_path):
    again = build(spec(), endpoints, tmp_path / "again")
    assert files_of(again.folder) == files_of(built.folder)
    assert again.manifest == built.manifest


def test_another_seed_changes_the_pairs_and_nothing_of_the_panel(built, endpoints, spec, tmp_path):
    other = files_of(build(spec(seed=6), endpoints, tmp_path / "other").folder)
    first = files_of(built.folder)
    changed = {name for name in first if other.get(name) != first[name]}
    assert {"panel.parquet", "examples.parquet", "rows/train/answers-alpaca.jsonl"}.isdisjoint(changed)
    assert {"preferences.parquet", "rows/train/preferences-pairs.jsonl", "manifest.json"} <= changed
