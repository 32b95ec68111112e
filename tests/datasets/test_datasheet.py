"""The datasheet says what manifest and panel hold, and its loading lines run."""

from __future__ import annotations

import re
import textwrap

import polars as pl
import pytest

from foretune.datasets.datasheet import datasheet, write_datasheet
from foretune.datasets.example import Split
from foretune.datasets.export import ExportSpec, export
from foretune.datasets.manifest import InputRecord, Manifest, file_hashes
from foretune.datasets.provider_terms import NOT_STATED, PROVIDER_TERMS
from foretune.origin import Origin
from foretune.sources.endpoints import Endpoints


def record(provider: str, origin: Origin = Origin.RECORDED, fetched_at: str | None = None) -> InputRecord:
    return InputRecord(
        provider=provider,
        path="/x",
        params={},
        sha256=provider[0] * 64,
        bytes=1000,
        origin=origin,
        fetched_at=fetched_at,
    )


def manifest(**changes: object) -> Manifest:
    said: dict[str, object] = {
        "name": "btc_90d",
        "foretune": "0.2.0",
        "origin": Origin.RECORDED,
        "spec": {"horizon_days": 90, "split": {"embargo_days": 5}},
        "inputs": [record("bybit"), record("bybit"), record("fred")],
        "rows": {"panel": 2, "train/features-alpaca": 1234, "test/features-alpaca": 56},
        "splits": {
            "train": {"rows": 1234, "first": "2020-07-19 00:00", "last": "2022-10-18", "labels_end": "2023-01-16"}
        },
        "coverage": {"vix": 0.875},
        "known_at_basis": {"cpi_yoy": {"published": 1, "assumed": 3}},
        "independent_blocks": {"train": 9},
        "quarantine": {"warm-up: sma_200 needs 200 bars": 199, "no price | 90 days later": 90},
        "absent": {"market_cap": "no source was named"},
        "quality": {"completeness": "passed"},
        "files": {"panel.parquet": "ab" * 32},
        "notes": ["FRED's graph CSV holds the latest vintage."],
    }
    return Manifest.model_validate(said | changes)


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n\n")[1].split("\n## ")[0]


def test_it_says_how_many_rows_of_which_asset_in_which_split(panel_of_two):
    held = section(datasheet(manifest(), panel_of_two), "What it holds")
    for split in (*Split, "purged"):
        rows = panel_of_two.filter(asset_symbol="BTC-USD", split=str(split)).height
        assert re.search(rf"\| BTC-USD \| crypto \| {split} \| {rows:,} \|", held)
    assert "A label covers 90 to 90 days" in held
    assert "| `features-alpaca` | 1,234 | 0 | 56 |" in held


def test_it_counts_the_answers_of_each_provider_and_tells_their_terms(panel_of_two):
    text = datasheet(manifest(), panel_of_two)
    assert "| Bybit | 2 | 2,000 | 1 | recorded | no date kept |" in section(text, "How it was collected")
    terms = section(text, "Terms of the providers")
    assert f"| Bybit | {NOT_STATED} | {NOT_STATED} |" in terms
    assert "https://fred.stlouisfed.org/legal/" in terms


def test_live_answers_have_the_days_they_were_fetched_on(panel_of_two):
    inputs = [record("gdelt", Origin.LIVE, f"2024-05-{day:02d}T10:00:00+00:00") for day in (7, 3)]
    collected = section(datasheet(manifest(inputs=inputs), panel_of_two), "How it was collected")
    assert "| live | 2024-05-03 to 2024-05-07 |" in collected


def test_a_simulated_provider_has_no_terms(panel_of_two):
    inputs = [record("fred", Origin.SIMULATED)]
    text = datasheet(manifest(inputs=inputs, origin=Origin.SIMULATED), panel_of_two)
    assert "stlouisfed" not in text
    assert "The market is simulated" in section(text, "What it is")


def test_it_tells_what_is_assumed_absent_and_put_aside(panel_of_two):
    text = datasheet(manifest(), panel_of_two)
    limits = section(text, "Known limits")
    assert "- FRED's graph CSV holds the latest vintage." in limits
    assert "`market_cap` has no values: `no source was named`" in limits
    assert "| `cpi_yoy` | 75.0% | assumed from a declared lag |" in limits
    assert "| `vix` | 87.5% |" in limits
    assert f"{len(panel_of_two):,} of {len(panel_of_two):,} panel rows hold something simulated." in limits
    assert "| no price \\| 90 days later | 90 |" in section(text, "Rows put aside")


