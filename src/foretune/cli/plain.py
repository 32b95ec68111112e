"""Words of others (providers, files) made fit for the terminal: neither markup nor escapes of theirs are obeyed."""

from __future__ import annotations

from rich.markup import escape

from foretune.sources.excerpt import printable


def plain(text: str) -> str:
    """`text` so that rich prints it as it stands.

    >>> plain("[red]x")
    '\\\\[red]x'
    """
    return escape(printable(text))
