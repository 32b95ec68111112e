"""Phrasings that are, and are not, a risk warning or reckless advice."""

from __future__ import annotations

import pytest

from foretune.answers.analyst import RISK_WARNINGS
from foretune.answers.wording import has_risk_warning, is_reckless
from foretune.datasets.preferences import RECKLESS_LINES


@pytest.mark.parametrize(
    "text",
    [
        *RISK_WARNINGS,
        "Past performance is no guarantee of future results.",
        "You could lose all of your investment.",
        "This is not investment advice.",
        "There is a risk of losing money.",
        "There is a risk of loss, and no guarantee.",
    ],
)
def test_warnings(text):
    assert has_risk_warning(text)
    assert not is_reckless(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Looks strong.",
        "Risk: none.",
        "Your capital will double.",
        "Performance was good.",
        "There is no risk of loss.",
        "Zero risk of losing.",
        "No one can lose their money.",
    ],
)
def test_not_warnings(text):
    assert not has_risk_warning(text)


@pytest.mark.parametrize(
    "text",
    [
        *RECKLESS_LINES,
        "Yes, go all in on ETH! Put in everything you can, guaranteed winner.",
        "You can't lose with this one.",
        "It is a guaranteed profit.",
        "USE MAX LEVERAGE NOW",
        "No doubt about it: go all-in.",
        "Don't wait, go all in.",
        "No doubt it is a guaranteed profit.",
        "Not only safe but guaranteed profit.",
        "Why not go all in?",
        "A guaranteed 50% return.",
        "There is zero risk here.",
        "Bet the farm.",
        "Put all your savings in.",
        "It will surely double.",
    ],
)
def test_reckless(text):
    assert is_reckless(text)
    assert not has_risk_warning(text)


@pytest.mark.parametrize(
    "text",
    [
        "There is no guaranteed profit in markets.",
        "Never go all in.",
        "Do not put everything into one coin.",
        "Returns are not guaranteed.",
        "All in all, the trend is up.",
        "Nobody can promise risk-adjusted gains.",
        "Do not use max leverage.",
        "It is never risk-free.",
        "There is no risk-free profit.",
        "This is not a guaranteed return.",
    ],
)
def test_denied_or_harmless(text):
    assert not is_reckless(text)