def test_a_providers_words_stand_as_code_and_steer_nothing(panel_of_two):
    said = "no <img src=http://evil/x.png> [x](javascript:alert(1)) \x1b]0;pwned\x07 a `b`\n# heading | \u202e"
    text = datasheet(manifest(absent={"market_cap": said}), panel_of_two)
    assert (
        "- `market_cap` has no values: "
        "`no <img src=http://evil/x.png> [x](javascript:alert(1)) �]0;pwned� a 'b' # heading | �`\n"
    ) in text
    assert all(each.isprintable() or each == "\n" for each in text)


RECORDED_FROM_A_STORE = {
    "assets": [
        {"symbol": "BTC-USD", "source": "bybit", "coingecko": "bitcoin", "fields": {}},
        {"symbol": "ABSENT", "source": "alphavantage", "fields": {"x": {"source": "bybit_funding"}}},
    ],
    "fields": {
        "cpi_yoy": {"source": "fred", "vintages": "always"},
        "vix": {"source": "fred"},
        "market_cap": {"source": "gdelt"},  # absent
        "google_trends_score": {"source": "google_trends"},
    },
}


def test_a_build_from_a_store_alone_names_the_providers_of_what_it_holds(panel_of_two):
    """No answer came, and the data are somebody's all the same."""
    rows = panel_of_two.with_columns(pl.lit("bybit").alias("source"), pl.lit("recorded").alias("origin"))
    text = datasheet(manifest(inputs=[], spec=RECORDED_FROM_A_STORE), rows)
    terms = section(text, "Terms of the providers")
    named = [line.split(" | ")[0].removeprefix("| ") for line in terms.splitlines() if line.startswith("| ")][1:]
    assert named == [
        "Bybit",
        "CoinGecko",
        "files of the user",
        "FRED, Federal Reserve Bank of St. Louis",
        "FRED API, Federal Reserve Bank of St. Louis",
    ]
    assert "No provider was asked for this build" in section(text, "How it was collected")


def test_a_simulated_build_from_a_store_alone_is_nobodys_data(panel_of_two):
    rows = panel_of_two.with_columns(pl.lit("simulated").alias("origin"))
    text = datasheet(manifest(inputs=[], origin=Origin.SIMULATED, spec=RECORDED_FROM_A_STORE), rows)
    assert "nobody's data is in here" in section(text, "Terms of the providers")


def test_it_lists_splits_with_independent_labels_and_files_with_hashes(panel_of_two):
    text = datasheet(manifest(), panel_of_two)
    assert "| train | 1,234 | 2020-07-19 | 2022-10-18 | 2023-01-16 | 9 |" in section(text, "Splits")
    assert f"| `panel.parquet` | `{'ab' * 32}` |" in section(text, "Files")


def test_every_provider_that_can_be_asked_has_an_entry():
    """One that states nothing says so itself; none is forgotten."""
    assert set(PROVIDER_TERMS) >= set(Endpoints.model_fields)


def test_it_says_nothing_of_rows_that_were_not_written(panel_of_two):
    assert "load_dataset" not in datasheet(manifest(), panel_of_two)


@pytest.mark.slow
@pytest.mark.parametrize("files", [["jsonl", "parquet", "csv"], ["csv"], ["jsonl"]])
@pytest.mark.parametrize("shard", ["none", "year"])
def test_its_loading_lines_run(panel_of_two, two_assets, tmp_path, monkeypatch, files, shard):
    datasets = pytest.importorskip("datasets")
    panel_of_two.write_parquet(tmp_path / "panel.parquet")
    spec = ExportSpec(contents=["features"], files=files, shard=shard)
    counted = export(panel_of_two, two_assets, [], [], tmp_path, spec)
    path = write_datasheet(manifest(files=file_hashes(tmp_path), rows=counted.rows), panel_of_two, tmp_path)
    block = re.search(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    names: dict[str, object] = {}
    exec(textwrap.dedent(block[1]), names)  # noqa: S102 - the datasheet's own lines are what is tested
    panel, rows = names["panel"], names["rows"]
    assert isinstance(panel, pl.DataFrame)
    assert panel.equals(panel_of_two)
    assert {split: len(part) for split, part in rows.items()} == {
        str(split): counted.rows[f"{split}/features-alpaca"] for split in Split
    }
