"""Writes a quality report as JSON and as one self-contained page. Nothing is measured or judged here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from foretune.pages.frame import environment, number, percent
from foretune.quality import pictures
from foretune.quality.evidence import Evidence
from foretune.quality.gates import Gate
from foretune.quality.result import Detail, QualityReport

JSON_NAME = "quality.json"
PAGE_NAME = "quality.html"
ASSETS_SHOWN = 12
DETAILS_SHOWN = 60

TITLES: Mapping[Gate, str] = {
    "completeness": "Completeness",
    "target_coverage": "Target coverage",
    "outliers": "Outliers",
    "gaps": "Gaps",
    "correlations": "Feature and target",
    "staleness": "Staleness",
    "duplicates": "Duplicates",
    "unit_breaks": "Unit breaks",
    "undeclared_splits": "Undeclared splits",
    "second_source": "Second source",
    "broken_bars": "Broken bars",
    "assumed_lags": "Assumed lags",
    "simulated_share": "Simulated share",
    "quarantine": "Quarantine",
}


def write_quality(report: QualityReport, evidence: Evidence, folder: Path) -> None:
    """Write `quality.json` and `quality.html` into `folder`; the same evidence gives the same bytes."""
    (folder / JSON_NAME).write_text(report_json(report), encoding="utf-8")
    write_page(report, evidence, folder / PAGE_NAME)


def report_json(report: QualityReport) -> str:
    """The report as the text of `quality.json`."""
    return report.model_dump_json(indent=2) + "\n"


def write_page(report: QualityReport, evidence: Evidence, path: Path) -> None:
    """Write the page: the verdict, then pictures, then what each gate is made of."""
    by_gate = {result.gate: result for result in report.results}
    assets = evidence.panel.rows["asset_symbol"].unique().sort().to_list()
    env = environment("foretune.quality")
    env.filters |= {"figure": figure, "cell": cell, "sentence": sentence}
    text = env.get_template("quality.html.j2").render(
        report=report,
        counts=Counter(result.status for result in report.results),
        titles=TITLES,
        rows=evidence.panel.rows,
        first=evidence.panel.rows["decision_at"].min(),
        last=evidence.panel.rows["decision_at"].max(),
        horizon_days=evidence.horizon_days,
        gap_days=evidence.gates.gap_days_max,
        put_aside=len(evidence.panel.quarantine) + len(evidence.rejected),
        assets=assets,
        prices={asset: pictures.price_line(evidence, asset) for asset in assets[:ASSETS_SHOWN]},
        coverage=pictures.coverage_strip(evidence),
        timeline=pictures.split_timeline(evidence),
        target=pictures.target_distribution(evidence),
        correlations=pictures.correlation_dots(by_gate["correlations"].details),
        correlations_shown=pictures.CORRELATIONS_SHOWN,
        reasons=pictures.reason_bars(by_gate["quarantine"].details),
        split_colours=pictures.SPLIT_COLOURS,
        lags=lags(evidence),
        most_details=DETAILS_SHOWN,
    )
    path.write_text(text, encoding="utf-8")


def lags(evidence: Evidence) -> Sequence[Detail]:
    """Per fed field and basis: rows, the median days from a period's start to its first release, and the newest."""
    facts = evidence.facts.observations
    name = pl.concat_str(pl.col("symbol") + ".", pl.col("field"), ignore_nulls=True).alias("field")
    first = pl.col("known_at") == pl.col("known_at").min().over("field", "symbol", "event_at")
    lag = pl.when(first).then((pl.col("known_at") - pl.col("event_at")).dt.total_hours() / 24)
    found = (
        facts.with_columns(lag.alias("lag"))
        .group_by(name, "basis")
        .agg(
            pl.col("source").unique().sort().str.join(", "),
            pl.len().alias("rows"),
            pl.col("lag").median().alias("median_lag_days"),
            pl.col("known_at").max().dt.strftime("%Y-%m-%d").alias("newest_known"),
        )
        .sort("field", "basis")
    )
    return found.select("field", "source", "basis", "rows", "median_lag_days", "newest_known").to_dicts()


def figure(value: float | None, unit: str) -> str:
    """A gate's value as people read it.

    >>> figure(None, "days"), figure(1.0, "days"), figure(0.4275, "|rank correlation|")
    ('none', '1 day', '0.43')
    """
    if value is None:
        return "none"
    if unit.startswith("share"):
        return percent(value)
    if unit == "|rank correlation|":
        return number(value, 2)
    return f"{number(value, 0)} {unit.removesuffix('s') if value == 1 else unit}"


def sentence(text: str) -> str:
    """A finding with a capital letter, unless it begins with the name of a field.

    >>> sentence("no fact is simulated"), sentence("cpi_yoy: too old")
    ('No fact is simulated', 'cpi_yoy: too old')
    """
    first = text.split(maxsplit=1)[0] if text else ""
    return text if "_" in first else text[:1].upper() + text[1:]


def cell(value: str | float | None) -> str:
    """A value of a details table: whole numbers whole, others to four digits.

    >>> cell(None), cell(1234), cell(0.052449), cell("BTC-USD")
    ('', '1,234', '0.05245', 'BTC-USD')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if float(value).is_integer():
        return number(value, 0)
    return f"{value:,.4g}".replace("-", "\N{MINUS SIGN}")
