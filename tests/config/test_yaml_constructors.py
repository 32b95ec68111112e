"""load_config on YAML that PyYAML's own constructors stumble over: still only ConfigError."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretune.config import Config, load_config
from foretune.errors import ConfigError


class Shop(Config):
    name: str


@pytest.mark.parametrize(
    "text",
    [
        "name: 2024-13-45\n",  # looks like a date, is none
        "name: !!int x\n",
        "name: !!float x\n",
        "name: !!timestamp x\n",
        f"name: {'9' * 5000}\n",  # more digits than Python turns into a number
        "name: &a [*a]\n",
        "? [a]\n: b\n",
        "1: b\n",
    ],
)
def test_values_yaml_cannot_construct(tmp_path, text):
    path = tmp_path / "shop.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"shop\.yaml"):
        load_config(path, Shop)


alphabet = st.sampled_from([*"ab019 -:,.[]{}&*!?|>%@'\"#\n\t", "!!int ", "!!timestamp ", "2024-1", "&a ", "*a", "<<: "])
texts = st.text() | st.lists(alphabet, max_size=30).map("".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
def test_arbitrary_text_never_raises_anything_else(tmp_path, text):
    path = tmp_path / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    with contextlib.suppress(ConfigError):
        load_config(path, Shop)


def test_an_alias_bomb_is_refused_at_once(tmp_path):
    """Each line ten times the one before: a few hundred bytes that would grow to gigabytes."""
    path = tmp_path / "shop.yaml"
    path.write_text("a: &a [1,1,1]\nb: &b [*a,*a,*a]\nname: *b\n")
    with pytest.raises(ConfigError, match="aliases"):
        load_config(path, Shop)
