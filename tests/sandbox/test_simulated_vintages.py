"""Macro figures of the simulated market: a first release after the period, then small revisions."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby, pairwise

import numpy as np
import pytest

from foretune.sandbox.simulated import SimulatedMarket

REVISED = ("CPIAUCSL", "UNRATE", "GDPC1")
MONTHS = {"CPIAUCSL": 1, "UNRATE": 1, "GDPC1": 3}


def by_period(market, series):
    return {day: list(rows) for day, rows in groupby(market.fred_vintages(series), key=lambda row: row.day)}


@pytest.mark.parametrize("series", REVISED)
def test_a_figure_comes_out_after_its_period_and_later_releases_differ(simulated, series):
    for day, rows in by_period(simulated, series).items():
        first = date.fromisoformat(day)
        over = (first + timedelta(days=31 * MONTHS[series])).replace(day=1)
        days = [date.fromisoformat(row.published) for row in rows]
        assert over <= days[0] <= over + timedelta(days=32)  # January 2019's jobs came out on Friday 1 February
        assert days == sorted(set(days))
        assert all(earlier.value != later.value for earlier, later in pairwise(rows))
        assert days[-1].isoformat() < "2024-01-01"


@pytest.mark.parametrize("series", REVISED)
def test_the_graph_shows_the_value_that_stands(simulated, series):
    assert [(row.day, row.value) for row in simulated.fred(series)] == [
        (day, rows[-1].value) for day, rows in by_period(simulated, series).items()
    ]


def test_first_releases_of_cpi_are_on_the_days_of_its_calendar(simulated):
    lines = [line.split(",") for line in simulated.file("CPIAUCSL.releases").decode().splitlines()[1:]]
    released = {month: day for day, month in lines}
    for day, rows in by_period(simulated, "CPIAUCSL").items():
        assert rows[0].published == released[day[:7]]


def test_gdp_has_three_estimates_and_then_a_yearly_revision(simulated):
    rows = by_period(simulated, "GDPC1")["2020-10-01"]
    # advance, second and third estimate, then with the second quarter's third estimate of 2021, 2022 and 2023
    assert [row.published for row in rows] == [
        "2021-01-29", "2021-03-01", "2021-03-29", "2021-09-29", "2022-09-29", "2023-09-29",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("series", "largest", "usual"),
    [
        ("CPIAUCSL", 2e-3, 1e-3),  # seasonal factors: hundredths of a percent of the index
        ("GDPC1", 8e-3, 4e-3),  # tenths of a percent of output
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_revisions_are_there_and_small(series, largest, usual, seed):
    market = SimulatedMarket(seed, date(2018, 1, 1), date(2024, 1, 1))
    change = np.array([float(rows[-1].value) / float(rows[0].value) - 1 for rows in by_period(market, series).values()])
    assert np.abs(change).max() < largest
    assert 0 < change.std() < usual


def test_the_unemployment_rate_is_revised_by_tenths_of_a_point(simulated):
    change = [float(rows[-1].value) - float(rows[0].value) for rows in by_period(simulated, "UNRATE").values()]
    assert 0.05 < max(map(abs, change)) < 0.35
    assert np.mean(np.abs(change)) < 0.1


def test_a_series_that_is_not_revised_has_no_vintages(simulated):
    with pytest.raises(KeyError):
        simulated.fred_vintages("SP500")
