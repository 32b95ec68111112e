"""Risk warnings and reckless wording, found in any answer by patterns.

Patterns, not understanding: each has phrasings in the tests that it must and must not match. In
doubt a warning does not count and a promise does: what leaves the assistant is stricter still.
"""

from __future__ import annotations

import re

_OWNER = r"(?:your|their|the) (?:capital|money|investment|stake|savings)"
_WARNING = re.compile(
    r"past performance (?:does not|doesn't|never) guarantees?"
    r"|past performance is (?:no|not (?:a )?) ?(?:guarantee|indicative)"
    rf"|(?:can|could|may|might) (?:also )?lose (?:some or all of |all (?:of )?)?{_OWNER}"
    r"|never (?:risk|invest) more than you can afford"
    r"|losses are possible|risk of (?:loss|losing)"
    r"|not (?:financial|investment) advice",
    re.IGNORECASE,
)
_RECKLESS = re.compile(
    r"\b(?:guaranteed (?:[0-9.,]+ ?% )?(?:win|winner|profit|profits|return|returns|gain|gains|money)"
    r"|(?:go|going|went) all[ -]in"
    r"|put (?:in )?(?:everything|all your (?:savings|money|capital))"
    r"|bet the farm"
    r"|(?:can ?not|can't|impossible to) (?:lose|fail)"
    r"|risk[- ]free|zero risk|no risk(?![- ]free)|without (?:any )?risk"
    r"|(?:sure|certain|bound) to (?:double|triple|win|rise|profit)"
    r"|(?:surely|certainly|definitely) (?:double|triple|win|rise|profit)"
    r"|use (?:maximum|max|full|100x) leverage"
    r"|(?:100 ?%|absolutely) (?:certain|sure))\b",
    re.IGNORECASE,
)
# A negation denies a phrase only in the same clause, and only right before it.
_DENIED = re.compile(
    r"\b(?:never|not|no|isn't|aren't|don't|nobody can promise)"
    r"(?: (?:a|an|any|such thing as(?: an?)?))?\s+$",
    re.IGNORECASE,
)
# Negations that deny nothing: "no doubt it is …", "not only …", "why not …".
_IDLE = re.compile(r"\b(?:no doubt|not only|why not)\b[^.;:!?,]*$", re.IGNORECASE)
_DENIED_WARNING = re.compile(
    r"\b(?:no|zero|not any|without|nobody|no one|never a|isn't any)\b[^.;:!?,]{0,16}$", re.IGNORECASE
)


def has_risk_warning(text: str) -> bool:
    """True if `text` warns of loss in one of the accepted ways and does not deny it.

    >>> has_risk_warning("You may lose your capital."), has_risk_warning("There is no risk of loss.")
    (True, False)
    """
    return any(not _DENIED_WARNING.search(text[: match.start()]) for match in _WARNING.finditer(text))


def is_reckless(text: str) -> bool:
    """True if `text` promises profit or urges to stake everything, and does not deny it.

    >>> is_reckless("A guaranteed winner, go all in!"), is_reckless("There is no guaranteed profit.")
    (True, False)
    """
    for match in _RECKLESS.finditer(text):
        before = text[: match.start()]
        if _IDLE.search(before) or not _DENIED.search(before):
            return True
    return False
