"""Recipes: what is shipped loads; what contradicts itself is refused with the place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foretune.config import load_config, parse_config
from foretune.datasets.preferences import Flaw
from foretune.errors import ConfigError
from foretune.tuning.recipe import Recipe

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.name)
def test_a_shipped_recipe_loads(path: Path) -> None:
    assert load_config(path, Recipe).name == path.stem


def test_the_demo_plants_the_flaws_that_its_report_measures() -> None:
    flawed = load_config(RECIPES / "demo.yaml", Recipe).sft.flawed
    assert flawed == {Flaw.MISSING_RISK_WARNING: 0.35, Flaw.RECKLESS: 0.10}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": {}}, "either 'tiny' or 'path'"),
        ({"base": {"tiny": {}, "path": "m"}}, "either 'tiny' or 'path'"),
        ({"sft": {"flawed": {"reckless": 0.6, "wrong_label": 0.6}}}, "sum to at most 1"),
        ({"sft": {"flawed": {"rude": 0.1}}}, "missing_risk_warning"),
        ({"dpo": {"betta": 0.1}}, "did you mean 'beta'"),
        ({"dpo": {"beta": 0}}, "greater than 0"),
        ({"name": "../x"}, "name"),
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config({"name": "x", "base": {"tiny": {}}, **change}, Recipe, where="r.yaml")
