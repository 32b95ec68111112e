"""The words of a simulated world's headlines: forms, sites and how a move is called. No prices are read here."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from foretune.sandbox.market import Article

_FORMS: Final = {
    "rise": (
        "{name} climbs {size} as buyers return",
        "{name} up {size} over the past day , desks report steady demand",
        "Demand lifts {name} by {size}",
        "{name} adds {size} in a day , analysts see firmer footing",
        "{name} extends gains , {size} higher than a day ago",
    ),
    "surge": (
        "{name} jumps {size} in one of its strongest days this season",
        "Buyers chase {name} {size} higher",
        "{name} rallies {size} , shorts forced to cover",
        "Sharp advance takes {name} up {size}",
    ),
    "fall": (
        "{name} slips {size} as traders cut risk",
        "{name} down {size} over the past day , buyers stay away",
        "Selling pressure costs {name} {size}",
        "{name} gives back {size} , analysts point to weak demand",
        "{name} eases {size} in cautious trading",
    ),
    "plunge": (
        "{name} tumbles {size} in a broad sell-off",
        "Sellers drive {name} {size} lower",
        "{name} loses {size} , margin calls add to the fall",
        "Sharp drop takes {name} down {size}",
    ),
    "quiet": (
        "{name} little changed as traders wait",
        "Quiet day for {name}",
        "{name} holds its range , volumes thin",
        "Few surprises for {name} , week ahead in focus",
        "What traders of {name} are watching this week",
    ),
}
_SITES: Final = (
    ("markets-daily.example.com", "United States"),
    ("ledger-post.example.com", "United States"),
    ("tradewire.example.net", "United Kingdom"),
    ("the-closing-bell.example.org", "United States"),
    ("pacific-finance.example.net", "Australia"),
    ("northern-business.example.org", "Canada"),
    ("coast-and-city.example.com", "Ireland"),
)
_STRONG: Final = 1.8
_QUIET: Final = 0.3


def headline(name: str, move: float, strength: float, seen: datetime, choice: float) -> Article:
    """One article on `name` after a day's log return of `move`, `strength` times a usual day's.

    `choice`, from 0 up to 1, picks words and site; the same arguments are the same article.

    >>> from datetime import UTC
    >>> headline("Gold", 0.0123, 1.0, datetime(2024, 5, 2, 9, 30, tzinfo=UTC), 0.0).title
    'Gold climbs 1.2% as buyers return'
    """
    if abs(strength) < _QUIET:
        mood = "quiet"
    elif strength > 0:
        mood = "surge" if strength > _STRONG else "rise"
    else:
        mood = "plunge" if strength < -_STRONG else "fall"
    forms = _FORMS[mood]
    number = int(choice * len(forms) * len(_SITES))
    title = forms[number % len(forms)].format(name=name, size=f"{abs(100 * move):.1f}%")
    domain, country = _SITES[number // len(forms)]
    slug = "-".join(re.findall("[a-z0-9]+", title.lower()))
    url = f"https://{domain}/{seen:%Y/%m/%d}/{seen:%H%M}-{slug}"
    return Article(int(seen.timestamp()), title, url, domain, "English", country)
