"""The demo's page: links that exist, text that is escaped, and goals that are reached or are not."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from foretune.demo.loop import LoopResult
from foretune.demo.page import write_page
from foretune.errors import ForetuneError

CHROMIUM = Path("/usr/bin/chromium")


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.said.append(data)

    def links(self):
        return [attrs[name] for _, attrs in self.tags for name in ("href", "src") if name in attrs]

    @property
    def text(self):
        return " ".join(" ".join(self.said).split())


@pytest.fixture(scope="module")
def path(finished):
    return write_page(finished)


@pytest.fixture(scope="module")
def page(path):
    return Page(path.read_text(encoding="utf-8"))


def local(page):
    return [link for link in page.links() if not link.startswith("#")]


def test_every_link_exists(page, path):
    assert "evaluation/index.html" in local(page)
    assert "data/small/manifest.json" in local(page)
    missing = [link for link in local(page) if not (path.parent / unquote(urlsplit(link).path)).exists()]
    assert missing == []


def test_no_link_leaves_the_folder(page, path):
    for link in local(page):
        assert not urlsplit(link).scheme
        assert (path.parent / link).resolve().is_relative_to(path.parent.resolve())


def test_the_evaluation_report_is_self_contained_too(path):
    report = Page((path.parent / "evaluation" / "index.html").read_text(encoding="utf-8"))
    assert [link for link in report.links() if not link.startswith("#")] == []


def test_no_page_has_a_script_whatever_a_model_writes(path):
    for file in (path, path.parent / "evaluation" / "index.html"):
        found = Page(file.read_text(encoding="utf-8"))
        assert not {"script", "iframe", "link", "object"} & {tag for tag, _ in found.tags}
        assert not [name for _, attrs in found.tags for name in attrs if name.startswith("on")]
        assert str(path.parent) not in " ".join(found.said)


def test_a_babbling_model_is_shown_as_refused_and_its_number_is_not(page):
    assert "refused" in page.text
    assert "The model's answer did not pass the checks" in page.text
    assert "12345" not in page.text


def test_simulated_data_carry_their_badge(page):
    badges = [attrs for tag, attrs in page.tags if tag == "span" and attrs.get("class") == "badge simulated"]
    assert len(badges) >= 4  # the dataset, both answers, and the words on what this run cannot show


def goals_of(text):
    """Each goal of the page and its verdict, whatever stands between the two."""
    table = text[text.index("What was reached") :]
    rows = table[table.index("<tbody>") : table.index("</tbody>")].split("<tr>")[1:]
    words = [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows]
    return {said: "not reached" if "not reached" in said else "reached" for said in words if "reached" in said}


def test_goals_reached(path):
    found = goals_of(path.read_text(encoding="utf-8"))
    # three about data, four about answers: the scripted dpo model writes the analyst's own. The last is about
    # forecasts: three origins of one simulated coin show nothing beyond chance.
    assert [verdict for said, verdict in found.items() if "90-day forecasts" not in said] == ["reached"] * 7
    assert [verdict for said, verdict in found.items() if "90-day forecasts" in said] == ["not reached"]


def test_a_dataset_is_shown_with_its_gates_its_audit_and_its_reports(page, finished):
    (dataset,) = finished.datasets
    assert dataset.checks >= 13
    assert f"no leak in {dataset.checks} checks" in page.text
    passed = sum(verdict == "pass" for verdict in dataset.manifest.quality.values())
    assert f"{passed} passed" in page.text
    assert f"{dataset.manifest.rows['panel']:,} of 1 asset" in page.text
    assert {"data/small/quality.html", "data/small/datasheet.md", "audits/small.json"} <= set(page.links())


def test_what_the_audit_said_of_each_planted_leak_is_on_the_page(page, finished):
    for planted in finished.planted:
        assert planted.leak.what in page.text
        assert planted.found.what in page.text
        assert f"audits/planted-{planted.leak.name}.json" in page.links()
    assert page.text.count("found") >= len(finished.planted)
    assert "missed" not in page.text


def test_a_planted_leak_that_the_audit_missed_is_shown_as_missed(finished, path, tmp_path):
    first, *others = finished.planted
    blind = replace(first, report=first.report.model_copy(update={"findings": []}))
    try:
        text = Page(write_page(replace(finished, planted=[blind, *others])).read_text(encoding="utf-8")).text
    finally:
        write_page(finished)
    assert f"{first.leak.what} missed audits/planted-{first.leak.name}.json nothing" in text


def test_reports_of_the_audit_can_be_moved_with_the_run(path):
    for report in (path.parent / "audits").iterdir():
        assert str(path.parent) not in report.read_text(encoding="utf-8")


def test_one_row_of_each_kind_is_shown(page):
    for what in ("answer of the analyst", "features as JSON", "context window"):
        assert f"One row for tuning: {what}" in page.text


def test_stages_say_what_they_took_and_which_was_kept(page):
    assert "60 s, kept from before" in page.text
    assert "1.25 M parameters" in page.text
    assert "no loss was logged" in page.text  # of dpo, whose log is empty


def test_the_answers_are_beside_the_page_as_data(path):
    answers = json.loads((path.parent / "answers.json").read_text(encoding="utf-8"))
    assert [found["refused"] for found in answers] == [True, True]
    assert {found["origin"] for found in answers} == {"simulated"}


@pytest.mark.parametrize("gone", ["metrics", "tuned", "answers", "datasets"])
def test_a_run_that_did_not_finish_has_no_page(finished, tmp_path, gone):
    parts = {name: getattr(finished, name) for name in ("metrics", "tuned", "answers", "datasets")}
    parts[gone] = [] if isinstance(parts[gone], list) else None
    with pytest.raises(ForetuneError, match="did not come to its end"):
        write_page(LoopResult(tmp_path, **parts))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["dpo", "data/small/quality.html"])
def test_a_file_that_is_missing_is_named_and_not_linked(finished, path, name):
    gone = path.parent / name
    gone.rename(path.parent / "elsewhere")
    try:
        with pytest.raises(ForetuneError, match=f"{name} is missing, so the page cannot link to it"):
            write_page(finished)
    finally:
        (path.parent / "elsewhere").rename(gone)


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM.is_file(), reason="Chromium is not installed at /usr/bin/chromium")
@pytest.mark.parametrize("name", ["index.html", "evaluation/index.html"])
def test_a_browser_opens_it_without_complaint(path, tmp_path, name):
    file = path.parent / name
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--enable-logging=stderr", "--v=0",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]  # fmt: skip
    run = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )
    seen = Page(run.stdout)
    # the browser's own tree has what the file says: nothing was left out as broken markup
    assert seen.links() == Page(file.read_text(encoding="utf-8")).links()
    assert {"h1", "main", "svg", "table"} <= {tag for tag, _ in seen.tags}
    complaints = [line for line in run.stderr.splitlines() if "CONSOLE" in line or "Content Security Policy" in line]
    assert complaints == []
