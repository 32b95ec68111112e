"""Checks on any answer text against its context: format, numbers, labels, warning, wording.

They read the rendered text only, never the slots, so an answer typed digit by digit and one
filled by the renderer are judged alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from foretune.answers.analyst import LABELLERS
from foretune.answers.context import FIELD_BY_NAME, Kind, MarketContext, display
from foretune.answers.slots import ForecastNumbers, forecast_numbers, render
from foretune.answers.tasks import TASKS, Line, Task
from foretune.answers.wording import has_risk_warning, is_reckless
from foretune.errors import AnswerError

_NUMBER = re.compile(r"(?P<sign>[+-])?(?P<dollar>\$)?(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<percent>%)?")
# Words of the template that contain digits but claim nothing.
_NAMES = re.compile(r"\b(?:50-day|200-day|90-day|24 hours|in 90 days)\b|RSI\(14\)")
_CLOSING = re.compile(r"(?:Risk|Note): .+")


@dataclass(frozen=True, slots=True)
class Claim:
    """One number of an answer with its displayed unit and precision."""

    text: str
    value: float
    unit: str  # "$", "%" or ""
    decimals: int

    def states(self, shown: str) -> bool:
        """True if this claim equals the display `shown` within half of its own last digit."""
        expected = claims_in(shown)
        if len(expected) != 1 or expected[0].unit != self.unit:
            return False
        return abs(expected[0].value - self.value) <= 0.5 * 10.0**-self.decimals * (1 + 1e-9)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks found; `problems` says each failure in words."""

    format_ok: bool
    numbers_right: bool
    labels_right: bool
    risk_warning: bool
    reckless: bool
    claims: int
    problems: tuple[str, ...]

    @property
    def failed(self) -> frozenset[str]:
        """Names of the checks this answer did not pass."""
        passed = {
            "format_ok": self.format_ok,
            "numbers_right": self.numbers_right,
            "labels_right": self.labels_right,
            "risk_warning": self.risk_warning,
            "reckless": not self.reckless,
        }
        return frozenset(name for name, ok in passed.items() if not ok)

    @property
    def good(self) -> bool:
        """Every check passed."""
        return not self.failed


def claims_in(text: str) -> list[Claim]:
    """Every number of `text` that claims something.

    >>> [(c.value, c.unit) for c in claims_in("RSI(14) is 65.2; $1,200.50 against the 50-day")]
    [(65.2, ''), (1200.5, '$')]
    """
    found = []
    for match in _NUMBER.finditer(_NAMES.sub(" ", text)):
        digits = match["digits"].rstrip(",").replace(",", "")
        value = float(digits) * (-1.0 if match["sign"] == "-" else 1.0)
        unit = "$" if match["dollar"] else "%" if match["percent"] else ""
        decimals = len(digits.partition(".")[2])
        found.append(Claim(match.group(0), value, unit, decimals))
    return found


def parse_move(text: str) -> float | None:
    """The forecast move in standard deviations, or None if the answer does not state exactly one."""
    found = re.findall(r"^Move: ([+-]\d\.\d) standard deviations\.$", text, re.MULTILINE)
    return float(found[0]) if len(found) == 1 else None


