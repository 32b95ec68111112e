"""What a plan may ask of a dataset, and what happens where a source has not what is asked for."""

from __future__ import annotations

import json

import polars as pl
import pytest

from foretune.errors import AccessDenied, GateFailed, RequestRefused
from foretune.pipeline.build import build
from foretune.settings import Settings

ASSET = {"source": "bybit", "symbol": "BTCUSDT", "id": "BTCUSDT", "category": "linear"}


def test_a_missed_gate_ends_the_build_and_leaves_its_report(spec, endpoints, tmp_path):
    wanted = spec(assets=[ASSET], gates={"simulated_share_max": 0.0, "severity": {"simulated_share": "fail"}})
    with pytest.raises(GateFailed, match=r"simulated_share: 100% of all facts are simulated.*quality\.html"):
        build(wanted, endpoints, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.failed"]
    report = json.loads((tmp_path / "out.failed" / "quality.json").read_text())
    assert {r["gate"] for r in report["results"] if r["status"] == "fail"} == {"simulated_share"}


def test_the_same_gate_as_a_warning_lets_the_dataset_stand(spec, endpoints, tmp_path):
    wanted = spec(assets=[ASSET], gates={"simulated_share_max": 0.0})
    result = build(wanted, endpoints, tmp_path / "out")
    assert result.manifest.quality["simulated_share"] == "warn"


def test_a_field_that_is_not_required_is_null_and_said_to_be_absent(spec, endpoints, tmp_path):
    feed = {"source": "files", "series": "copper"}
    wanted = spec(assets=[ASSET], fields={"gold_price": {**feed, "required": False}})
    result = build(wanted, endpoints, tmp_path / "out")
    panel = pl.read_parquet(result.folder / "panel.parquet")
    assert panel["gold_price"].null_count() == len(panel)
    assert panel["gold_price_missing"].all()
    assert "copper" in result.manifest.absent["gold_price"]
    with pytest.raises(RequestRefused, match="copper"):
        build(spec(assets=[ASSET], fields={"gold_price": feed}), endpoints, tmp_path / "other")


@pytest.mark.parametrize(("vintages", "basis"), [("never", "assumed"), ("if_key", "assumed")])
def test_without_a_key_the_graph_csv_is_used_with_its_assumed_lag(spec, endpoints, tmp_path, vintages, basis):
    fields = {"unemployment_rate": {"source": "fred", "series": "UNRATE", "vintages": vintages}}
    result = build(spec(assets=[ASSET], fields=fields), endpoints, tmp_path / "out", settings=Settings())
    assert set(result.manifest.known_at_basis["unemployment_rate"]) == {basis}


def test_vintages_that_are_demanded_need_the_key(spec, endpoints, tmp_path):
    fields = {"unemployment_rate": {"source": "fred", "series": "UNRATE", "vintages": "always"}}
    with pytest.raises(AccessDenied, match="FRED_API_KEY"):
        build(spec(assets=[ASSET], fields=fields), endpoints, tmp_path / "out", settings=Settings())


def test_an_own_field_of_an_asset_comes_before_the_one_of_all(spec, endpoints, tmp_path):
    own = {**ASSET, "symbol": "ETHUSDT", "id": "ETHUSDT"}
    own["fields"] = {"news_volume": {"source": "gdelt", "query": "ethereum"}}
    fields = {"news_volume": {"source": "gdelt", "query": "bitcoin"}}
    result = build(spec(assets=[ASSET, own], fields=fields), endpoints, tmp_path / "out")
    panel = pl.read_parquet(result.folder / "panel.parquet").pivot(
        "asset_symbol", index="timestamp", values="news_volume"
    )
    both = panel.drop_nulls()
    assert len(both) > 300
    assert not both["BTCUSDT"].equals(both["ETHUSDT"])


@pytest.mark.parametrize("horizon", [7, 30, 180])
def test_any_horizon_names_its_columns_and_makes_no_90_day_forecast(spec, endpoints, tmp_path, horizon):
    split = {"validation": 0.0, "test": 0.3}
    result = build(spec(assets=[ASSET], fields={}, horizon_days=horizon, split=split), endpoints, tmp_path / "out")
    panel = pl.read_parquet(result.folder / "panel.parquet")
    assert {f"target_price_{horizon}d", f"target_return_{horizon}d", f"target_return_pct_{horizon}d"} <= set(
        panel.columns
    )
    assert not any("90d" in name for name in panel.columns if name.startswith("target"))
    assert (panel["label_end_at"] - panel["label_start_at"]).min().days >= horizon
    tasks = pl.read_parquet(result.folder / "examples.parquet")["task"].unique().to_list()
    assert tasks == ["market_analysis"]
    row = json.loads((result.folder / "rows/train/features-alpaca.jsonl").read_text().splitlines()[0])
    assert f"predicted_return_{horizon}d" in json.loads(row["output"])
