"""Where recorded data and provider bodies lie, and one small simulated market."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from foretune.sandbox.recorded import RecordedMarket
from foretune.sandbox.simulated import SimulatedMarket

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The recorded market history, which is not part of the project."""
    root = Path(os.environ.get("FORETUNE_DATA") or REPOSITORY / "../shared/data").resolve()
    if not (root / "catalog.yaml").is_file():
        pytest.skip("the recorded market history is not here; set FORETUNE_DATA to its folder")
    return root


@pytest.fixture(scope="session")
def wire_root() -> Path:
    """The providers' recorded bodies, which are not part of the project."""
    root = Path(os.environ.get("FORETUNE_WIRE") or REPOSITORY / "../shared/wire").resolve()
    if not root.is_dir():
        pytest.skip("the recorded provider bodies are not here; set FORETUNE_WIRE to their folder")
    return root


@pytest.fixture(scope="session")
def recorded(data_root) -> RecordedMarket:
    return RecordedMarket(data_root / "catalog.yaml")


@pytest.fixture(scope="session")
def simulated() -> SimulatedMarket:
    """2020-01-01 to 2024-01-01: 1,461 finished days and no unfinished one."""
    return SimulatedMarket(seed=3, start=date(2020, 1, 1), end=date(2024, 1, 1))
