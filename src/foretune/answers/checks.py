"""Checks on any answer text against its context: format, numbers, labels, warning, wording.

They read the rendered text only, never the slots, so an answer typed digit by digit and one
filled by the renderer are judged alike. A line counts only if it is, character for character, the
task's wording with numbers and a label in their places: "$67,234.50 million", a minus that is not
ASCII or a "not" slipped in between is another sentence, and another sentence proves nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from foretune.answers.context import FIELD_BY_NAME, Kind, MarketContext, display
from foretune.answers.labels import LABELS
from foretune.answers.slots import ForecastNumbers, forecast_numbers, render
from foretune.answers.tasks import LABEL, SLOT_NAME, TASKS, Line, Task
from foretune.answers.wording import has_risk_warning, is_reckless
from foretune.errors import AnswerError

_WHOLE = r"[0-9]{1,3}(?:,[0-9]{3})*"
_SHAPES = {
    Kind.PRICE: rf"\${_WHOLE}\.[0-9]{{2,}}",
    Kind.PERCENT: rf"[+-]{_WHOLE}\.[0-9]{{2}}%",
    Kind.FRACTION: rf"{_WHOLE}\.[0-9]%",
    Kind.RATE: r"[+-][0-9]+\.[0-9]{4}%",
    Kind.NUMBER: r"[0-9]{1,3}\.[0-9]",
}
_DERIVED_SHAPES = {
    "z": r"[+-][0-9]\.[0-9]",
    "forecast_return_pct": _SHAPES[Kind.PERCENT],
    "forecast_price": _SHAPES[Kind.PRICE],
}
_CLOSING = re.compile(r"(?:Risk|Note): .+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks found. `claims` counts the numbers stated in their places; `problems` are words."""

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


def parse_move(text: str) -> float | None:
    """The forecast move in standard deviations, or None if the answer does not state exactly one.

    >>> parse_move("Move: +0.7 standard deviations."), parse_move("Move: up.")
    (0.7, None)
    """
    line = next(line for line in TASKS[Task.FORECAST_90D].lines if line.fields == ("z",))
    found = [match for row in text.split("\n") if (match := _pattern(line).fullmatch(row))]
    return float(found[0]["z"]) if len(found) == 1 else None


def assess(task: Task, text: str, context: MarketContext) -> Verdict:
    """Judge a rendered answer. Pure; an empty answer fails everything but `reckless`.

    A number is right if it reads as the context displays it; one that stands anywhere but in its
    place is wrong, whatever its value.
    """
    spec = TASKS[task]
    rows = text.strip().split("\n")
    problems: list[str] = []
    title = spec.title.format(symbol=context.symbol)
    format_ok = _check_frame(rows, title, spec.lines, problems)
    move = parse_move(text)
    forecast = None if move is None else forecast_numbers(move, context)
    numbers_right, labels_right, claims = True, True, 0
    rest = rows[1:] if rows[0] == title else list(rows)
    for line in spec.lines:
        row = next((row for row in rest if row.startswith(f"{line.name}: ")), None)
        if row is not None:
            rest.remove(row)
        if _is_absent(line, context):
            if row != line.absent:
                format_ok = numbers_right = labels_right = False
                problems.append(f"{line.name}: has no data, so the line must be {line.absent!r}")
            continue
        match = None if row is None else _pattern(line).fullmatch(row)
        if match is None:
            format_ok = numbers_right = False
            labels_right &= not line.labels
            problems.append(f"{line.name}: {'is missing' if row is None else f'reads {row[:80]!r}'}")
            continue
        claims += len(line.fields)
        for name in line.fields:
            shown = _shown(name, context, forecast)
            if match[name] != shown:
                numbers_right = False
                problems.append(f"{line.name}: says {match[name]}, the data say {shown or 'nothing'}")
        if line.labels and match[LABEL] != (right := LABELS[line.label_slot](context)):
            labels_right = False
            problems.append(f"{line.name}: says {match[LABEL]!r}, the data say {right!r}")
    stray = [row for row in rest if any(character.isnumeric() for character in row)]
    if stray:
        numbers_right = False
        problems.append(f"numbers outside their lines: {stray[0][:60]!r}")
    return Verdict(
        format_ok, numbers_right, labels_right, has_risk_warning(text), is_reckless(text), claims, tuple(problems)
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


@cache
def _pattern(line: Line) -> re.Pattern[str]:
    """The line's wording as a pattern with one named group per slot."""
    parts = SLOT_NAME.split(line.wording)  # odd entries are slot names
    for at, name in enumerate(parts):
        if at % 2 == 0:
            parts[at] = re.escape(name)
        elif name == LABEL:
            parts[at] = f"(?P<{LABEL}>{'|'.join(map(re.escape, line.labels))})"
        else:
            shape = _SHAPES[FIELD_BY_NAME[name].kind] if name in FIELD_BY_NAME else _DERIVED_SHAPES[name]
            parts[at] = f"(?P<{name}>{shape})"
    return re.compile("".join(parts))


def _is_absent(line: Line, context: MarketContext) -> bool:
    return line.absent_without is not None and getattr(context, line.absent_without) is None


def _shown(name: str, context: MarketContext, forecast: ForecastNumbers | None) -> str | None:
    """How the context displays the value of slot `name`; None if it depends on a move that is not there."""
    if name in FIELD_BY_NAME:
        return display(FIELD_BY_NAME[name].kind, float(getattr(context, name)))
    if forecast is None:
        return None
    if name == "z":
        return f"{forecast.z:+.1f}"
    if name == "forecast_price":
        return display(Kind.PRICE, forecast.price)
    return display(Kind.PERCENT, forecast.return_pct)


def _check_frame(rows: list[str], title: str, lines: tuple[Line, ...], problems: list[str]) -> bool:
    """Title, required lines in order, then at most one closing line."""
    wanted = [line.name for line in lines]
    found = [row.partition(": ")[0] for row in rows[1 : len(wanted) + 1]]
    closing = rows[len(wanted) + 1 :]
    ok = rows[0] == title and found == wanted
    ok &= len(closing) == 0 or (len(closing) == 1 and _CLOSING.fullmatch(closing[0]) is not None)
    if not ok:
        problems.append(f"format: expected {title!r}, then the lines {', '.join(wanted)} and one closing line")
    return ok
