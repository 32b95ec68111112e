"""What a check of the audit says, and the report of all of them. No check is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from foretune.config import Config


class Status(StrEnum):
    """`leak` fails the audit; `skipped` means that what the check needs is not there."""

    OK = "ok"
    WARNING = "warning"
    LEAK = "leak"
    SKIPPED = "skipped"


class Finding(Config):
    """One answer of one check.

    `what` is the answer in a sentence, `detail` names rows and columns, `mend` says what to do.
    `columns` and `figures` are the same for programs.
    """

    check: str
    status: Status
    what: str
    detail: str = ""
    mend: str = ""
    columns: Sequence[str] = ()
    figures: Mapping[str, float] = {}


class SampleSize(Config):
    """`blocks` counts labels that share no day, on the asset that has most of them: assets move together.

    `rows / blocks` is how often each independent outcome is told again.
    """

    rows: int
    assets: int
    blocks: int


class AuditReport(Config):
    """All findings over one dataset folder, in the order of the checks."""

    dataset: str
    horizon_days: int
    quick: bool
    samples: Mapping[str, SampleSize]
    findings: Sequence[Finding]

    @property
    def leaks(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.status is Status.LEAK]

    @property
    def skipped(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.status is Status.SKIPPED]


def named(names: Sequence[str], most: int = 6) -> str:
    """The first names of a list, and how many more there are.

    >>> named(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
