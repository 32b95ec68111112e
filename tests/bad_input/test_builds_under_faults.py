"""A whole build while the market misbehaves: it gets over it to the same bytes, or says so and changes nothing."""

from __future__ import annotations

import json

import pytest

from foretune.errors import (
    EmptyData,
    ForetuneError,
    MalformedResponse,
    RateLimited,
    SourceUnavailable,
)
from foretune.sandbox.faults import PASSING, Fault, FaultPlan


class OnlyAt(FaultPlan):
    """Every answer to an address with `at` in it goes wrong, and no other."""

    at: str

    def fault(self, address: str, nth: int) -> Fault | None:
        return self.kinds[0] if self.at in address else None


@pytest.mark.slow
@pytest.mark.parametrize("kind", PASSING)
def test_trouble_that_passes_leaves_no_trace(build_with, clean, digests, waits, tmp_path, kind):
    """The first answer to every request fails, and a fifth of the later ones."""
    plan = FaultPlan(kinds=(kind,), first=1, rate=0.2, slow_s=0.02)
    result = build_with(tmp_path / "out", plan)
    assert digests(result.folder) == clean
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    # a slow answer is no failed one; of the others one wait of about a second for each of some 30 requests
    assert len(waits) == 0 if kind is Fault.SLOW else len(waits) > 20
    assert sum(waits) < 60


def test_all_passing_trouble_in_turn_leaves_no_trace(build_with, clean, digests, tmp_path):
    plan = FaultPlan(kinds=PASSING, first=3, rate=0.1, slow_s=0.02)
    assert digests(build_with(tmp_path / "out", plan).folder) == clean


ALWAYS = {
    Fault.RATE_LIMITED: RateLimited,
    Fault.BANNED: RateLimited,
    Fault.SERVER_ERROR: SourceUnavailable,
    Fault.HTML: MalformedResponse,
    Fault.TRUNCATED: MalformedResponse,
    Fault.EMPTY_FIELDS: EmptyData,
    Fault.RESET: SourceUnavailable,
}
"""What a build says when every answer fails; slowness alone stops nobody."""


@pytest.mark.parametrize("kind", ALWAYS)
def test_trouble_that_stays_is_one_sentence_and_the_old_dataset_is_untouched(
    build_with, bitcoin_plan, digests, tmp_path, kind
):
    out = tmp_path / "out"
    before = digests(build_with(out, plan=bitcoin_plan).folder)
    with pytest.raises(ALWAYS[kind]) as caught:
        build_with(out, FaultPlan(kinds=(kind,), rate=1.0))
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 320
    assert "sandbox" not in said  # the key
    assert digests(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("kind", [Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.RESET, Fault.BANNED])
def test_what_was_fetched_before_the_trouble_is_kept_for_the_next_try(build_with, clean, digests, tmp_path, kind):
    """The last provider of the plan fails; its forerunners are not asked again."""
    out = tmp_path / "out"
    with pytest.raises((RateLimited, SourceUnavailable)):
        build_with(out, OnlyAt(kinds=(kind,), at="google_trends", retry_after_s=0))
    assert [path.name for path in tmp_path.iterdir()] == ["out.partial"]
    others_are_down = OnlyAt(kinds=(Fault.HTML,), at="/bybit/")
    assert digests(build_with(out, others_are_down).folder) == clean


PLACES = (
    "/bybit/v5/market/kline", "/bybit/v5/market/funding", "/bybit/v5/market/open-interest", "/coingecko",
    "TIME_SERIES_DAILY", "SPLITS", "FX_DAILY", "/fred/graph", "/fred_api", "CPIAUCSL.releases", "gold_price",
    "/alternative_me", "/gdelt", "google_trends",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_web_page_for_data_is_refused_by_every_provider(build_with, tmp_path, place):
    with pytest.raises(MalformedResponse) as caught:
        build_with(tmp_path / "out", OnlyAt(kinds=(Fault.HTML,), at=place))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [place for place in PLACES if place not in ("gold_price", "google_trends")])
def test_half_an_answer_is_refused_by_every_provider(build_with, tmp_path, place):
    """A file on this machine may end without a line break; what FRED sends does not."""
    with pytest.raises(MalformedResponse):
        build_with(tmp_path / "out", OnlyAt(kinds=(Fault.TRUNCATED,), at=place))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [place for place in PLACES if place != "/coingecko"])
def test_rows_without_values_are_refused_where_the_field_is_required(build_with, tmp_path, place):
    with pytest.raises(ForetuneError) as caught:
        build_with(tmp_path / "out", OnlyAt(kinds=(Fault.EMPTY_FIELDS,), at=place))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_rows_without_values_of_a_field_that_is_not_required_are_counted_and_said(build_with, clean, tmp_path):
    result = build_with(tmp_path / "out", OnlyAt(kinds=(Fault.EMPTY_FIELDS,), at="/coingecko"))
    # 731 midnights from 2021-01-01 to 2023-01-01
    assert result.manifest.quarantine["market_cap unknown (0 or null)"] == 731
    assert list(result.manifest.absent) == ["BTCUSDT.market_cap"]
    assert "sent no usable row" in result.manifest.absent["BTCUSDT.market_cap"]
    assert json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))["absent"]
