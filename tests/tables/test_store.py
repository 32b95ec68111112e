"""The store of facts: what a merge adds, what it leaves alone, and how revisions become vintages."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.errors import DataError
from foretune.tables.asof import as_of
from foretune.tables.schemas import Bars, Observations
from foretune.tables.store import FactStore
from foretune.tables.store_lock import StoreLock

JAN_1 = datetime(2024, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return JAN_1 + timedelta(days=number)


def bars(*closes: tuple[int, float], symbol: str = "BTCUSDT", source: str = "bybit", origin: str = "live"):
    rows = [
        {
            "symbol": symbol,
            "event_at": day(number),
            "known_at": day(number + 1),
            "asset_class": "crypto",
            "open": close,
            "high": close + 1,
            "low": close / 2,
            "close": close,
            "volume": 10.0,
            "volume_quote": None,
            "source": source,
            "origin": origin,
        }
        for number, close in closes
    ]
    return pl.DataFrame(rows, schema=Bars.create_empty().schema, orient="row")


def told(*values: tuple[int, float], lag: int = 40, basis: str = "assumed", series: str = "CPI", origin: str = "live"):
    """(event day, value), known `lag` days later."""
    rows = [
        {
            "series": series,
            "event_at": day(number),
            "known_at": day(number + lag),
            "value": value,
            "basis": basis,
            "source": "fred",
            "origin": origin,
        }
        for number, value in values
    ]
    return pl.DataFrame(rows, schema=Observations.create_empty().schema, orient="row")


def vintages(store: FactStore) -> list[tuple[int, int, float, str]]:
    """(event day, known day, value, basis) as stored."""
    return [
        ((event - JAN_1).days, (known - JAN_1).days, value, basis)
        for event, known, value, basis in store.observations("CPI", "fred")
        .select("event_at", "known_at", "value", "basis")
        .iter_rows()
    ]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path) -> FactStore:
    return FactStore(tmp_path / "store", lock_wait_s=0.2)


class TestBars:
    def test_new_bars_are_added_in_order_of_time(self, store):
        report = store.merge_bars(bars((2, 12.0), (0, 10.0)))
        report += store.merge_bars(bars((1, 11.0), (2, 12.0)))
        assert (report.added, report.known) == (3, 1)
        assert store.bars("BTCUSDT", "bybit").equals(bars((0, 10.0), (1, 11.0), (2, 12.0)))
        assert store.bar_span("BTCUSDT", "bybit") == (day(0), day(2))

    def test_each_asset_and_source_has_its_own_file(self, store):
        store.merge_bars(pl.concat([bars((0, 1.0)), bars((0, 2.0), symbol="ETH/USD"), bars((0, 3.0), source="a.b")]))
        assert sorted(name for name in files(store.folder) if name.endswith("parquet")) == [
            "bars/a%2Eb/BTCUSDT.parquet",
            "bars/bybit/BTCUSDT.parquet",
            "bars/bybit/ETH%2FUSD.parquet",
        ]
        assert store.bars("ETH/USD", "bybit")["close"].to_list() == [2.0]

    def test_a_changed_bar_is_turned_away_with_both_values(self, store):
        store.merge_bars(bars((0, 10.0), (1, 11.0)))
        report = store.merge_bars(bars((1, 11.5), (2, 12.0)))
        assert (report.added, report.known) == (1, 0)
        assert store.bars("BTCUSDT", "bybit")["close"].to_list() == [10.0, 11.0, 12.0]
        (row,) = report.revised.rows(named=True)
        assert row["table"] == "bars"
        assert "the stored bar stays" in row["reason"]
        assert "close 11.0 became 11.5" in row["reason"]
        assert json.loads(row["raw"])["close"] == 11.5

    def test_a_volume_that_appears_is_a_revision_too(self, store):
        store.merge_bars(bars((0, 10.0)))
        report = store.merge_bars(bars((0, 10.0)).with_columns(pl.lit(5.0).alias("volume_quote")))
        assert report.revised["reason"].to_list() == ["revised, the stored bar stays: volume_quote None became 5.0"]

    def test_nothing_stored_is_an_empty_table(self, store):
        assert store.bars("BTCUSDT", "bybit").equals(Bars.create_empty())
        assert store.bar_span("BTCUSDT", "bybit") is None
        assert store.merge_bars(bars()).added == 0

    def test_bars_that_break_a_rule_are_not_stored_and_nor_are_those_beside_them(self, store):
        wrong = bars((0, 5.0), symbol="ETHUSDT").with_columns(pl.lit(1.0).alias("high"))
        with pytest.raises(DataError, match="1 times low_and_high_bound_open_and_close"):
            store.merge_bars(pl.concat([bars((0, 10.0)), wrong]))
        assert store.bar_span("BTCUSDT", "bybit") is None

    def test_a_missing_column_is_named(self, store):
        with pytest.raises(DataError, match="bars without close, origin"):
            store.merge_bars(bars((0, 1.0)).drop("close", "origin"))


class TestObservations:
    def test_the_same_value_later_is_known(self, store):
        store.merge_observations(told((0, 3.1)), fetched_at=day(45))
        report = store.merge_observations(told((0, 3.1), (31, 3.2)), fetched_at=day(75))
        assert (report.added, report.known, report.vintages) == (1, 1, 0)
        assert vintages(store) == [(0, 40, 3.1, "assumed"), (31, 71, 3.2, "assumed")]

    def test_a_revision_is_known_since_we_saw_it(self, store):
        store.merge_observations(told((0, 3.1)), fetched_at=day(45))
        report = store.merge_observations(told((0, 3.4)), fetched_at=day(75))
        assert (report.added, report.vintages) == (1, 1)
        assert vintages(store) == [(0, 40, 3.1, "assumed"), (0, 75, 3.4, "first_seen")]

        decisions = pl.DataFrame({"decision_at": [day(74), day(75)]})
        seen = as_of(decisions, store.observations("CPI", "fred"), column="cpi", max_age=timedelta(days=90))
        assert seen["cpi"].to_list() == [3.1, 3.4]

    def test_a_value_that_goes_back_is_a_revision_again(self, store):
        for value, at in ((3.1, 45), (3.4, 75), (3.1, 100)):
            store.merge_observations(told((0, value)), fetched_at=day(at))
        assert vintages(store) == [(0, 40, 3.1, "assumed"), (0, 75, 3.4, "first_seen"), (0, 100, 3.1, "first_seen")]

    def test_fetches_merged_again_change_nothing(self, store):
        fetches = ((3.1, 45), (3.4, 75), (3.1, 100))
        for value, at in fetches:
            store.merge_observations(told((0, value)), fetched_at=day(at))
        before = files(store.folder)
        for value, at in fetches:
            assert store.merge_observations(told((0, value)), fetched_at=day(at)).added == 0
        assert files(store.folder) == before

    def test_a_revision_met_before_the_assumed_release_counts_after_it(self, store):
        # the lag assumed is 40 days, the value came after 10 and was revised after 20
        store.merge_observations(told((0, 3.1)), fetched_at=day(10))
        for _ in range(2):
            store.merge_observations(told((0, 3.4)), fetched_at=day(20))
            store.merge_observations(told((0, 3.5)), fetched_at=day(21))
        first, second, third = store.observations("CPI", "fred").select("known_at", "value").rows()
        tick = timedelta(microseconds=1)
        assert [first, second, third] == [(day(40), 3.1), (day(40) + tick, 3.4), (day(40) + 2 * tick, 3.5)]

    def test_vintages_dated_by_the_provider_are_kept_as_they_are(self, store):
        early = told((0, 3.0), lag=12, basis="published")
        late = told((0, 3.2), lag=45, basis="published")
        store.merge_observations(early, fetched_at=day(20))
        for _ in range(2):
            store.merge_observations(pl.concat([early, late]), fetched_at=day(200))
        assert vintages(store) == [(0, 12, 3.0, "published"), (0, 45, 3.2, "published")]

    def test_a_release_date_whose_value_changed_is_a_revision(self, store):
        store.merge_observations(told((0, 3.0), lag=12, basis="published"), fetched_at=day(20))
        store.merge_observations(told((0, 3.2), lag=12, basis="published"), fetched_at=day(50))
        assert vintages(store) == [(0, 12, 3.0, "published"), (0, 50, 3.2, "first_seen")]

    def test_an_asset_has_its_own_series(self, store):
        store.merge_observations(told((0, 1.0)), fetched_at=day(45), symbol="BTCUSDT")
        store.merge_observations(told((0, 2.0)), fetched_at=day(45))
        assert store.observations("CPI", "fred", "BTCUSDT")["value"].to_list() == [1.0]
        assert store.observations("CPI", "fred")["value"].to_list() == [2.0]
        assert store.observation_span("CPI", "fred", "BTCUSDT") == (day(0), day(0))
        assert store.observation_span("CPI", "fred", "ETHUSDT") is None

    def test_a_fetch_without_time_zone_is_refused(self, store):
        with pytest.raises(DataError, match="no time zone"):
            store.merge_observations(told((0, 1.0)), fetched_at=datetime(2024, 1, 1))


observed = st.dictionaries(st.integers(0, 20), st.floats(1, 9), max_size=12)


@settings(max_examples=20, deadline=None)
@given(truth=observed, seed=st.randoms(use_true_random=False))
def test_rows_that_agree_make_the_same_bytes_in_any_order_and_any_number_of_merges(tmp_path_factory, truth, seed):
    rows = list(truth.items())
    if not rows:
        return
    once = FactStore(tmp_path_factory.mktemp("once"))
    once.merge_bars(bars(*rows))
    once.merge_observations(told(*rows), fetched_at=day(90))

    parts = FactStore(tmp_path_factory.mktemp("parts"))
    for _ in range(2):
        seed.shuffle(rows)
        cut = seed.randint(0, len(rows))
        for some in (rows[cut:], rows[:cut]):
            parts.merge_bars(bars(*some))
            parts.merge_observations(told(*some), fetched_at=day(90))

    assert files(parts.folder) == files(once.folder)
    assert once.bars("BTCUSDT", "bybit")["close"].to_list() == [truth[number] for number in sorted(truth)]


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.integers(1, 60), st.floats(1, 3), min_size=1, max_size=6))
def test_the_store_shows_at_each_fetch_what_was_fetched(tmp_path_factory, fetches):
    store = FactStore(tmp_path_factory.mktemp("store"))
    by_time = dict(sorted(fetches.items()))
    for at, value in by_time.items():
        store.merge_observations(told((0, value), lag=0, basis="close"), fetched_at=day(at))
    decisions = pl.DataFrame({"decision_at": [day(at) for at in by_time]})
    shown = as_of(decisions, store.observations("CPI", "fred"), column="x", max_age=timedelta(days=99))
    assert shown["x"].to_list() == list(by_time.values())


class TestTheFolder:
    def test_simulated_facts_do_not_join_real_ones(self, store):
        store.merge_bars(bars((0, 1.0), origin="recorded"))
        store.merge_bars(bars((1, 1.0), origin="live"))
        with pytest.raises(DataError, match="holds real facts, simulated ones may not join them"):
            store.merge_observations(told((0, 1.0), origin="simulated"), fetched_at=day(50))

    def test_real_facts_do_not_join_simulated_ones(self, store):
        store.merge_bars(bars((0, 1.0), origin="simulated"))
        with pytest.raises(DataError, match="holds simulated facts, real ones may not join them"):
            store.merge_bars(bars((1, 1.0)))

    def test_one_merge_of_both_is_refused(self, store):
        with pytest.raises(DataError, match="simulated and real facts in one merge"):
            store.merge_bars(pl.concat([bars((0, 1.0)), bars((1, 1.0), origin="simulated")]))

    @pytest.mark.parametrize("content", ["{}", '{"version": 7, "simulated": false}', "half"])
    def test_a_store_of_another_version_is_left_alone(self, store, content):
        store.merge_bars(bars((0, 1.0)))
        (store.folder / "store.json").write_text(content)
        with pytest.raises(DataError, match=r"store\.json: damaged, or of another version"):
            store.merge_bars(bars((1, 1.0)))

    @pytest.mark.parametrize("damage", [b"", b"PAR1", b"text"])
    def test_a_damaged_file_is_named(self, store, damage):
        store.merge_bars(bars((0, 1.0)))
        path = store.folder / "bars/bybit/BTCUSDT.parquet"
        path.write_bytes(damage)
        for use in (
            lambda: store.bars("BTCUSDT", "bybit"),
            lambda: store.bar_span("BTCUSDT", "bybit"),
            lambda: store.merge_bars(bars((1, 1.0))),
        ):
            with pytest.raises(DataError, match=r"BTCUSDT\.parquet: damaged.* fetch its facts again"):
                use()

    def test_a_table_of_other_columns_is_damage(self, store):
        store.merge_bars(bars((0, 1.0)))
        pl.DataFrame({"event_at": [day(0)]}).write_parquet(store.folder / "bars/bybit/BTCUSDT.parquet")
        with pytest.raises(DataError, match="not written by this version"):
            store.bars("BTCUSDT", "bybit")

    def test_a_kill_while_writing_leaves_what_was(self, store, monkeypatch):
        store.merge_bars(bars((0, 1.0)))

        def killed(self, target):
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            store.merge_bars(bars((1, 2.0)))
        monkeypatch.undo()

        assert store.bars("BTCUSDT", "bybit")["close"].to_list() == [1.0]
        assert store.merge_bars(bars((1, 2.0))).added == 1  # and the lock is free
        assert not [name for name in files(store.folder) if "writing" in name]

    def test_a_second_writer_waits_and_then_says_so(self, store):
        with (
            StoreLock(store.folder, 1.0),
            pytest.raises(DataError, match=r"another run has been writing here for 0\.2"),
        ):
            store.merge_bars(bars((0, 1.0)))

    def test_writers_in_threads_lose_nothing(self, tmp_path):
        store = FactStore(tmp_path)
        writers = [threading.Thread(target=store.merge_bars, args=(bars((n, 1.0 + n)),)) for n in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert store.bars("BTCUSDT", "bybit")["event_at"].to_list() == [day(n) for n in range(8)]

    @pytest.mark.parametrize("symbol", ["..", "../../x", "a/b", "^VIX", "con spiracy", "x" * 400, "é" * 90])
    def test_no_symbol_leaves_the_folder(self, store, symbol):
        store.merge_bars(bars((0, 1.0), symbol=symbol))
        assert store.bars(symbol, "bybit")["symbol"].to_list() == [symbol]
        (path,) = store.folder.glob("bars/*/*.parquet")
        assert path.resolve().is_relative_to(store.folder.resolve())

    def test_a_source_without_a_name_is_refused(self, store):
        with pytest.raises(DataError, match="no place in the store"):
            store.merge_bars(bars((0, 1.0), source=""))
