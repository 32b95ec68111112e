"""One list declares every feature: the guide's names exactly, and enough more."""

from __future__ import annotations

from foretune.features.macro import SERIES_FIELDS
from foretune.features.registry import FIELD, FIELDS

GUIDE = (
    "rsi_14 macd macd_signal macd_histogram bb_upper bb_middle bb_lower sma_20 sma_50 sma_200 ema_12 ema_26 "
    "volatility_30d volatility_60d volatility_90d momentum_5d momentum_10d momentum_30d atr_14 adx_14 "
    "sp500_close vix dxy us10y_yield us2y_yield gold_price oil_price cpi_yoy gdp_growth_qoq unemployment_rate "
    "news_sentiment_score news_volume social_sentiment_score social_mention_count google_trends_score "
    "fear_greed_index"
)


def test_the_guides_36_features_bear_its_names_and_no_others_do():
    assert sorted(field.name for field in FIELDS if field.canonical) == sorted(GUIDE.split())
    assert len(GUIDE.split()) == 20 + 10 + 6


def test_there_are_95_features_and_no_name_stands_twice():
    # 20 technical, 19 price and volume, 10 macro, 6 sentiment, yield slope, 12 changes, 4 correlations,
    # 3 derivatives and market value, the funding mean, 19 flags
    assert len(FIELDS) == 20 + 19 + 10 + 6 + 1 + 12 + 4 + 3 + 1 + 19
    assert len(FIELD) == len(FIELDS)


def test_no_feature_needs_more_than_200_bars():
    assert max(field.lookback for field in FIELDS) == 200


def test_only_what_bars_alone_give_is_needed():
    assert {field.group for field in FIELDS if field.needed} == {"technical", "price"}
    assert not any(FIELD[name].needed for name in SERIES_FIELDS)


def test_every_field_says_what_it_is_and_in_which_unit():
    assert all(field.unit and field.meaning for field in FIELDS)


def test_each_series_has_a_flag_beside_it():
    assert all(f"{name}_missing" in FIELD for name in SERIES_FIELDS)
    assert sum(field.group == "flag" for field in FIELDS) == len(SERIES_FIELDS)
