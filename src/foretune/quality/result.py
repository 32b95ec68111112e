"""The verdict of one gate and of all of them. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from foretune.config import Config
from foretune.quality.gates import Gate, GateSpec

Status = Literal["pass", "warn", "fail", "off", "skipped"]
Detail = Mapping[str, str | int | float | None]


class GateResult(Config):
    """What was measured for one gate.

    `value` and `threshold` are in `unit`; `value` is None where there was nothing to measure.
    `what` is one sentence for a person, `mend` what to do about a miss. `details` are the rows of
    a table: the worst cases, or the parts `value` is made of.
    """

    gate: Gate
    status: Status
    value: float | None
    threshold: float | None
    unit: str
    what: str
    mend: str = ""
    details: Sequence[Detail] = ()


class QualityReport(Config):
    """All gates of one dataset, in the order of `Gate`."""

    name: str
    origin: str
    results: Sequence[GateResult]
    absent: Mapping[str, str] = {}

    @property
    def failed(self) -> tuple[str, ...]:
        """Gates that end a build."""
        return tuple(result.gate for result in self.results if result.status == "fail")

    def verdict(self) -> str:
        """Every missed gate in one sentence, or that there is none."""
        missed = [result for result in self.results if result.status == "fail"]
        if not missed:
            return "every gate is passed"
        return f"{len(missed)} quality gate{'s are' if len(missed) > 1 else ' is'} missed: " + "; ".join(
            f"{result.gate}: {result.what} ({result.mend})" for result in missed
        )


def judge(
    gates: GateSpec,
    gate: Gate,
    *,
    missed: bool | None,
    value: float | None,
    threshold: float | None,
    unit: str,
    what: str,
    mend: str,
    details: Sequence[Detail] = (),
) -> GateResult:
    """The result of `gate` with the status its severity gives it; `missed` None means not measurable."""
    severity = gates.severity_of(gate)
    status: Status = "pass"
    if severity == "off":
        status = "off"
    elif missed is None:
        status = "skipped"
    elif missed:
        status = severity
    shown = mend if status in ("warn", "fail") else ""
    return GateResult(
        gate=gate,
        status=status,
        value=None if value is None else _rounded(value),
        threshold=threshold,
        unit=unit,
        what=what,
        mend=shown,
        details=[
            {name: _rounded(cell) if isinstance(cell, float) else cell for name, cell in row.items()} for row in details
        ],
    )


def _rounded(value: float) -> float:
    """Six digits, so that the last bits of a sum, which depend on threads, do not change the file."""
    return float(f"{value:.6g}")
