"""A FRED series that is not there must be named: a pipeline asks for ten of them."""

from __future__ import annotations

import pytest

from foretune.errors import RequestRefused
from foretune.pipeline.build import build


def test_a_fred_series_that_is_not_there_is_named(spec, endpoints, tmp_path):
    wanted = spec(fields={"gold_price": {"source": "fred", "series": "GOLDAMGBD228NLBM", "release_lag_days": 1}})
    with pytest.raises(RequestRefused, match="GOLDAMGBD228NLBM"):
        build(wanted, endpoints, tmp_path / "out")
