"""Splits: the factor of each day, and the refusal of equities whose closes still jump."""

from __future__ import annotations

import math
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.errors import DataError
from foretune.tables.corporate_actions import refuse_unadjusted_splits, suspected_splits, with_split_factor

OHLC = ("open", "high", "low", "close")
FRIDAY = datetime(2020, 8, 28, tzinfo=UTC)


def bars(*close: float, asset_class: str = "equity", symbol: str = "AAPL") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "symbol": symbol,
            "asset_class": asset_class,
            "event_at": [FRIDAY + timedelta(days=day) for day in range(len(close))],
            "close": close,
        },
        schema_overrides={"close": pl.Float64, "event_at": pl.Datetime("us", "UTC")},
    )


def splits(*rows: tuple[str, datetime, float]) -> pl.DataFrame:
    schema = {"symbol": pl.String, "event_at": pl.Datetime("us", "UTC"), "ratio": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def on(day: int) -> datetime:
    return FRIDAY + timedelta(days=day)


def test_the_factor_grows_on_the_effective_day_and_stays():
    rows = with_split_factor(bars(500.0, 125.0, 126.0), splits(("AAPL", on(1), 4.0)))
    assert rows["split_factor"].to_list() == [1.0, 4.0, 4.0]


def test_splits_multiply_and_a_reverse_split_shrinks():
    # 4:1, then 1:2 (two old shares become one)
    rows = with_split_factor(bars(500.0, 125.0, 250.0), splits(("AAPL", on(2), 0.5), ("AAPL", on(1), 4.0)))
    assert rows["split_factor"].to_list() == [1.0, 4.0, 2.0]


def test_a_split_on_a_day_without_a_bar_counts_from_the_next_bar():
    friday_and_monday = bars(500.0, 0.0, 0.0, 125.0).filter(pl.col("close") > 0)
    rows = with_split_factor(friday_and_monday, splits(("AAPL", on(1), 4.0)))
    assert rows["split_factor"].to_list() == [1.0, 4.0]


def test_splits_before_the_first_bar_are_not_counted():
    rows = with_split_factor(bars(125.0, 126.0), splits(("AAPL", on(-900), 7.0), ("AAPL", on(0), 4.0)))
    assert rows["split_factor"].to_list() == [1.0, 1.0]


def test_each_symbol_has_its_own_splits_and_rows_keep_their_order():
    both = pl.concat([bars(10.0, 11.0, symbol="F"), bars(500.0, 125.0)]).reverse()
    rows = with_split_factor(both, splits(("AAPL", on(1), 4.0), ("TSLA", on(1), 5.0)))
    assert rows.drop("split_factor").equals(both)
    assert rows["split_factor"].to_list() == [4.0, 1.0, 1.0, 1.0]


def test_no_splits_make_a_factor_of_one():
    assert with_split_factor(bars(1.0, 2.0), splits())["split_factor"].to_list() == [1.0, 1.0]


def test_a_factor_that_was_there_is_replaced():
    once = with_split_factor(bars(500.0, 125.0), splits(("AAPL", on(1), 4.0)))
    assert with_split_factor(once, splits(("AAPL", on(1), 4.0))).equals(once)


def test_two_splits_on_one_day_contradict_each_other():
    with pytest.raises(DataError, match=r"AAPL: two splits on 2020-08-29 with ratios 2, 4"):
        with_split_factor(bars(500.0, 125.0), splits(("AAPL", on(1), 4.0), ("AAPL", on(1), 2.0)).sort("ratio"))


@pytest.mark.parametrize("ratio", [0.0, -4.0, math.inf, math.nan, None])
def test_a_ratio_that_cannot_be_is_refused(ratio):
    with pytest.raises(DataError, match=r"the split of 2020-08-29 has the ratio"):
        with_split_factor(bars(500.0, 125.0), splits(("AAPL", on(1), ratio)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 40), unique=True, min_size=1, max_size=20),
    st.dictionaries(st.integers(0, 45), st.sampled_from([2.0, 4.0, 0.5]), max_size=6),
)
def test_equal_to_the_product_written_as_a_loop(days, ratios):
    frame = pl.DataFrame({"symbol": "A", "event_at": [on(day) for day in days]})
    expected = [math.prod(r for d, r in ratios.items() if min(days) < d <= day) for day in days]
    rows = with_split_factor(frame, splits(*(("A", on(day), ratio) for day, ratio in ratios.items())))
    assert rows["split_factor"].to_list() == expected


