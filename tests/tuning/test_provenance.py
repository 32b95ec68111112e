"""What a run folder says of itself, and what it says when it cannot."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foretune.errors import ConfigError
from foretune.tuning.provenance import trained_until


def test_the_end_of_training_per_kind_of_market(tmp_path: Path) -> None:
    ends = {"simulated": "2022-04-30T00:00:00+00:00"}
    (tmp_path / "manifest.json").write_text(json.dumps({"training_ends": ends}))
    assert trained_until(tmp_path) == {"simulated": datetime(2022, 4, 30, tzinfo=UTC)}


def test_models_of_others_say_nothing(tmp_path: Path) -> None:
    assert trained_until(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"training_ends": []}', '{"training_ends": {"real": 5}}'])
def test_a_manifest_that_does_not_say_it_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ConfigError, match=r"manifest\.json: does not say .* 'foretune tune' again"):
        trained_until(tmp_path)
