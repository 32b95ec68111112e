"""`foretune audit`: a table for people, JSON for programs, and an exit code for both."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from foretune.cli.audit import audit
from foretune.errors import DataError


@pytest.fixture
def table(tmp_path):
    """A Parquet file of panel rows: one asset, one feature, split by date with a purge."""
    days = 1200
    first = datetime(2020, 1, 1, tzinfo=UTC)
    close = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.02, days + 90)))
    rows = pl.DataFrame(
        {
            "asset_symbol": "BTC-USD",
            "timestamp": [first + timedelta(days=day) for day in range(days)],
            "price_close": close[:days],
            "target_return_90d": np.log(close[90:] / close[:days]),
            "split": ["train"] * 700 + ["purged"] * 95 + ["test"] * 405,
        }
    )
    path = tmp_path / "rows.parquet"
    rows.write_parquet(path)
    return path


@pytest.fixture
def run(running):
    return running(audit)


@pytest.fixture
def leaking(table):
    rows = pl.read_parquet(table)
    rows.with_columns(pl.col("target_return_90d").alias("hint")).write_parquet(table)
    return table


def test_a_clean_table_ends_with_code_0_and_says_what_was_not_asked(run, table):
    done = run(table)
    assert done.exit_code == 0
    assert "no leak found, 6 checks skipped: the audit is incomplete" in done.stdout
    assert "effective sample size" in done.stdout


def test_a_leak_ends_with_code_1_and_names_the_column_and_the_mend(run, leaking):
    done = run(leaking)
    assert done.exit_code == 1
    assert "hint tells the future" in done.stdout
    assert "drop these columns" in done.stdout
    assert "leak: too good to be true" in done.stdout


def test_strict_fails_where_a_check_had_to_be_skipped(run, table):
    assert run(table, "--strict").exit_code == 1


def test_json_is_one_document_with_every_finding(run, leaking):
    done = run(leaking, "--json", "--quick")
    report = json.loads(done.stdout)
    assert done.exit_code == 1
    assert report["quick"] is True
    assert report["horizon_days"] == 90
    (leak,) = [finding for finding in report["findings"] if finding["status"] == "leak"]
    assert leak["columns"] == ["hint"]
    # 700 days of training labels and 405 of test labels, 90 days each
    assert report["samples"]["train"] == {"rows": 700, "assets": 1, "blocks": 8}
    assert report["samples"]["test"] == {"rows": 405, "assets": 1, "blocks": 5}


def test_the_report_is_written_only_where_it_is_asked_for(run, table, tmp_path):
    run(table)
    assert list(tmp_path.iterdir()) == [table]
    out = tmp_path / "reports" / "audit.json"
    run(table, "--out", out)
    assert json.loads(out.read_text(encoding="utf-8"))["dataset"] == str(table)


def test_a_folder_without_a_dataset_is_refused(run, tmp_path):
    with pytest.raises(DataError, match=r"no panel\.parquet here"):
        run(tmp_path)