@pytest.mark.parametrize("after", [124.8, 250.0, 1000.0])  # 4:1, 2:1 and a 1:2 reverse split of 500
def test_a_split_nobody_gave_is_named_with_its_day_and_the_mend(after):
    with pytest.raises(DataError, match=r"AAPL: the close of 2020-08-29 is .* as after a split.*give the asset's spl"):
        refuse_unadjusted_splits(bars(500.0, after))


def test_a_split_that_was_given_is_no_jump():
    rows = with_split_factor(bars(500.0, 124.8), splits(("AAPL", on(1), 4.0)))
    assert refuse_unadjusted_splits(rows) is None


def test_prices_adjusted_before_and_given_a_split_are_told_apart():
    rows = with_split_factor(bars(125.0, 126.0), splits(("AAPL", on(1), 4.0)))
    with pytest.raises(DataError, match=r"2020-08-29 is 1\.01 times .* split of 4 .* 4\.03 times .* adjusted already"):
        refuse_unadjusted_splits(rows)


@pytest.mark.parametrize(
    "rows",
    [
        bars(500.0, 400.0, 500.0),  # -20 % and +25 %
        bars(500.0, 200.0, asset_class="crypto"),
        pl.concat([bars(500.0), bars(5.0, symbol="F")]),  # two assets are no jump
    ],
)
def test_ordinary_moves_and_other_markets_pass(rows):
    assert refuse_unadjusted_splits(rows) is None


def test_a_split_of_ratio_one_says_that_the_move_was_real():
    rows = bars(53.38, 25.81, 26.0, 60.0)  # halved, and later more than doubled
    halved = splits(("AAPL", on(1), 1.0))
    with pytest.raises(DataError, match=r"2020-08-31 is 2\.31 times"):  # the other day is not declared
        refuse_unadjusted_splits(with_split_factor(rows, halved), halved)
    both = splits(("AAPL", on(1), 1.0), ("AAPL", on(3), 1.0))
    assert refuse_unadjusted_splits(with_split_factor(rows, both), both) is None
    assert with_split_factor(rows, both)["split_factor"].to_list() == [1.0] * 4


def candles(*nights: float, spread: float = 0.02, asset_class: str = "equity") -> pl.DataFrame:
    """30 calm bars at 100, then one bar for each of `nights`, which is its open in closes of the bar before.

    A bar closes where it opens; `spread` is high over low, less one, of the bars after a night.
    """
    prices, close = [(100.0, 0.01)] * 30, 100.0
    for night in nights:
        close *= night
        prices.append((close, spread))
    flat = bars(*(price for price, _ in prices), asset_class=asset_class)
    return flat.with_columns(
        pl.col("close").alias("open"),
        pl.Series("high", [price * (1 + width) for price, width in prices]),
        pl.col("close").alias("low"),
    )


@pytest.mark.parametrize(
    ("night", "like"),
    [(1 / 1.5, "3:2"), (0.675, "3:2"), (0.75, "4:3"), (0.8, "5:4"), (0.5, "2:1"), (1.25, "4:5"), (1.5, "2:3")],
)
def test_a_night_like_a_small_split_into_an_ordinary_day_is_pointed_out(night, like):
    found = suspected_splits(candles(night, 1.0))
    assert found.select("symbol", "event_at", "like").rows() == [("AAPL", on(30), like)]
    assert found["move"].item() == pytest.approx(night)


@pytest.mark.parametrize(
    "rows",
    [
        candles(0.7, 0.9, 1.1),  # no simple ratio within 2 %
        candles(1 / 1.5, spread=0.03),  # thrice the usual range: a day of news
        candles(1 / 1.5, asset_class="crypto"),
        candles(1 / 1.5).tail(10),  # too few bars to know what is ordinary
    ],
)
def test_other_nights_are_not(rows):
    assert suspected_splits(rows).is_empty()


def test_a_small_split_that_was_given_or_a_move_declared_real_is_not_pointed_out():
    rows = candles(1 / 1.5)
    given = splits(("AAPL", on(30), 1.5))
    assert suspected_splits(with_split_factor(rows, given), given).is_empty()
    real = splits(("AAPL", on(30), 1.0))
    assert suspected_splits(with_split_factor(rows, real), real).is_empty()


def test_the_last_bar_of_one_asset_and_the_first_of_another_are_no_night():
    other = candles().with_columns(pl.lit("F").alias("symbol"), *(pl.col(name) / 1.5 for name in OHLC))
    assert suspected_splits(pl.concat([candles(), other])).is_empty()


