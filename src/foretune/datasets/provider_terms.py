"""Under which terms each provider gives its data, as far as it says. Facts with their address; no legal advice.

Where a provider states nothing that we know of, the entry is None and documents print "not stated".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class ProviderTerms:
    """`terms` and `attribution` are None where nothing is stated that we know of.

    `remark` is what a reader of the data must know besides.
    """

    name: str
    terms: str | None
    attribution: str | None
    remark: str | None = None


PROVIDER_TERMS: Mapping[str, ProviderTerms] = {
    "alphavantage": ProviderTerms("Alpha Vantage", "https://www.alphavantage.co/terms_of_service/", None),
    "alternative_me": ProviderTerms(
        "alternative.me",
        "https://alternative.me/crypto/fear-and-greed-index/",
        "name the source right beside the data",
    ),
    "bybit": ProviderTerms("Bybit", None, None),
    "coingecko": ProviderTerms(
        "CoinGecko",
        "https://brand.coingecko.com/resources/attribution-guide",
        '"Data provided by CoinGecko" with a link to https://www.coingecko.com',
    ),
    "files": ProviderTerms(
        "files of the user", None, None, "the terms are those of whoever the file came from; the build cannot know them"
    ),
    "fred": ProviderTerms(
        "FRED, Federal Reserve Bank of St. Louis",
        "https://fred.stlouisfed.org/legal/",
        "cite FRED and the series' own source",
        "some series belong to others, such as SP500 (S&P Dow Jones Indices) and VIXCLS (Cboe)",
    ),
    "fred_api": ProviderTerms(
        "FRED API, Federal Reserve Bank of St. Louis",
        "https://fred.stlouisfed.org/docs/api/terms_of_use.html",
        "say that the product uses the FRED API and is not endorsed or certified by the bank",
        "some series belong to others, such as SP500 (S&P Dow Jones Indices) and VIXCLS (Cboe)",
    ),
    "gdelt": ProviderTerms(
        "GDELT Project",
        "https://www.gdeltproject.org/about.html#termsofuse",
        "cite the GDELT Project with a link to https://www.gdeltproject.org",
        "headlines belong to their publishers",
    ),
}
"""By the provider's name in the manifest."""


def terms_of(provider: str) -> ProviderTerms:
    """The entry of `provider`, or one that states nothing.

    >>> terms_of("gdelt").name, terms_of("somebody").terms
    ('GDELT Project', None)
    """
    return PROVIDER_TERMS.get(provider, ProviderTerms(provider, None, None))
