"""A pipeline that is not one: a sentence with the place in the file, or a spec, and never another error."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretune.config import load_config, parse_config
from foretune.errors import ConfigError
from foretune.pipeline.spec import BuildSpec

PIPELINES = Path(__file__).parents[2] / "pipelines"
TEXT = (PIPELINES / "btc_90d.yaml").read_text(encoding="utf-8")
PLAN: dict[str, Any] = yaml.safe_load(TEXT)

Place = tuple[str | int, ...]


def places(node: Any, at: Place = ()) -> Iterator[Place]:
    """The path of everything in the plan, containers included."""
    if at:
        yield at
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield from places(child, (*at, key))


def put(plan: dict[str, Any], at: Place, value: Any) -> dict[str, Any]:
    """A copy of `plan` with `value` at the place `at`."""
    changed = copy.deepcopy(plan)
    node: Any = changed
    for key in at[:-1]:
        node = node[key]
    node[at[-1]] = value
    return changed


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=12)
    | st.dates()
    | st.sampled_from(["bybit", "fred", "files", "../../etc/passwd", "1e309", "2024-02-30", "⅒", "BTC USD", "\x00"])
)
DAMAGE = (
    "", "\t", ":", "- ", "{", "}", "&a", "*a", "!!python/object:os.system", "<<<<<<<", "\x00", "…", "\r", "'", '"', "|",
    "2024-13-45",
)  # fmt: skip
VALUES = (
    SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=6) | st.integers(), SCALARS, max_size=3)
)
PLACES = list(places(PLAN))


def judged(load) -> None:
    """A spec that can be written down and read again, or a ConfigError of one line."""
    try:
        spec = load()
    except ConfigError as exc:
        said = str(exc)
        assert said.startswith(("plan: ", "--set ")) or ".yaml: " in said
        assert len(said) < 5000
        return
    reads_back(spec)


def reads_back(spec: BuildSpec) -> None:
    """As the manifest keeps a plan, it is a plan, and the same one."""
    written = spec.model_dump(mode="json")
    assert parse_config(written, BuildSpec, where="plan").model_dump(mode="json") == written


@given(place=st.sampled_from(PLACES), value=VALUES)
def test_any_value_at_any_place(place, value):
    judged(lambda: parse_config(put(PLAN, place, value), BuildSpec, where="plan"))


@given(place=st.sampled_from(PLACES), name=st.text(min_size=1, max_size=12))
def test_a_key_that_nobody_knows_is_named_with_its_place(place, name):
    node: Any = PLAN
    for key in place:
        node = node[key]
    if not isinstance(node, dict) or name in node:
        return
    if place[-1] == "columns":  # whose names are checked against the file, when there is one
        judged(lambda: parse_config(put(PLAN, (*place, name), 1), BuildSpec, where="plan"))
        return
    with pytest.raises(ConfigError) as caught:
        parse_config(put(PLAN, (*place, name), 1), BuildSpec, where="plan")
    assert ".".join(map(str, place)) in str(caught.value)


@pytest.mark.parametrize(
    "place",
    # what a mapping of columns calls them is checked against the file, when there is one
    [place for place in PLACES if isinstance(place[-1], str) and "columns" not in place[:-1]],
    ids=lambda place: ".".join(map(str, place)),
)
def test_a_misspelt_key_is_said_with_its_place(place):
    """`xstart` for `start`, `assets.0.xid` for `assets.0.id`, and so on through the file."""
    *above, name = place
    plan = copy.deepcopy(PLAN)
    node: Any = plan
    for key in above:
        node = node[key]
    node[f"x{name}"] = node.pop(name)
    with pytest.raises(ConfigError) as caught:
        parse_config(plan, BuildSpec, where="plan")
    said = str(caught.value)
    assert ".".join(map(str, above)) in said
    assert name in said


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_text_cut_doubled_or_with_other_characters_in_it(tmp_path, data):
    """Damage to the file itself: what an editor, a merge or a bad disk makes of it."""
    start = data.draw(st.integers(0, len(TEXT)))
    stop = data.draw(st.integers(start, min(len(TEXT), start + 60)))
    middle = data.draw(st.sampled_from(DAMAGE))
    path = tmp_path / "pipeline.yaml"
    path.write_text(TEXT[:start] + middle + TEXT[stop:], encoding="utf-8", newline="")
    judged(lambda: load_config(path, BuildSpec))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_a_file_that_is_no_text(tmp_path, body):
    path = tmp_path / "pipeline.yaml"
    path.write_bytes(body)
    with pytest.raises(ConfigError):
        load_config(path, BuildSpec)


PATHS = [".".join(map(str, place)) for place in PLACES]
OVERRIDES = st.text(max_size=30) | st.builds("{}={}".format, st.sampled_from(PATHS), st.text(max_size=12))


@settings(max_examples=60)
@given(override=OVERRIDES)
def test_any_override_of_the_command_line(override):
    judged(lambda: load_config(PIPELINES / "btc_90d.yaml", BuildSpec, [override]))


@pytest.mark.parametrize("path", sorted(PIPELINES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_pipeline_of_the_project_is_one(path):
    spec = load_config(path, BuildSpec)
    assert spec.name == path.stem
    reads_back(spec)
