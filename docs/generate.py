"""Writes the pages of docs/reference from the code they describe. Hand-written prose belongs in the other folders.

    python docs/generate.py           write docs/reference
    python docs/generate.py --check   exit 1, naming the pages that no longer fit the code

Works without the training stack: nothing here imports torch.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from foretune import errors
from foretune.answers.analyst import RISK_WARNINGS
from foretune.answers.context import CONTEXT_FIELDS, Kind, display
from foretune.answers.labels import LABELS
from foretune.answers.tasks import TASKS
from foretune.cli.main import app
from foretune.datasets.preferences import FAILS
from foretune.datasets.schema import panel_schema
from foretune.features.macro import SERIES_FIELDS
from foretune.features.technical import PERIODS_PER_YEAR
from foretune.pipeline.spec import BuildSpec
from foretune.tables.release_calendar import RELEASE_RULES
from foretune.tuning.recipe import Recipe

REFERENCE = Path(__file__).parent / "reference"
WIDTH = 96
NOTE = "<!-- Written by docs/generate.py from the code; run `make docs` after a change there. -->"

KIND_SAMPLES: Mapping[Kind, float] = {
    Kind.PRICE: 67234.5,
    Kind.PERCENT: 2.341,
    Kind.FRACTION: 0.523,
    Kind.RATE: 0.000103,
    Kind.NUMBER: 65.23,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` only compare them; returns the exit code."""
    if list(arguments) not in ([], ["--check"]):
        sys.stderr.write("usage: python docs/generate.py [--check]\n")
        return 2
    pages = {name: f"{NOTE}\n\n{page().rstrip()}\n" for name, page in PAGES.items()}
    if not arguments:
        REFERENCE.mkdir(exist_ok=True)
        for name, text in pages.items():
            (REFERENCE / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{len(pages)} pages in {REFERENCE}\n")
        return 0
    stale = [name for name, text in pages.items() if _read(REFERENCE / name) != text]
    for name in stale:
        sys.stderr.write(f"docs/reference/{name} does not fit the code; run 'make docs' and commit it\n")
    return 1 if stale else 0


def cli_page() -> str:
    """Every command's own help, in plain text of one width."""
    group: Any = typer.main.get_command(app)
    root = group.context_class(group, info_name="foretune", terminal_width=WIDTH, max_content_width=WIDTH)
    parts = ["# Command line", _block(_help(group, root))]
    for name, command in group.commands.items():
        inside = command.context_class(
            command, info_name=name, parent=root, terminal_width=WIDTH, max_content_width=WIDTH
        )
        parts += [f"## foretune {name}", _block(_help(command, inside))]
    parts.append(
        "Exit code 0 is success, 1 an expected failure told in one sentence (see [errors](errors.md)), 2 a wrong "
        "command line, 130 an interruption. Environment: `ALPHAVANTAGE_API_KEY` for Alpha Vantage on the live network."
    )
    return "\n\n".join(parts)


def panel_page() -> str:
    """The columns of `panel.parquet`, the series behind them, and when those become known."""
    parts = [
        "# The panel",
        "`panel.parquet` holds one row per asset and decision. A row uses only what was known at `decision_at`; the "
        "columns marked as looking ahead are labels and never reach a prompt. Rows that cannot be used are in "
        "`quarantine.parquet` with a `reason`.",
        "## Columns",
        "Always there, in this order. Lookback counts bars of the asset, the row's own included; a value that is "
        "joined as of `decision_at` has a lookback of 1. *Needed* columns are never null: a row without one of them "
        "is in the quarantine. **Bold** names are those of the 90-day guide. Volatility is per year, with "
        + ", ".join(f"{periods:g} bars for {name}" for name, periods in PERIODS_PER_YEAR.items())
        + ". Indicators, returns and the target see through share splits and are in units of the row's own day. With "
        "another horizon the target's columns are named after it.",
        _table(
            ("Column", "Type", "Unit", "Group", "Lookback", "Needed", "Meaning"),
            (
                (
                    f"**`{c.name}`**" if c.canonical else f"`{c.name}`",
                    str(c.dtype).split("(")[0],
                    c.unit,
                    c.group,
                    str(c.lookback or ""),
                    "yes" if c.needed else "",
                    f"**looks ahead**: {c.meaning}" if c.looks_ahead else c.meaning,
                )
                for c in panel_schema()
            ),
        ),
        "## Series that feed the context fields",
        "What a pipeline's `fields` may name. Each is joined as of `decision_at`; a value older than its maximum age, "
        "counted from when it became known, is null, and what is made from it ages with it. An asset with a series of "
        "its own uses that one alone.",
        _table(
            ("Column", "From the series", "Maximum age"),
            ((f"`{f.field}`", f.transform.replace("_", " "), f"{f.max_age.days} d") for f in SERIES_FIELDS.values()),
        ),
        "## Release rules of FRED series",
        "A value counts as known this many full days after its period ends, at 00:00 UTC, unless a release calendar "
        "gives its day. These lags are assumed, and long on purpose.",
        _table(
            ("Series", "Period", "Lag, days", "Why"),
            (
                (f"`{name}`", rule.period.replace("_", " "), str(rule.lag_days), rule.why)
                for name, rule in RELEASE_RULES.items()
            ),
        ),
    ]
    return "\n\n".join(parts)


def context_page() -> str:
    """What a model may speak from, the slots it writes, and what each task must say."""
    parts = [
        "# Context, slots and tasks",
        "A prompt carries `Symbol` and the values below that exist. An answer names them as slots; the renderer fills "
        "them, and every check reads the filled text.",
        "## Context values",
        _table(
            ("Slot", "Label in the prompt", "Written as"),
            (
                ("`{" + field.name + "}`", field.label, f"{field.kind.value}, `{_sample(field.kind)}`")
                for field in CONTEXT_FIELDS
            ),
        ),
        "Further slots: `{symbol}`; `{z:+0.7}`, the 90-day move in standard deviations, the one number a model "
        "chooses; the labels below; `{forecast_return_pct}` and `{forecast_price}`, which follow from that move.",
        "## Tasks",
    ]
    for task, spec in TASKS.items():
        parts += [
            f"### `{task.value}`",
            f"Instruction: “{spec.instruction}” First line of the answer: `{spec.title}`.",
            _table(
                ("Line", "Words of its label"),
                ((f"`{line.wording}`", ", ".join(line.labels) or "–") for line in spec.lines),
            ),
        ]
    parts += [
        "## Labels",
        _table(("Slot", "Rule"), ((f"`{{{name}}}`", _first_line(rule)) for name, rule in LABELS.items())),
        "## Risk warnings",
        "The analyst closes each answer with one of these, picked by the content of the context. The check accepts "
        "other wordings too (`answers/wording.py`).",
        "\n".join(f"- {line}" for line in RISK_WARNINGS),
        "## Flaws of preference pairs",
        "The rejected answer of a pair has exactly one flaw and fails exactly the checks named.",
        _table(("Flaw", "Checks it fails"), ((f"`{f.value}`", ", ".join(sorted(FAILS[f]))) for f in FAILS)),
    ]
    return "\n\n".join(parts)


def recipe_page() -> str:
    """Every key of a tuning recipe."""
    intro = "Read by `foretune tune`. Unknown keys are refused, with the nearest known one."
    return "\n\n".join(["# Tuning recipe", intro, *_models(Recipe)])


def pipeline_page() -> str:
    """Every key of a data pipeline."""
    names = ", ".join(f"`{name}`" for name in sorted(SERIES_FIELDS))
    intro = (
        "Read by `foretune build`. Unknown keys are refused, with the nearest known one. `fields` may name: "
        f"{names}. A FRED series without a [release rule](panel.md#release-rules-of-fred-series) needs "
        "`release_lag_days`."
    )
    return "\n\n".join(["# Data pipeline", intro, *_models(BuildSpec)])


def errors_page() -> str:
    """The tree of expected failures, as drawn in the module that defines it."""
    lead, tree = inspect.cleandoc(errors.__doc__ or "").split("\n\n    ", maxsplit=1)
    return "\n\n".join(["# Errors", lead, _block(inspect.cleandoc("    " + tree))])


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "panel.md": panel_page,
    "context.md": context_page,
    "recipe.md": recipe_page,
    "pipeline.md": pipeline_page,
    "errors.md": errors_page,
}


