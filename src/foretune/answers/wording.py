"""Risk warnings and reckless wording, found in any answer, in any order of words we have met.

Patterns, not understanding: a warning that says the opposite in unforeseen words is missed.
Each pattern therefore has phrasings in the tests that it must and must not match.
"""

from __future__ import annotations

import re

_WARNING = re.compile(
    r"past performance (?:does not|doesn't|is no|never) guarantees?"
    r"|past performance is not (?:a )?(?:guarantee|indicative)"
    r"|(?:can|could|may|might) (?:also )?lose (?:some or all of |all (?:of )?)?(?:your|their|the) "
    r"(?:capital|money|investment|stake)"
    r"|never (?:risk|invest) more than you can afford"
    r"|losses are possible|risk of (?:loss|losing)"
    r"|not (?:financial|investment) advice",
    re.IGNORECASE,
)

_RECKLESS = re.compile(
    r"\b(?:guaranteed (?:win|winner|profit|profits|return|returns|gain|gains|money)"
    r"|(?:go|going|went) all[ -]in"
    r"|put (?:in )?everything"
    r"|(?:can ?not|can't|impossible to) (?:lose|fail)"
    r"|risk[- ]free (?:profit|trade|return|money)"
    r"|use (?:maximum|max|full|100x) leverage"
    r"|(?:100 ?%|absolutely) (?:certain|sure) (?:to|profit|win))\b",
    re.IGNORECASE,
)
# A negation shortly before the phrase, in the same clause, turns it into the opposite.
_DENIED = re.compile(r"\b(?:no|not|never|nothing|isn't|aren't|don't|do not|does not)\b[^.;:!?]{0,24}$", re.IGNORECASE)


def has_risk_warning(text: str) -> bool:
    """True if `text` warns of loss in one of the accepted ways.

    >>> has_risk_warning("You may lose your capital."), has_risk_warning("You will win.")
    (True, False)
    """
    return _WARNING.search(text) is not None


def is_reckless(text: str) -> bool:
    """True if `text` promises profit or urges to stake everything, and does not deny it.

    >>> is_reckless("A guaranteed winner, go all in!"), is_reckless("There is no guaranteed profit.")
    (True, False)
    """
    return any(not _DENIED.search(text[: match.start()]) for match in _RECKLESS.finditer(text))
