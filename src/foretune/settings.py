"""What comes from the environment: provider keys and data places. Secrets stay masked."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once per command from the environment (never from a file in the working folder).

    >>> Settings(ALPHAVANTAGE_API_KEY="abc").alphavantage_api_key
    SecretStr('**********')
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    alphavantage_api_key: SecretStr | None = Field(None, validation_alias="ALPHAVANTAGE_API_KEY")
    fred_api_key: SecretStr | None = Field(None, validation_alias="FRED_API_KEY")
    coingecko_api_key: SecretStr | None = Field(None, validation_alias="COINGECKO_API_KEY")
    data_root: Path | None = Field(None, validation_alias="FORETUNE_DATA")


SANDBOX_KEYS = Settings(
    ALPHAVANTAGE_API_KEY=SecretStr("sandbox"),
    FRED_API_KEY=SecretStr("sandboxsandboxsandboxsandboxsand"),  # of the length FRED checks
    COINGECKO_API_KEY=SecretStr("sandbox"),
)
"""What a sandbox gets instead of the keys of the environment, which go to live providers only."""
