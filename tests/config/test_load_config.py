"""load_config: every way a YAML file can be wrong is one ConfigError that says where and what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from foretune.config import Config, load_config, parse_config
from foretune.errors import ConfigError


class Fruit(Config):
    kind: Literal["fruit"]
    sweetness: float = 0.5


class Nut(Config):
    kind: Literal["nut"]
    hardness: float = 0.5


class Shelf(Config):
    label: str = "shelf"
    width_cm: int = Field(80, ge=10)


class Shop(Config):
    name: str
    shelf: Shelf = Shelf()
    shelves: Sequence[Shelf] = ()
    goods: Sequence[Annotated[Fruit | Nut, Field(discriminator="kind")]] = ()
    prices: Mapping[str, float] = {}


@pytest.fixture
def refused(tmp_path):
    """`refused(text)` is what load_config says about a file with that text, without the file's name."""

    def load(text: str | bytes) -> str:
        path = tmp_path / "shop.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(ConfigError) as caught:
            load_config(path, Shop)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        return message.removeprefix(f"{path}: ")

    return load


def test_a_right_file_becomes_a_frozen_object(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text("name: Grün\nshelf: {width_cm: 40}\ngoods: [{kind: nut, hardness: 0.9}]\n", encoding="utf-8")

    shop = load_config(path, Shop)

    assert shop == Shop(name="Grün", shelf=Shelf(width_cm=40), goods=[Nut(kind="nut", hardness=0.9)])
    with pytest.raises(ValidationError):
        shop.name = "Blau"


@pytest.mark.parametrize(
    ("text", "path", "nearest"),
    [
        ("name: a\nshelfs: {}\n", "shelfs", "shelf"),
        ("name: a\nshelf: {labell: b}\n", "shelf.labell", "label"),
        ("name: a\nshelf: {width: 40}\n", "shelf.width", "width_cm"),
        # the second list item, counted from zero
        ("name: a\nshelves: [{label: b}, {lable: c}]\n", "shelves.1.lable", "label"),
    ],
)
def test_a_misspelt_key_is_named_with_its_place_and_the_nearest_one(refused, text, path, nearest):
    message = refused(text)
    assert f"unknown key '{path}'" in message
    assert f"did you mean '{nearest}'?" in message


def test_a_misspelt_key_inside_a_union_is_found_too(refused):
    message = refused("name: a\ngoods: [{kind: fruit, sweetnes: 1}]\n")
    assert "unknown key 'goods.0" in message
    assert "sweetnes'" in message
    assert "did you mean 'sweetness'?" in message


def test_a_key_near_to_nothing_lists_what_is_known(refused):
    assert "known keys: label, width_cm" in refused("name: a\nshelf: {zzzz: 1}\n")


def test_every_mistake_is_reported_at_once(refused):
    message = refused("shelf: {width_cm: 5}\nprises: {}\n")
    assert "'name' is required" in message
    assert "'shelf.width_cm'" in message
    assert "did you mean 'prices'?" in message


@pytest.mark.parametrize(
    ("text", "found"),
    [("", "NoneType"), ("# only a comment\n", "NoneType"), ("- a\n- b\n", "list"), ("just words\n", "str")],
)
def test_the_top_level_must_be_a_mapping(refused, text, found):
    assert refused(text) == f"expected a mapping at the top level, found {found}"


@pytest.mark.parametrize("text", ["name: [a\n", "name: a\n\tb: c\n", "{a: b}}\n", "&a *b"])
def test_what_is_not_yaml_says_so(refused, text):
    assert refused(text).startswith("is not valid YAML")


@pytest.mark.parametrize(
    "text",
    [
        "name: !!python/object/apply:os.system ['true']\n",
        "!!python/object:foretune.config.Config {}\n",
        "name: !!python/name:os.system\n",
    ],
)
def test_yaml_cannot_name_python_objects(refused, text):
    assert "could not determine a constructor" in refused(text)


def test_bytes_that_are_no_utf_8_say_where(refused):
    assert refused(b"name: caf\xe9\n") == "is not UTF-8 text (invalid continuation byte at byte 9)"


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_numbers_must_be_finite(refused, value):
    message = refused(f"name: a\nprices: {{apple: {value}}}\n")
    assert "'prices.apple'" in message
    assert "finite number" in message


def test_a_wrong_value_is_shown_and_cut_short(refused):
    message = refused(f"name: a\nshelf: {{width_cm: {'x' * 500}}}\n")
    assert "'shelf.width_cm': Input should be a valid integer" in message
    assert len(message) < 300


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_config(path, Shop)
    assert str(path) in str(caught.value)


def test_parsed_data_are_named_as_the_caller_wants():
    with pytest.raises(ConfigError, match=r"^request body: 'name' is required$"):
        parse_config({}, Shop, where="request body")


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
data = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@given(data=data | st.fixed_dictionaries({}, optional=dict.fromkeys(Shop.model_fields, data)))
def test_no_data_raises_anything_else(data):
    with contextlib.suppress(ConfigError):
        parse_config(data, Shop, where="data")


@pytest.fixture
def overridden(tmp_path):
    """`overridden(text)` is the shop with `--set text` put over it."""

    def load(text: str) -> Shop:
        path = tmp_path / "shop.yaml"
        path.write_text("name: x\nshelf: {width_cm: 40}\nshelves: [{label: a}, {label: b}]\n", encoding="utf-8")
        return load_config(path, Shop, [text])

    return load


def test_an_override_reaches_into_mappings_and_lists(overridden):
    assert overridden("shelf.width_cm=50").shelf.width_cm == 50
    assert overridden("shelves.1.label=c").shelves[1].label == "c"
    assert overridden("prices.nut=2.5").prices == {"nut": 2.5}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"shelves.{'9' * 5000}=1", id="a place of 5,000 digits"),
        pytest.param(f"shelves.{'1' * 9}=1", id="a place that is not there"),
        pytest.param(f"{'k' * 20_000}=1", id="a long key"),
        pytest.param(f"shelf.{'k' * 20_000}=1", id="a long key further down"),
        pytest.param(f"name.{'k' * 20_000}=1", id="a long key of no mapping"),
        pytest.param("k" * 20_000, id="long, and no key=value"),
        pytest.param(f"name=[{'v' * 20_000}", id="a long value that is not YAML"),
        pytest.param(f"name=!{'v' * 20_000} x", id="a long tag"),
        pytest.param(f"shelf.width_cm={'v' * 20_000}", id="a long value of another type"),
        pytest.param(f"shelf.label=0x{'f' * 5000}", id="a number too long to be written out"),
        pytest.param("name\n=[", id="a key and a message of several lines"),
        pytest.param("sh\x1b[2Jelf\n.a=1", id="an escape in a key"),
    ],
)
def test_an_override_that_does_not_fit_is_told_on_one_short_line(overridden, text):
    with pytest.raises(ConfigError) as caught:
        overridden(text)
    said = str(caught.value)
    assert len(said) < 700
    assert said.isprintable()


def test_a_number_too_long_to_be_written_out_is_refused_in_a_file_too(refused):
    assert "'shelf'" in refused(f"name: x\nshelf: [0x{'f' * 5000}]\n")
