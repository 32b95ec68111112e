"""Text of a provider made fit for a message: one line, short, nothing a terminal would obey. It judges nothing."""

from __future__ import annotations

UNPRINTABLE = "\ufffd"


def printable(text: str) -> str:
    """`text` with every character that does not print as U+FFFD: escapes, bells, turned directions, half pairs.

    Line breaks stay, as nothing but a line break.

    >>> printable("red: \\x1b[31m")
    'red: �[31m'
    """
    return "".join(each if each.isprintable() or each == "\n" else UNPRINTABLE for each in text)


def excerpt(text: str, length: int = 200) -> str:
    """How `text` begins, on one line of printable characters; pages meant for browsers are named, not quoted.

    >>> excerpt("no such\\n  symbol"), excerpt("<html>…</html>"), excerpt("a" * 5, 3)
    ('no such symbol', 'an HTML page', 'aaa…')
    """
    plain = printable(" ".join(text.split()))
    if plain.startswith("<"):
        return "an HTML page"
    return plain if len(plain) <= length else f"{plain[:length]}…"
