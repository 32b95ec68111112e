"""The whole audit over dataset folders: ours, a spoiled one, and somebody else's table."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from foretune.audit.finding import Status
from foretune.audit.run import audit
from foretune.datasets.example import write_examples
from foretune.datasets.export import ExportSpec, export
from foretune.datasets.instructions import make_examples
from foretune.datasets.manifest import Manifest, file_hashes, write_manifest
from foretune.datasets.panel import PanelSpec, build_panel
from foretune.datasets.preferences import make_pairs, write_pairs
from foretune.datasets.walk_forward import fold_spans
from foretune.errors import DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory, making):
    """A dataset folder as a build leaves it, instruction rows included."""
    place = tmp_path_factory.mktemp("audited") / "small"
    place.mkdir()
    given, spec = making.facts(days=1900, symbols=("BTC-USD", "ETH-USD")), PanelSpec()
    _write(place, given, build_panel(given, spec).rows, spec)
    return place


def _write(place, given, rows, spec):
    rows.write_parquet(place / "panel.parquet")
    given.write(place / "facts")
    examples = list(make_examples(rows))
    write_examples(examples, place)
    pairs = make_pairs(examples[:200], seed=1)
    write_pairs(pairs, place)
    exports = ExportSpec(formats=("alpaca", "chatml"), contents=("features", "answers", "preferences"))
    export(rows, given, examples, pairs, place, exports)
    begins = rows.filter(pl.col("split") == "test")["decision_at"].min()
    fold_spans(rows.filter(pl.col("label_end_at") < begins), folds=2).write_parquet(place / "folds.parquet")
    write_manifest(
        Manifest(
            name="small",
            foretune="0",
            origin="recorded",
            spec={"name": "small", **spec.model_dump(mode="json"), "exports": exports.model_dump(mode="json")},
            inputs=[],
            rows={"panel": len(rows)},
            splits={},
            coverage={},
            known_at_basis={},
            independent_blocks={},
            quarantine={},
            files=file_hashes(place),
            notes=[],
        ),
        place,
    )


@pytest.fixture
def spoiled(folder, tmp_path):
    """`spoiled(change)` audits a copy of the folder whose panel went through `change`."""

    def run(change):
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        change(pl.read_parquet(copy / "panel.parquet")).write_parquet(copy / "panel.parquet")
        return audit(copy, quick=True)

    return run


def leaking_checks(report):
    return {finding.check for finding in report.leaks}


def test_a_clean_dataset_has_no_leak_and_no_check_is_skipped(folder):
    report = audit(folder)
    assert report.leaks == []
    assert report.skipped == []
    assert {finding.check for finding in report.findings} == {
        "files",
        "label intervals",
        "split order",
        "rows told twice",
        "walk-forward folds",
        "instruction rows",
        "preference pairs",
        "exported rows",
        "target",
        "scaled on all rows",
        "too good to be true",
        "random-target canary",
        "clocks",
        "made of its facts",
        "rubbish after t",
        "later availability",
    }


def test_the_sample_is_counted_in_labels_that_share_no_day(folder):
    sizes = audit(folder, quick=True).samples
    # 1,900 days less 199 of warm-up and 90 without a target, two assets
    assert sum(size.rows for size in sizes.values()) == 2 * (1900 - 199 - 90)
    # a fifth of 1,611 decisions is 323 days: labels of 90 days fit in four times, the last begins inside
    assert (sizes["test"].rows, sizes["test"].assets, sizes["test"].blocks) == (2 * 323, 2, 4)


def test_the_audit_changes_nothing(folder):
    before = file_hashes(folder)
    audit(folder, quick=True)
    assert file_hashes(folder) == before


def test_the_same_folder_gives_the_same_report(folder):
    assert audit(folder, quick=True) == audit(folder, quick=True)


def shuffled(rows):
    names = np.random.default_rng(1).choice(["train", "validation", "test"], len(rows), p=[0.7, 0.1, 0.2])
    return rows.with_columns(pl.Series("split", names))


def unpurged(rows):
    return rows.with_columns(pl.col("split").replace({"purged": "train"}))


def doubled(rows):
    copied = rows.filter(pl.col("split") == "test").head(5).with_columns(pl.lit("train").alias("split"))
    return pl.concat([rows, copied])


def future_news(rows):
    return rows.with_columns(pl.col("news_sentiment_score").shift(-2).over("asset_symbol"))


def scaled_on_all_rows(rows):
    value = pl.col("rsi_14")
    return rows.with_columns((value - value.mean()) / value.std())


def centred_window(rows):
    return rows.with_columns(pl.col("price_close").rolling_mean(20, center=True).over("asset_symbol").alias("sma_20"))


def smoothed_target(rows):
    price = pl.col("target_price_90d").rolling_mean(5, min_samples=1).over("asset_symbol")
    simple = pl.col("target_price_90d") / pl.col("price_close")
    return rows.with_columns(price).with_columns(
        simple.log().alias("target_return_90d"), ((simple - 1) * 100).alias("target_return_pct_90d")
    )


def future_column(rows):
    return rows.with_columns((pl.col("target_price_90d") * 1.01).alias("analyst_view"))


def direction_in_words(rows):
    return rows.with_columns(
        pl.when(pl.col("target_return_90d") > 0).then(pl.lit("bull")).otherwise(pl.lit("bear")).alias("regime")
    )


def missing_where_it_falls(rows):
    noise = pl.Series(np.random.default_rng(4).normal(size=len(rows)))
    return rows.with_columns(pl.when(pl.col("target_return_90d") > 0).then(noise).alias("alpha"))


def size_of_the_target(rows):
    return rows.with_columns(pl.col("target_return_90d").abs().alias("volatility_centred"))


def target_by_another_name(rows):
    return rows.with_columns(pl.col("target_return_90d").alias("label_hint"))


def target_as_the_source(rows):
    return rows.with_columns((pl.col("target_return_90d") > 0).cast(pl.String).alias("source"))


def losing_test_rows_purged(rows):
    losing = (pl.col("split") == "test") & (pl.col("target_return_90d") < 0)
    return rows.with_columns(pl.when(losing).then(pl.lit("purged")).otherwise("split").alias("split"))


def label_ends_early(rows):
    return rows.with_columns(pl.col("label_end_at") - pl.duration(days=30))


@pytest.mark.parametrize(
    ("leak", "caught_by"),
    [
        (direction_in_words, {"too good to be true"}),
        (missing_where_it_falls, {"too good to be true"}),
        (size_of_the_target, {"too good to be true"}),
        (target_by_another_name, {"too good to be true"}),
        (target_as_the_source, {"too good to be true"}),
        (losing_test_rows_purged, {"made of its facts", "exported rows", "instruction rows"}),
        (label_ends_early, {"made of its facts"}),
        (shuffled, {"split order", "random-target canary", "instruction rows"}),
        (unpurged, {"split order"}),
        (doubled, {"rows told twice", "split order"}),
        (future_news, {"made of its facts", "rubbish after t"}),
        (scaled_on_all_rows, {"scaled on all rows", "made of its facts"}),
        (centred_window, {"made of its facts", "rubbish after t"}),
        (smoothed_target, {"target"}),
        (future_column, {"too good to be true"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_planted_leak_is_caught(spoiled, leak, caught_by):
    report = spoiled(leak)
    assert caught_by <= leaking_checks(report)
    assert all(finding.mend for finding in report.leaks)


def test_a_column_of_lists_is_said_not_to_be_looked_into(spoiled):
    report = spoiled(lambda rows: rows.with_columns(pl.concat_list("rsi_14", "sma_200").alias("packed")))
    (finding,) = [found for found in report.findings if found.what.startswith("packed: neither numbers")]
    assert finding.status is Status.WARNING
    assert report.leaks == []


def test_a_changed_file_alone_is_a_warning(spoiled):
    report = spoiled(lambda rows: rows.with_columns(pl.lit("hand").alias("source")))
    (files,) = [finding for finding in report.findings if finding.check == "files"]
    assert files.status is Status.WARNING
    assert files.detail == "1 changed: panel.parquet"
    assert report.leaks == []


def test_macro_of_the_period_or_revised_is_caught_and_named(folder, making, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    given = making.facts(days=1900, symbols=("BTC-USD", "ETH-USD"))
    late = given.observations.sort("known_at").with_columns(pl.col("value").last().over("series", "event_at"))
    rows = build_panel(type(given)(given.bars, late, given.splits), PanelSpec()).rows
    rows.write_parquet(copy / "panel.parquet")
    (finding,) = [found for found in audit(copy, quick=True).leaks if found.check == "made of its facts"]
    assert list(finding.columns) == ["unemployment_rate"]
    assert "(holds later revisions)" in finding.detail


def test_a_stock_that_splits_passes_and_its_raw_target_does_not(making, tmp_path):
    given, day = making.facts(days=1900, symbols=("AAPL",)), datetime(2021, 8, 31, tzinfo=UTC)
    after = pl.col("event_at") >= day
    prices = [
        pl.when(after).then(pl.col(name) / 4).otherwise(pl.col(name)).alias(name)
        for name in ("open", "high", "low", "close")
    ]
    splits = pl.DataFrame(
        {"symbol": ["AAPL"], "event_at": [day], "ratio": [4.0], "source": ["test"], "origin": ["recorded"]},
        schema_overrides={"event_at": pl.Datetime("us", "UTC")},
    )
    bars = given.bars.with_columns(*prices, pl.lit("equity").alias("asset_class"))
    raw, spec = type(given)(bars, given.observations, splits), PanelSpec()
    rows = build_panel(raw, spec).rows
    _write(tmp_path, raw, rows, spec)
    assert audit(tmp_path, quick=True).leaks == []
    # a target in the new shares' price: three quarters seem lost
    simple = pl.when(pl.col("label_end_at") > day).then(pl.col("target_price_90d") / 4).otherwise("target_price_90d")
    rows.with_columns(simple.alias("target_price_90d")).write_parquet(tmp_path / "panel.parquet")
    assert leaking_checks(audit(tmp_path, quick=True)) == {"target", "exported rows"}


def test_a_table_of_somebody_elses_is_audited_without_facts(folder, tmp_path):
    """Naive timestamps, no label interval, no manifest: what can be asked is asked, the rest is skipped."""
    rows = pl.read_parquet(folder / "panel.parquet").select(
        "asset_symbol",
        pl.col("timestamp").dt.replace_time_zone(None),
        "price_close",
        "rsi_14",
        "target_return_90d",
        "split",
    )
    path = tmp_path / "theirs.parquet"
    rows.write_parquet(path)
    report = audit(path)
    assert report.leaks == []
    assert {finding.check for finding in report.skipped} == {
        "files",
        "target",
        "clocks",
        "made of its facts",
        "rubbish after t",
        "later availability",
    }
    shuffled(rows).write_parquet(path)
    assert leaking_checks(audit(path)) == {"split order", "random-target canary"}


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        (["asset_symbol", "decision_at"], "target_return_<days>d"),
        (["asset_symbol", "target_return_90d"], "decision_at"),
        (["decision_at", "target_return_90d"], "asset_symbol"),
    ],
)
def test_a_table_that_cannot_be_placed_in_time_is_refused(folder, tmp_path, columns, missing):
    pl.read_parquet(folder / "panel.parquet").select(columns).write_parquet(tmp_path / "panel.parquet")
    with pytest.raises(DataError, match=missing):
        audit(tmp_path)


def test_text_for_times_is_refused(folder, tmp_path):
    rows = pl.read_parquet(folder / "panel.parquet").with_columns(pl.col("decision_at").cast(pl.String))
    rows.write_parquet(tmp_path / "panel.parquet")
    with pytest.raises(DataError, match="decision_at is String, not a time"):
        audit(tmp_path)


def test_a_folder_without_a_panel_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no panel\.parquet here"):
        audit(tmp_path)


def test_a_damaged_manifest_is_refused(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="not a manifest of this version"):
        audit(copy)
