"""Base addresses of the providers. The sandbox is reached by these alone."""

from __future__ import annotations

from foretune.config import Config

PROVIDERS = ("bybit", "fred", "fred_api", "alternative_me", "alphavantage", "coingecko", "gdelt", "files")


class Endpoints(Config):
    """One base address per provider, without a trailing slash.

    `files` is None on the live network: a file series then needs a path of the user's.
    """

    bybit: str = "https://api.bybit.com"
    fred: str = "https://fred.stlouisfed.org"
    fred_api: str = "https://api.stlouisfed.org"
    alternative_me: str = "https://api.alternative.me"
    alphavantage: str = "https://www.alphavantage.co"
    coingecko: str = "https://api.coingecko.com"
    gdelt: str = "https://api.gdeltproject.org"
    files: str | None = None

    @classmethod
    def at(cls, root: str) -> Endpoints:
        """All providers below one root, as the sandbox serves them.

        >>> Endpoints.at("http://127.0.0.1:8000").bybit
        'http://127.0.0.1:8000/bybit'
        """
        return cls(**{name: f"{root.rstrip('/')}/{name}" for name in PROVIDERS})
