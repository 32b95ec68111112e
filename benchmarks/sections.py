"""Puts each benchmark's figures into its own part of docs/benchmarks.md. Measures nothing."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = (
    "# Benchmarks\n\nMade by `make bench`; figures of one machine, so read the ratios. CPU seconds are user and system "
    "time of the whole process, all threads: parallel work hides nothing.\n"
)


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    """Replace the section `name` of `page` by `text`, or append it; the others stay as they are."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    section = f"{begin}\n{text.strip()}\n{end}\n"
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    if "<!-- " not in old:
        old = HEAD
    pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}\n", re.DOTALL)
    if pattern.search(old):
        page.write_text(pattern.sub(lambda _: section, old), encoding="utf-8")
    else:
        page.write_text(f"{old.rstrip()}\n\n{section}", encoding="utf-8")