def _help(command: Any, context: Any) -> str:
    command.rich_markup_mode = None  # boxes and colours depend on the terminal
    return str(command.get_help(context)).replace("`", "")


def _models(top: type[BaseModel]) -> Iterator[str]:
    """A section per model, `top` first, then what it contains in the order of use."""
    waiting, seen = [top], {top}
    while waiting:
        model = waiting.pop(0)
        yield f"## {model.__name__}"
        yield inspect.cleandoc(model.__doc__ or "")
        rows = []
        for name, field in model.model_fields.items():
            rows.append((f"`{name}`", _type(field.annotation), _limits(field), _default(field)))
            for found in _inside(field.annotation):
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)
        yield _table(("Key", "Type", "Limits", "Default"), rows)


def _inside(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _inside(argument)]


def _type(annotation: Any) -> str:
    """An annotation as a reader of YAML would say it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(argument) for argument in arguments)
    if origin in (list, tuple, Sequence):
        return f"list of {_type(arguments[0])}"
    if origin in (dict, Mapping):
        return f"mapping of {_type(arguments[0])} to {_type(arguments[1])}"
    if annotation in (None, type(None)):
        return "null"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    plain = {str: "text", int: "integer", float: "number", bool: "true or false", date: "date", Path: "path"}
    return plain.get(annotation, str(annotation))


def _limits(field: FieldInfo) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥", "max_length": "length ≤"}
    found = []
    for limit in field.metadata:
        for name, sign in signs.items():
            if (value := getattr(limit, name, None)) is not None:
                found.append(f"{sign} {value}")
        if (pattern := getattr(limit, "pattern", None)) is not None:
            found.append(f"`{pattern}`")
    return ", ".join(found) or "–"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "its own defaults"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value != {} else "none"


def _sample(kind: Kind) -> str:
    return display(kind, KIND_SAMPLES[kind])


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").split("\n")[0]


def _table(header: Sequence[str], rows: Any) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
