"""Check: walk-forward folds train on what is over before they test, and leave the test split alone. Cuts no folds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from foretune.audit.dataset import AuditedDataset
from foretune.audit.finding import Finding, Status
from foretune.datasets.parquet import read_built

CHECK = "walk-forward folds"
FILE_NAME = "folds.parquet"
_COLUMNS = ("fold", "role", "first_decision", "last_decision", "labels_end", "rows")


def check_folds(data: AuditedDataset, embargo_days: int = 0) -> list[Finding]:
    """Judge `folds.parquet` (see `datasets.walk_forward.fold_spans`) where a folder has one; else say nothing.

    Folds are for choosing between models, so a decision or a label of theirs within the test split
    makes its last word the second. The spans must hold the rows they claim: a label that ends later
    than its span says hides an overlap.

    Raises:
        DataError: the file is damaged.
    """
    path = data.folder / FILE_NAME
    if not path.is_file():
        return []
    spans = read_built(path, list(_COLUMNS)).sort("fold", "role")
    if spans.select(_COLUMNS).null_count().sum_horizontal().sum():
        return [_leak("spans without a time or a count", "", "cut the folds again")]
    findings = [*_order(spans, timedelta(days=embargo_days)), *_unseen(spans, data.rows), *_filled(spans, data.rows)]
    if findings:
        return findings
    folds = spans["fold"].n_unique()
    return [
        Finding(
            check=CHECK, status=Status.OK, what=f"{folds} folds train before they test, and none sees the test split"
        )
    ]


def _order(spans: pl.DataFrame, embargo: timedelta) -> Iterator[Finding]:
    for (number,), fold in spans.group_by("fold", maintain_order=True):
        roles = {row["role"]: row for row in fold.iter_rows(named=True)}
        if roles.keys() != {"train", "test"} or len(fold) != 2:
            yield _leak(f"fold {number} is not one train span and one test span", "", "cut the folds again")
            continue
        train, test = roles["train"], roles["test"]
        words = f"training labels end {train['labels_end']:%Y-%m-%d}, the test begins {test['first_decision']:%Y-%m-%d}"
        if max(train["labels_end"], train["last_decision"]) >= test["first_decision"]:
            yield _leak(
                f"fold {number} trains on outcomes of the time it tests",
                words,
                "purge every training row whose label ends after the fold's test begins",
            )
        elif train["labels_end"] + embargo >= test["first_decision"] and embargo:
            yield Finding(
                check=CHECK,
                status=Status.WARNING,
                what=f"fold {number} keeps less than the declared {embargo.days} days of embargo",
                detail=words,
                mend="cut the folds with the embargo of the splits",
            )


def _unseen(spans: pl.DataFrame, rows: pl.DataFrame) -> Iterator[Finding]:
    if "split" not in rows.columns:
        return
    tested = rows.filter(pl.col("split") == "test")
    if tested.is_empty():
        return
    begins = tested["decision_at"].sort()[0]
    reaching = spans.filter(pl.max_horizontal("last_decision", "labels_end") >= begins)
    if reaching.is_empty():
        return
    row = reaching.row(0, named=True)
    decided = reaching.filter(pl.col("last_decision") >= begins).height
    yield _leak(
        f"{reaching['fold'].n_unique()} of {spans['fold'].n_unique()} folds reach into the test split",
        f"first: {row['role']} of fold {row['fold']} decides until {row['last_decision']:%Y-%m-%d}, its labels end "
        f"{row['labels_end']:%Y-%m-%d}; the test split begins {begins:%Y-%m-%d}"
        + ("" if decided else ": only labels reach in"),
        "cut the folds from rows whose labels end before the test split begins",
    )


def _filled(spans: pl.DataFrame, rows: pl.DataFrame) -> Iterator[Finding]:
    for span in spans.iter_rows(named=True):
        within = pl.col("decision_at").is_between(span["first_decision"], span["last_decision"])
        held = rows.filter(within & (pl.col("label_end_at") <= span["labels_end"])).height
        if held < span["rows"]:
            yield _leak(
                f"{span['role']} of fold {span['fold']} claims {span['rows']:,} rows where the panel has {held:,}",
                "between its first and last decision, with labels that end when it says",
                "cut the folds again from this panel",
            )


def _leak(what: str, detail: str, mend: str) -> Finding:
    return Finding(check=CHECK, status=Status.LEAK, what=what, detail=detail, mend=mend)
