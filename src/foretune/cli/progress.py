"""Progress of long work in the terminal: one line per stage, what it costs and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from foretune.models.progress import Progress as StageProgress


def progress_bars(console: Console) -> Progress:
    """Bars with counts, elapsed and remaining time."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def stage_reporter(bars: Progress) -> Callable[[StageProgress], None]:
    """Show each training stage as a bar with its loss and tokens per second."""
    tasks: dict[str, TaskID] = {}

    def report(at: StageProgress) -> None:
        if at.stage not in tasks:
            tasks[at.stage] = bars.add_task(at.stage, total=at.steps)
        loss = "" if at.loss is None else f", loss {at.loss:.3f}"
        rate = f", {at.tokens / at.seconds:,.0f} tokens/s" if at.tokens and at.seconds > 0 else ""
        bars.update(tasks[at.stage], completed=at.step, total=at.steps, description=f"{at.stage}{loss}{rate}")

    return report


@contextmanager
def step_reporter(name: str, console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """One bar for work in named steps; it leaves no line behind when it is over or refused."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        running = bar.add_task(name, total=None)

        def step(label: str, done: int, total: int) -> None:
            bar.update(running, description=f"{name}: {label}", completed=done, total=total)

        yield step