@pytest.fixture(scope="module")
def equity_root() -> Path:
    """The recorded equity files, which are not part of the project."""
    root = Path(os.environ.get("FORETUNE_DATA") or Path(__file__).parents[2] / "../shared/data").resolve() / "equity"
    if not root.is_dir():
        pytest.skip("the recorded market history is not here; set FORETUNE_DATA to its folder")
    return root


@pytest.fixture(scope="module")
def apple(equity_root) -> pl.DataFrame:
    """Raw daily bars from 1998 on."""
    columns = pl.read_csv(equity_root / "lean_aapl_1d_raw.csv", try_parse_dates=True)
    return columns.select(
        pl.lit("AAPL").alias("symbol"),
        pl.lit("equity").alias("asset_class"),
        pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("event_at"),
        pl.col("close").cast(pl.Float64),
    )


@pytest.fixture(scope="module")
def apples_splits(equity_root) -> pl.DataFrame:
    """The factor file divides the past: a step of split_factor is a split on the day after the older row."""
    rows = pl.read_csv(equity_root / "lean_aapl_factors.csv").with_columns(
        pl.col("date").cast(pl.String).str.to_date("%Y%m%d"),
        (pl.col("split_factor").shift(-1) / pl.col("split_factor")).round(3).alias("ratio"),
    )
    day = (pl.col("date") + pl.duration(days=1)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return rows.filter(pl.col("ratio") > 1).select(pl.lit("AAPL").alias("symbol"), day.alias("event_at"), "ratio")


@pytest.mark.realdata
def test_apples_factor_file_holds_its_four_splits(apples_splits):
    assert list(zip(apples_splits["event_at"].dt.date(), apples_splits["ratio"], strict=True)) == [
        (date(2000, 6, 21), 2.0),
        (date(2005, 2, 26), 2.0),  # a Saturday: effective on Monday the 28th
        (date(2014, 6, 7), 7.0),  # a Saturday: effective on Monday the 9th
        (date(2020, 8, 29), 4.0),  # a Saturday: effective on Monday the 31st
    ]


@pytest.mark.realdata
def test_apples_raw_closes_are_refused(apple):
    with pytest.raises(DataError, match=r"AAPL: the close of 2000-06-21 is .*\(5 such days\)"):
        refuse_unadjusted_splits(apple)


@pytest.mark.realdata
def test_apples_adjusted_closes_jump_once_and_that_was_real(apple, apples_splits):
    rows = with_split_factor(apple, apples_splits)
    # 29 September 2000, a profit warning: from 53.38 to 25.81 in one day
    with pytest.raises(DataError, match=r"the close of 2000-09-29 is 0\.484 times .*\(1 such day\)"):
        refuse_unadjusted_splits(rows)
    declared = pl.concat([apples_splits, splits(("AAPL", datetime(2000, 9, 29, tzinfo=UTC), 1.0))])
    assert refuse_unadjusted_splits(with_split_factor(apple, declared), declared) is None


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (date(2000, 6, 21), 10.02),  # 55.56 * 2 / 101.00
        (date(2014, 6, 9), 1.60),  # 93.70 * 7 / 645.57
        (date(2020, 8, 31), 3.39),  # 129.04 * 4 / 499.23
    ],
)
def test_apples_return_over_a_split_day_is_the_markets(apple, apples_splits, day, percent):
    adjusted = with_split_factor(apple, apples_splits).with_columns(
        ((pl.col("close") * pl.col("split_factor")).pct_change() * 100).alias("percent")
    )
    assert adjusted.filter(pl.col("event_at").dt.date() == day)["percent"].item() == pytest.approx(percent, abs=0.005)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "nights"),
    [("ibm", []), ("spy", []), ("iwm", []), ("aapl", []), ("bac", [(date(2008, 9, 19), "4:5")])],
)
def test_of_28_640_real_days_one_is_taken_for_a_small_split(equity_root, name, nights):
    """Bank of America rose by 23 % on the night after the government spoke of a rescue."""
    rows = pl.read_csv(equity_root / f"lean_{name}_1d_raw.csv", try_parse_dates=True).select(
        pl.lit(name).alias("symbol"),
        pl.lit("equity").alias("asset_class"),
        pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("event_at"),
        *(pl.col(side).cast(pl.Float64) for side in OHLC),
    )
    # splits of 2:1 are real ones, and refused elsewhere; Apple's of 7:1 and 4:1 are no small ones
    found = suspected_splits(rows).filter(pl.col("like").is_in(["2:1", "1:2"]).not_())
    assert found.select(pl.col("event_at").dt.date(), "like").rows() == nights
