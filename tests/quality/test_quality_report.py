"""The report as JSON and as a page: everything is in it, nothing is loaded, the same evidence gives the same bytes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest

from foretune.quality.gates import GateSpec
from foretune.quality.measure import CHECKS, measure
from foretune.quality.report import ASSETS_SHOWN, TITLES, lags, write_quality
from foretune.quality.result import QualityReport

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Balanced(HTMLParser):
    """Follows the open elements of a page and keeps every attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def page_of(evidence, folder):
    folder.mkdir(exist_ok=True)
    write_quality(measure("test", evidence), evidence, folder)
    return (folder / "quality.html").read_text(encoding="utf-8")


def test_the_json_has_one_entry_per_gate_in_their_order(sound, tmp_path):
    page_of(sound, tmp_path)
    data = json.loads((tmp_path / "quality.json").read_text(encoding="utf-8"))
    assert list(data) == ["name", "origin", "results", "absent"]
    assert [entry["gate"] for entry in data["results"]] == list(CHECKS)
    for entry in data["results"]:
        assert list(entry) == ["gate", "status", "value", "threshold", "unit", "what", "mend", "details"]
    assert data["results"][0] | {"details": []} == {
        "gate": "completeness",
        "status": "pass",
        "value": 1.0,
        "threshold": 0.95,
        "unit": "share of bars",
        "what": "100.0% of 801 bars after the warm-up have all 36 required fields",
        "mend": "",
        "details": [],
    }


def test_a_report_comes_back_from_its_json(sound):
    report = measure("test", sound)
    assert QualityReport.model_validate_json(report.model_dump_json()) == report


def test_the_same_evidence_gives_the_same_bytes(sound, tmp_path):
    page_of(sound, tmp_path / "one")
    shuffled = replace(
        sound,
        panel=replace(sound.panel, rows=sound.panel.rows.sample(fraction=1, shuffle=True, seed=1)),
        facts=replace(sound.facts, observations=sound.facts.observations.sample(fraction=1, shuffle=True, seed=2)),
    )
    page_of(shuffled, tmp_path / "two")
    for name in ("quality.json", "quality.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_page_shows_every_gate_with_its_verdict(sound, tmp_path):
    page = page_of(sound, tmp_path)
    assert set(TITLES) == set(CHECKS)
    for gate, title in TITLES.items():
        row = re.search(rf'<tr id="gate-{gate}">.*?</tr>', page, re.DOTALL)
        assert row is not None
        assert f"<b>{title}</b>" in row[0]
        assert (">skipped</b>" if gate == "undeclared_splits" else ">pass</b>") in row[0]  # there are no shares
    assert "test: every gate passed" in page


def test_the_page_is_whole_and_loads_nothing(sound, tmp_path):
    page = page_of(sound, tmp_path)
    parsed = Balanced()
    parsed.feed(page)
    assert parsed.open == []
    assert parsed.tags.isdisjoint({"script", "link", "iframe", "img", "object", "form"})
    for name, value in parsed.attributes:
        assert not name.startswith("on")
        if name in ("href", "src", "xlink:href"):
            assert value is not None
            assert value.startswith("#")
    assert "url(http" not in page
    assert "@import" not in page


def test_ids_of_pictures_do_not_meet(sound, tmp_path):
    ids = re.findall(r'\bid="([^"]+)"', page_of(sound, tmp_path))
    assert len(ids) == len(set(ids))


def test_a_missed_gate_is_the_headline(sound, changed, tmp_path):
    rows = sound.panel.rows.with_columns(pl.when(pl.int_range(pl.len()) % 10 > 0).then("rsi_14").alias("rsi_14"))
    page = page_of(changed(rows=rows), tmp_path)
    assert "test: 1 gate missed" in page
    assert "To mend: begin later, drop the field from required_fields" in page


def test_simulated_data_are_said_to_be_so_before_anything_else(sound, changed, tmp_path):
    plain = page_of(sound, tmp_path / "recorded")
    made_up = page_of(changed(rows=sound.panel.rows.with_columns(origin=pl.lit("simulated"))), tmp_path / "simulated")
    assert "Simulated market." not in plain
    assert made_up.index("Simulated market.") < made_up.index("<h1>")


def test_what_providers_sent_is_text_and_not_markup(sound, changed, tmp_path):
    rejected = pl.DataFrame(
        {"table": ["bars of COIN"], "raw": ["<script>x</script>"], "reason": ["close min_exclusive"]}
    )
    absent = {"vix": "<img src=x>"}
    page = page_of(changed(rejected=rejected, absent=absent), tmp_path)
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_only_the_first_assets_are_drawn_and_the_page_says_so(sound, changed, tmp_path):
    names = [f"A{number:02}" for number in range(15)]
    rows = pl.concat([sound.panel.rows.with_columns(asset_symbol=pl.lit(name)) for name in names])
    bars = pl.concat([sound.facts.bars.with_columns(symbol=pl.lit(name)) for name in names])
    page = page_of(changed(rows=rows, bars=bars), tmp_path)
    assert page.count("close as sent, log scale") == ASSETS_SHOWN == 12
    assert "The first 12 of 15 assets, by name" in page
    assert len(page.encode()) < 1_500_000


def test_a_dataset_without_any_series_has_a_page_too(sound, changed, tmp_path, result):
    bare = changed(observations=sound.facts.observations.clear(), gates=GateSpec())
    page = page_of(bare, tmp_path)
    assert "When values became known" not in page
    assert {gate: result(bare, gate).status for gate in ("staleness", "assumed_lags", "second_source")} == {
        "staleness": "skipped",
        "assumed_lags": "skipped",
        "second_source": "skipped",
    }


def test_lags_are_counted_from_the_start_of_the_period(sound):
    found = {row["field"]: row for row in lags(sound)}
    assert found["vix"]["median_lag_days"] == 1.0
    assert found["unemployment_rate"] == {
        "field": "unemployment_rate",
        "source": "test",
        "basis": "published",
        "rows": 34,
        "median_lag_days": 35.0,
        "newest_known": "2022-09-05",
    }


def test_the_verdict_names_gate_finding_and_remedy(sound, changed):
    rows = sound.panel.rows.with_columns(pl.when(pl.int_range(pl.len()) % 10 > 0).then("rsi_14").alias("rsi_14"))
    assert measure("test", sound).verdict() == "every gate is passed"
    verdict = measure("test", changed(rows=rows)).verdict()
    assert verdict.startswith("1 quality gate is missed: completeness: 91.0% of 801 bars")
    assert verdict.endswith(
        "(begin later, drop the field from required_fields, or give it a source that covers the span)"
    )


@pytest.mark.parametrize("gate", list(CHECKS))
def test_every_check_says_how_it_is_to_be_read(gate):
    assert len((CHECKS[gate].__doc__ or "").strip()) > 60


def test_a_revision_years_later_is_no_lag(sound, changed):
    unemployment = sound.facts.observations.filter(pl.col("field") == "unemployment_rate")
    revised = unemployment.with_columns(known_at=pl.col("known_at").dt.offset_by("3y"))
    again = revised.with_columns(known_at=pl.col("known_at").dt.offset_by("1y"))
    (found,) = lags(changed(observations=pl.concat([unemployment, revised, again])))
    assert (found["rows"], found["median_lag_days"]) == (102, 35.0)
