"""Folders that are split well one by one may leak together; a test may lie in the training of a model."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foretune.answers.context import MarketContext
from foretune.datasets.example import Example
from foretune.datasets.overlap import check_ids, check_union, check_unseen, training_ends
from foretune.errors import DataError, LeakageError


def example(split: str, decided: str, label_end: str | None = None, *, origin: str = "recorded") -> Example:
    context = MarketContext(
        symbol="BTCUSDT", as_of=day(decided), origin=origin, price=100.0, change_24h_pct=0.0, high_24h=101.0,
        low_24h=99.0, vs_sma_50_pct=2.0, vs_sma_200_pct=-3.0, rsi_14=55.0, volatility_30d=0.5, volatility_90d=0.5,
        funding_rate=0.0001,
    )  # fmt: skip
    end = None if label_end is None else day(label_end)
    task = "market_analysis" if end is None else "forecast_90d"
    return Example(id=f"{decided}:{task}", task=task, split=split, context=context, answer="", label_end_at=end)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_label_of_one_folder_that_reaches_into_the_test_of_another_is_refused() -> None:
    first = [example("train", "2021-01-01", "2021-04-01"), example("test", "2022-01-01", "2022-04-01")]
    second = [example("train", "2021-12-01", "2022-03-01"), example("test", "2023-01-01", "2023-04-01")]
    check_union(first)
    check_union(second)
    with pytest.raises(LeakageError, match=r"the real datasets leak .* 2022-03-01 .* 2022-01-01 .* same dates"):
        check_union(first + second)


def test_an_analysis_knows_nothing_after_its_own_day() -> None:
    check_union([example("train", "2021-12-31"), example("test", "2022-01-01")])
    with pytest.raises(LeakageError):
        check_union([example("train", "2022-01-01"), example("test", "2022-01-01")])


def test_simulated_and_real_markets_cannot_leak_into_each_other() -> None:
    simulated = [example("train", "2025-01-01", "2025-04-01", origin="simulated")]
    check_union([*simulated, example("test", "2022-01-01", "2022-04-01")])


def test_live_and_recorded_markets_are_one_kind() -> None:
    with pytest.raises(LeakageError):
        check_union([example("train", "2022-01-01", origin="live"), example("test", "2021-01-01", origin="recorded")])


def test_training_ends_are_those_of_the_training_split_alone() -> None:
    ends = training_ends([
        example("train", "2021-01-01", "2021-04-01"),
        example("train", "2021-02-01"),
        example("train", "2024-05-01", origin="simulated"),
        example("test", "2025-01-01", "2025-04-01"),
    ])  # fmt: skip
    assert ends == {"real": day("2021-04-01"), "simulated": day("2024-05-01")}


def test_test_rows_within_the_training_of_the_models_are_refused() -> None:
    rows = [example("test", "2022-01-01", "2022-04-01"), example("test", "2023-01-01")]
    check_unseen(rows, {"real": day("2021-12-31"), "simulated": day("2030-01-01")})
    with pytest.raises(LeakageError, match=r"real markets until 2022-01-01 00:00 UTC.*begin at 2022-01-01"):
        check_unseen(rows, {"real": day("2022-01-01")})


def test_a_folder_named_twice_is_refused_with_advice() -> None:
    rows = [example("test", "2022-01-01"), example("test", "2022-01-02")]
    check_ids(rows)
    with pytest.raises(DataError, match=r"'2022-01-01:market_analysis' first.*give only one of them"):
        check_ids(rows + rows)
