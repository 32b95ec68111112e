"""The look of every page this package writes: frame, stylesheet, number formats. No content.

Pages are one file each, need no script and load nothing; text of models is escaped, and the
page's content policy lets no script run even if escaping failed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from foretune.origin import Origin

_THIN = "\N{NARROW NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"


def environment(package: str | None = None) -> Environment:
    """Templates of `package` (its `templates` folder) before the shared ones.

    A page begins with `{% extends "page.html.j2" %}` and fills the blocks `title`, `lead` and `content`.
    """
    shared = PackageLoader("foretune.pages")
    env = Environment(
        loader=shared if package is None else ChoiceLoader([PackageLoader(package), shared]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "percent": percent,
        "bounds": bounds,
        "signed": signed,
        "number": number,
        "p_value": p_value,
        "day": day,
        "origin_label": origin_label,
        "model_label": model_label,
    }
    return env


def percent(share: float, decimals: int = 1) -> str:
    """A share, as people read it.

    >>> percent(0.9421).replace("\\N{NARROW NO-BREAK SPACE}", " ")
    '94.2 %'
    """
    return f"{share * 100:.{decimals}f}{_THIN}%".replace("-", _MINUS)


class HasBounds(Protocol):
    """Anything with an interval of shares."""

    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...


def bounds(rate: HasBounds, decimals: int = 1) -> str:
    """The interval of `rate`, in percent.

    >>> from types import SimpleNamespace
    >>> bounds(SimpleNamespace(low=0.91, high=0.964))
    '[91.0, 96.4]'
    """
    return f"[{rate.low * 100:.{decimals}f}, {rate.high * 100:.{decimals}f}]"


def signed(value: float, decimals: int = 4) -> str:
    """A difference with its sign, minus as minus.

    >>> signed(-0.01234, 3) == "\\N{MINUS SIGN}0.012"
    True
    """
    return f"{value:+.{decimals}f}".replace("-", _MINUS)


def number(value: float, decimals: int = 4) -> str:
    """A plain number with thousands separated.

    >>> number(12345.678, 1)
    '12,345.7'
    """
    return f"{value:,.{decimals}f}".replace("-", _MINUS)


def p_value(p: float) -> str:
    """A probability without false precision.

    >>> p_value(0.0312), p_value(1e-12)
    ('0.031', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def day(moment: datetime) -> str:
    """The date of a UTC time."""
    return f"{moment:%Y-%m-%d}"


def origin_label(origin: Origin | str) -> str:
    """What the badge beside data says.

    >>> origin_label("simulated")
    'simulated data'
    """
    return f"{Origin(origin).value} data"


def model_label(name: str) -> str:
    """A stage of tuning as people write it; any other name as it is.

    >>> model_label("sft"), model_label("my-model")
    ('SFT', 'my-model')
    """
    return {"base": "Base", "sft": "SFT", "dpo": "DPO"}.get(name, name)
