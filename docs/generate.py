"""Writes the pages of docs/reference from the code they describe. Hand-written prose belongs in the other folders.

    python docs/generate.py           write docs/reference
    python docs/generate.py --check   exit 1, naming the pages that no longer fit the code

Works without the training stack: nothing here imports torch.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import typer
from model_tables import model_sections, models_inside, prose, table

from foretune import errors
from foretune.answers.analyst import RISK_WARNINGS
from foretune.answers.context import CONTEXT_FIELDS, Kind, display
from foretune.answers.labels import LABELS
from foretune.answers.tasks import TASKS
from foretune.audit import (
    availability,
    canary,
    clocks,
    files,
    instruction_rows,
    perturbation,
    recompute,
    scaling,
    split_order,
    target,
    too_good,
)
from foretune.cli.main import app
from foretune.datasets.preferences import FAILS
from foretune.datasets.schema import panel_schema
from foretune.features.macro import SERIES_FIELDS
from foretune.features.technical import PERIODS_PER_YEAR
from foretune.pipeline.feeds import ONLY_FOR, AnyFeed
from foretune.pipeline.spec import PER_ASSET, BuildSpec
from foretune.quality.gates import DEFAULT_SEVERITY
from foretune.quality.measure import CHECKS
from foretune.sources.endpoints import Endpoints
from foretune.tables.release_calendar import RELEASE_RULES
from foretune.tuning.recipe import Recipe

REFERENCE = Path(__file__).parent / "reference"
WIDTH = 96
NOTE = "<!-- Written by docs/generate.py from the code; run `make docs` after a change there. -->"

AUDIT_CHECKS: Sequence[tuple[str, Callable[..., Any]]] = (
    (files.CHECK, files.check_files),
    (split_order.LABELS, split_order.check_label_intervals),
    (split_order.ORDER, split_order.check_split_order),
    (split_order.DOUBLES, split_order.check_doubles),
    (instruction_rows.CHECK, instruction_rows.check_instruction_rows),
    (target.CHECK, target.check_target),
    (scaling.CHECK, scaling.check_scaling),
    (too_good.CHECK, too_good.check_too_good),
    (canary.CHECK, canary.check_canary),
    (clocks.CHECK, clocks.check_clocks),
    (recompute.CHECK, recompute.check_recompute),
    (perturbation.CHECK, perturbation.check_perturbation),
    (availability.CHECK, availability.check_availability),
)
"""In the order in which `foretune audit` reports them."""

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
        "command line, 130 an interruption. Environment, for the live network: `ALPHAVANTAGE_API_KEY`, `FRED_API_KEY`, "
        "`COINGECKO_API_KEY`."
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
        table(
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
        table(
            ("Column", "From the series", "Maximum age"),
            ((f"`{f.field}`", f.transform.replace("_", " "), f"{f.max_age.days} d") for f in SERIES_FIELDS.values()),
        ),
        "## Release rules of FRED series",
        "A value counts as known this many full days after its period ends, at 00:00 UTC, unless a release calendar "
        "gives its day. These lags are assumed, and long on purpose.",
        table(
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
        table(
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
            table(
                ("Line", "Words of its label"),
                ((f"`{line.wording}`", ", ".join(line.labels) or "–") for line in spec.lines),
            ),
        ]
    parts += [
        "## Labels",
        table(("Slot", "Rule"), ((f"`{{{name}}}`", _first_line(rule)) for name, rule in LABELS.items())),
        "## Risk warnings",
        "The analyst closes each answer with one of these, picked by the content of the context. The check accepts "
        "other wordings too (`answers/wording.py`).",
        "\n".join(f"- {line}" for line in RISK_WARNINGS),
        "## Flaws of preference pairs",
        "The rejected answer of a pair has exactly one flaw and fails exactly the checks named.",
        table(("Flaw", "Checks it fails"), ((f"`{f.value}`", ", ".join(sorted(FAILS[f]))) for f in FAILS)),
    ]
    return "\n\n".join(parts)


def recipe_page() -> str:
    """Every key of a tuning recipe."""
    intro = "Read by `foretune tune`. Unknown keys are refused, with the nearest known one."
    return "\n\n".join(["# Tuning recipe", intro, *model_sections(Recipe)])


def pipeline_page() -> str:
    """Every key of a data pipeline."""
    intro = (
        "Read by `foretune build`. Unknown keys are refused, with the nearest known one. `foretune schema pipeline` "
        "gives the same as JSON Schema, for editors. A FRED series without a [release "
        "rule](panel.md#release-rules-of-fred-series) needs `release_lag_days`."
    )
    anywhere = ", ".join(f"`{name}`" for name in sorted(SERIES_FIELDS))
    kinds = [(get_args(model.model_fields["source"].annotation)[0], model.__name__) for model in models_inside(AnyFeed)]
    feeds = [
        "## Feeds",
        f"`fields` maps a field of the panel to its feed. Known: {anywhere}.",
        table(
            ("`source`", "Keys", "Fields"),
            (
                (
                    f"`{source}`",
                    f"[{name}](#{name.lower()})",
                    ", ".join(f"`{field}`" for field in ONLY_FOR[source]) if source in ONLY_FOR else "any",
                )
                for source, name in kinds
            ),
        ),
        "Source `files` refuses "
        + ", ".join(f"`{name}`" for name, series in SERIES_FIELDS.items() if series.released)
        + ", which are published long after their date. "
        + ", ".join(f"`{name}`" for name in PER_ASSET)
        + " belong to one asset and stand in its own `fields`.",
        "## Where providers are asked",
        "Without a market flag. `--sandbox URL` puts all of them below one address, as `URL/bybit`.",
        table(
            ("Provider", "Address"),
            ((f"`{name}`", f"`{address}`" if address else "–") for name, address in Endpoints().model_dump().items()),
        ),
    ]
    return "\n\n".join(["# Data pipeline", intro, *model_sections(BuildSpec), *feeds])


def quality_page() -> str:
    """Every gate: what it measures, what fools it, and what a miss does."""
    parts = [
        "# Quality gates",
        "What `quality.html` judges and `foretune quality` measures again. `fail` ends a build, `warn` is shown; "
        "limits and severities are keys of [GateSpec](pipeline.md#gatespec). How to act on it: [read the quality "
        "report](../how-to/read-the-quality-report.md).",
    ]
    for gate, check in CHECKS.items():
        parts += [f"## `{gate}`", f"A miss: **{DEFAULT_SEVERITY[gate]}**.", prose(check)]
    return "\n\n".join(parts)


def audit_page() -> str:
    """Every check of the audit: what it compares, and with which threshold."""
    parts = [
        "# Checks of the audit",
        "What `foretune audit` asks, in this order. Every answer is `ok`, `warning`, `leak` or `skipped`; a leak ends "
        "with exit code 1. How to use it: [audit a dataset](../how-to/audit-a-dataset.md).",
    ]
    for name, check in AUDIT_CHECKS:
        parts += [f"## {name}", prose(check)]
    return "\n\n".join(parts)


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
    "quality.md": quality_page,
    "audit.md": audit_page,
    "errors.md": errors_page,
}


def _help(command: Any, context: Any) -> str:
    command.rich_markup_mode = None  # boxes and colours depend on the terminal
    return str(command.get_help(context)).replace("`", "")


def _sample(kind: Kind) -> str:
    return display(kind, KIND_SAMPLES[kind])


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").split("\n")[0]


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