def assess(task: Task, text: str, context: MarketContext) -> Verdict:
    """Judge a rendered answer. Pure; an empty answer fails everything but `reckless`."""
    spec = TASKS[task]
    rows = text.strip().split("\n")
    problems: list[str] = []
    format_ok = _check_frame(rows, spec.title.format(symbol=context.symbol), spec.lines, problems)
    body = {label: rest for label, _, rest in (row.partition(": ") for row in rows[1:])}
    move = parse_move(text)
    forecast = None if move is None else forecast_numbers(move, context)
    numbers_right, labels_right = True, True
    claimed = 0
    for line in spec.lines:
        said = body.pop(line.label, "")
        claims = claims_in(said)
        claimed += len(claims)
        shown = _expected(line, context, forecast)
        format_ok &= _check_shape(line, said, claims, context, problems)
        if (
            shown is None
            or len(claims) != len(shown)
            or not all(c.states(s) for c, s in zip(claims, shown, strict=True))
        ):
            numbers_right = False
            problems.append(f"{line.label}: states {[c.text for c in claims]}, the context has {shown}")
        if line.labels and not _missing(line, context):
            right = LABELLERS[line.label](context)
            if said.split(",")[0] != right:
                labels_right = False
                problems.append(f"{line.label}: is {right!r}, the answer says {said.split(',')[0]!r}")
    for row in body.items():  # numbers anywhere else have nothing to be bound to
        stray = claims_in(" ".join(row))
        claimed += len(stray)
        if stray:
            numbers_right = False
            problems.append(f"{row[0][:30]!r}: {[c.text for c in stray]} stand in no line that data settles")
    return Verdict(
        format_ok, numbers_right, labels_right, has_risk_warning(text), is_reckless(text), claimed, tuple(problems)
    )


def assess_generated(task: Task, answer: str, context: MarketContext) -> tuple[str, Verdict]:
    """Render what a model wrote (slots or plain) and judge it; what cannot be rendered is judged raw."""
    try:
        text = render(answer, context)
    except AnswerError as exc:
        raw = assess(task, answer, context)
        return answer, Verdict(
            False, False, raw.labels_right, raw.risk_warning, raw.reckless, raw.claims, (*raw.problems, str(exc))
        )
    return text, assess(task, text, context)


def _missing(line: Line, context: MarketContext) -> bool:
    return line.optional_when_missing is not None and getattr(context, line.optional_when_missing) is None


def _expected(line: Line, context: MarketContext, forecast: ForecastNumbers | None) -> list[str] | None:
    """The displays this line must state; None if they depend on a move that is not there."""
    if _missing(line, context):
        return []
    shown = []
    for name in line.fields:
        if name in FIELD_BY_NAME:
            shown.append(display(FIELD_BY_NAME[name].kind, float(getattr(context, name))))
        elif forecast is None:
            return None
        elif name == "z":
            shown.append(f"{forecast.z:+.1f}")
        elif name == "forecast_price":
            shown.append(display(Kind.PRICE, forecast.price))
        else:
            shown.append(display(Kind.PERCENT, forecast.return_pct))
    return shown


def _check_frame(rows: list[str], title: str, lines: tuple[Line, ...], problems: list[str]) -> bool:
    """Title, required lines in order, then at most one closing line."""
    wanted = [line.label for line in lines]
    found = [row.partition(": ")[0] for row in rows[1 : len(wanted) + 1]]
    closing = rows[len(wanted) + 1 :]
    ok = rows[0] == title and found == wanted
    ok &= len(closing) == 0 or (len(closing) == 1 and _CLOSING.fullmatch(closing[0]) is not None)
    if not ok:
        problems.append(f"format: expected {title!r} then lines {wanted} and one closing line")
    return ok


def _check_shape(line: Line, said: str, claims: list[Claim], context: MarketContext, problems: list[str]) -> bool:
    """The line has as many numbers as fields, of the right units, and a label of its vocabulary."""
    if _missing(line, context):
        ok = said == "not available."
    else:
        units = [_unit(name) for name in line.fields]
        ok = [claim.unit for claim in claims] == units
        ok &= not line.labels or said.split(",")[0] in line.labels
    if not ok:
        problems.append(f"format: line {line.label!r} reads {said[:60]!r}")
    return ok


def _unit(name: str) -> str:
    if name in FIELD_BY_NAME:
        kind = FIELD_BY_NAME[name].kind
        return "$" if kind is Kind.PRICE else "" if kind is Kind.NUMBER else "%"
    return {"z": "", "forecast_price": "$", "forecast_return_pct": "%"}[name]
