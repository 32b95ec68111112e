"""Which questions ask for a forecast: those about the future. All others ask how things stand."""

from __future__ import annotations

import pytest

from foretune.answers.tasks import Task
from foretune.assistant.ask import task_of


@pytest.mark.parametrize(
    "question",
    [
        "Where could BTC be in 90 days?",
        "where will it be in 90 DAYS",
        "Give me a 90-day forecast.",
        "90day return?",
        "Forecast ETH please",
        "What do you predict for SOL?",
        "any predictions?",
        "What is the outlook?",
        "Three months from now, up or down?",
        "What happens next month?",
        "Your view of the next quarter?",
    ],
)
def test_about_the_future(question):
    assert task_of(question) is Task.FORECAST_90D


@pytest.mark.parametrize(
    "question",
    [
        "How does BTC look right now?",
        "Is it overbought?",
        "What is the trend of the last 30 days?",
        "How volatile was last month?",
        "Who pays funding?",
        "",
        "190 daysailors",  # not ninety days
    ],
)
def test_about_the_present(question):
    assert task_of(question) is Task.MARKET_ANALYSIS
