"""Writes a quality report as JSON and as a page."""

from __future__ import annotations

from pathlib import Path

from foretune.quality.evidence import Evidence
from foretune.quality.result import QualityReport


def write_quality(report: QualityReport, evidence: Evidence, folder: Path) -> None:
    """Write `quality.json` and `quality.html` into `folder`."""
    (folder / "quality.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (folder / "quality.html").write_text("<!doctype html><title>quality</title>", encoding="utf-8")
