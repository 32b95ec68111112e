"""Macro figures enter the panel when they were published, as they were published; read off the files by hand."""

from __future__ import annotations

import calendar
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

pytestmark = pytest.mark.realdata

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def fred(recorded_rows):
    """`fred(series)` are the values of a recorded FRED series by date, holidays left out."""

    def read(series):
        rows = recorded_rows(f"macro/fred_{series}.csv")
        return {date.fromisoformat(row["date"]): float(row["value"]) for row in rows if row["value"]}

    return read


@pytest.fixture(scope="module")
def releases(recorded_rows):
    """First day of a month to the day on which its CPI was released."""
    rows = recorded_rows("macro/us_cpi_release_dates.csv")
    return {date.fromisoformat(f"{row['reference_month']}-01"): date.fromisoformat(row["release_date"]) for row in rows}


def next_month(first):
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def months_back(first, months):
    number = first.year * 12 + first.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def quarter_end(vintage):
    """The last day of a quarter such as 2002q4."""
    year, month = int(vintage[:4]), 3 * int(vintage[-1])
    return date(year, month, calendar.monthrange(year, month)[1])


def midnight(day):
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_inflation_of_a_month_is_not_seen_before_its_release(panel, fred, releases):
    index = fred("CPIAUCSL")
    checked = 0
    for month, released in releases.items():
        if not (date(2022, 1, 1) <= released <= date(2024, 9, 30)):
            continue
        yearly = (index[month] / index[months_back(month, 12)] - 1) * 100
        using = panel.filter((pl.col("cpi_yoy") - yearly).abs() < 1e-9)
        # the hour of the release is not in the calendar, so it counts as known when its day is over
        assert using["decision_at"].min() == midnight(released + DAY)
        checked += 1
    assert checked == 32  # from February 2022 to September 2024


def test_every_decision_has_the_newest_inflation_that_was_out(panel, fred, releases):
    """A month of the calendar is out on its day; any other 31 full days after its end."""
    index = fred("CPIAUCSL")
    out = {
        month: released + DAY if (released := releases.get(month)) else next_month(month) + 31 * DAY for month in index
    }
    for decided, seen in panel.select("decision_at", "cpi_yoy").iter_rows():
        newest = max(month for month, known in out.items() if known <= decided.date())
        assert seen == pytest.approx((index[newest] / index[months_back(newest, 12)] - 1) * 100, abs=1e-9), decided


def test_every_decision_has_gdp_growth_inside_the_newest_vintage(panel, recorded_rows):
    """The file names only the quarter of a vintage, so a vintage is out when that quarter is over."""
    vintages = {}
    for row in recorded_rows("macro/us_gdp_real_vintages.csv"):
        vintages.setdefault(row["vintage"], {})[row["observation_quarter_start"]] = float(row["value"])
    growth = {}
    for vintage, levels in vintages.items():
        before, last = sorted(levels)[-2:]
        assert months_back(date.fromisoformat(last), 3).isoformat() == before
        growth[quarter_end(vintage)] = (levels[last] / levels[before] - 1) * 100
    for decided, seen in panel.select("decision_at", "gdp_growth_qoq").iter_rows():
        newest = max(day for day in growth if day < decided.date())
        assert seen == pytest.approx(growth[newest], abs=1e-9), decided


def test_a_vintage_is_not_mixed_with_the_revised_figures(panel, fred):
    """The second quarter of 2022 fell by 0.22 % as first printed; the latest figures say it rose."""
    seen = panel.filter(pl.col("decision_at") == datetime(2022, 10, 1, tzinfo=UTC))["gdp_growth_qoq"].item()
    revised = fred("GDPC1")
    assert seen < 0
    assert (revised[date(2022, 4, 1)] / revised[date(2022, 1, 1)] - 1) * 100 > 0


def test_without_a_key_gdp_keeps_to_its_declared_lag(multi, fred):
    output = fred("GDPC1")
    known = [
        (months_back(first, -3) + 84 * DAY, (output[first] / output[months_back(first, 3)] - 1) * 100)
        for first in sorted(output)
        if first > date(1990, 1, 1)
    ]
    decided = multi.select(pl.col("decision_at", "gdp_growth_qoq")).unique("decision_at").sort("decision_at")
    for at, seen in decided.iter_rows():
        # a quarter counts as known 84 full days after its end
        assert seen == pytest.approx([rate for out, rate in known if out <= at.date()][-1], abs=1e-9), at


def test_unemployment_keeps_to_its_declared_lag(panel, fred):
    # a month counts as known 51 full days after its end
    known = {next_month(first) + 51 * DAY: rate for first, rate in fred("UNRATE").items()}
    days = sorted(known)
    for decided, rate in panel.select("decision_at", "unemployment_rate").iter_rows():
        assert rate == known[days[bisect_right(days, decided.date()) - 1]]


@pytest.fixture(scope="module")
def without_october(altered):
    """A world in which the CPI of October 2023 was never published, as that of October 2025 was not.

    Its release stays in the calendar for 14 November: a planned day is no publication.
    """

    def blank(rows):
        return [row | {"value": "" if row["date"] == "2023-10-01" else row["value"]} for row in rows]

    result = altered("btc_90d", {"macro/fred_CPIAUCSL.csv": blank})
    return pl.read_parquet(result.folder / "panel.parquet").sort("decision_at")


def test_a_planned_release_that_did_not_happen_makes_no_figure(without_october, fred):
    index = fred("CPIAUCSL")
    september = (index[date(2023, 9, 1)] / index[date(2022, 9, 1)] - 1) * 100
    november = (index[date(2023, 11, 1)] / index[date(2022, 11, 1)] - 1) * 100
    seen = dict(without_october.select("decision_at", "cpi_yoy").iter_rows())
    assert seen[datetime(2023, 11, 14, tzinfo=UTC)] == pytest.approx(september)
    assert seen[datetime(2023, 11, 15, tzinfo=UTC)] == pytest.approx(september)  # the planned day went by
    assert seen[datetime(2023, 12, 12, tzinfo=UTC)] == pytest.approx(september)
    assert seen[datetime(2023, 12, 13, tzinfo=UTC)] == pytest.approx(november)


def test_the_month_after_a_missing_one_has_no_monthly_change(without_october):
    change = dict(without_october.select("decision_at", "cpi_yoy_change").iter_rows())
    # the change of September grows old, 62 days after its release; that of November against October does not exist
    assert change[datetime(2023, 12, 12, tzinfo=UTC)] is not None
    assert change[datetime(2023, 12, 20, tzinfo=UTC)] is None
    assert change[datetime(2024, 1, 12, tzinfo=UTC)] is not None  # December against November


def test_the_calendar_as_recorded_names_releases_that_were_only_planned(releases):
    """The shutdown of 2025: September came late, and October, planned for 12 November, never did."""
    assert releases[date(2025, 9, 1)] == date(2025, 10, 24)
    assert releases[date(2025, 10, 1)] == date(2025, 11, 12)
