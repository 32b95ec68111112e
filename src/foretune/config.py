"""Frozen typed configuration read from YAML. Nothing here knows what a config is for.

Unknown keys are refused with the nearest known key; every message carries the file and the
YAML path of the offending value.
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from foretune.errors import ConfigError

_LONGEST: Final = 120
_MOST_DIGITS: Final = 9  # of a place in a list; Python refuses to read numbers of thousands of digits


class _Short(reprlib.Repr):
    """`repr` on one line, cut in the middle, also of numbers that Python refuses to write out."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = _LONGEST

    def repr_int(self, x: int, level: int) -> str:
        return f"a number of {x.bit_length()} bits" if x.bit_length() > _LONGEST else repr(x)


_shown = _Short().repr


class _Loader(yaml.SafeLoader):
    """Safe loading without aliases: no config needs one, and nested ones grow without bound."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"line {self.line + 1}: aliases (*name) are not accepted, write the value out")
        return super().compose_node(parent, index)


class Config(BaseModel):
    """Base of all configuration objects: immutable, strict about names, finite about numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


ConfigT = TypeVar("ConfigT", bound=Config)


def load_config(path: Path, model: type[ConfigT], overrides: Sequence[str] = ()) -> ConfigT:
    """Read `path` (YAML) into `model`, each `key=value` of `overrides` put over what the file says.

    A key is a YAML path such as `split.test` or `assets.0.id`; a value is read as YAML.

    Raises:
        ConfigError: no such file, not YAML, not a mapping, a value `model` refuses, or an override
            that does not fit. The message names the file, the YAML path and, for a misspelt key,
            the nearest one.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror or exc}); check the path") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: is not UTF-8 text ({exc.reason} at byte {exc.start})") from exc
    data = _parse_yaml(text, str(path))
    for override in overrides:
        put_over(data, override)
    return parse_config(data, model, where=str(path))


def put_over(data: Any, text: str, *, example: str = "split.test=0.3") -> None:
    """Put one `key=value` into `data`; mappings on the way are made, lists are not made longer.

    `text` comes from a command line's `--set`, `example` is one that would do there.

    >>> data = {"split": {"test": 0.2}}
    >>> put_over(data, "split.embargo_days=3")
    >>> data
    {'split': {'test': 0.2, 'embargo_days': 3}}

    Raises:
        ConfigError: not `key=value`, a place that cannot be, or a value that is not YAML; one line.
    """
    said = f"--set {_shown(text)}"
    key, equals, value = text.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise ConfigError(f"{said}: write key=value, as in --set {example}")
    at = data
    for depth, part in enumerate(parts):
        here = _shown(".".join(parts[:depth]))[1:-1] or "(top level)"
        if isinstance(at, list):
            if not part.isdecimal() or len(part) > _MOST_DIGITS or int(part) >= len(at):
                raise ConfigError(f"{said}: {here} is a list of {len(at)}; count from 0, as in {here}.0")
            place: Any = int(part)
        elif isinstance(at, dict):
            place = part
        else:
            raise ConfigError(f"{said}: {here} is {_shown(at)}, which has no {_shown(part)} in it")
        if depth == len(parts) - 1:
            at[place] = _override_value(value, said)
        else:
            at = at[place] if isinstance(at, list) else at.setdefault(place, {})


def _override_value(text: str, said: str) -> Any:
    try:
        return _parse_yaml(text, said)
    except ConfigError as exc:  # YAML's own message draws the place over several lines
        raise ConfigError(" ".join(str(exc).split())[: 2 * _LONGEST]) from exc


def _parse_yaml(text: str, where: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as exc:
        # beside its own errors, PyYAML lets those of its constructors through (a date such as 2024-13-45)
        raise ConfigError(f"{where}: is not valid YAML: {exc}") from exc


def parse_config(data: Any, model: type[ConfigT], *, where: str) -> ConfigT:
    """Validate already parsed `data` against `model`; `where` opens every error message."""
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: expected a mapping at the top level, found {type(data).__name__}")
    odd = [key for key in data if not isinstance(key, str)]
    if odd:
        hint = "; YAML reads a bare on, off, yes or no as a truth value, so quote it"
        raise ConfigError(f"{where}: keys are words, found {_shown(odd[0])}{hint if isinstance(odd[0], bool) else ''}")
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        lines = [_explain(error, model, data) for error in exc.errors()]
        raise ConfigError(f"{where}: " + "; ".join(lines)) from exc


def _explain(error: ErrorDetails, model: type[BaseModel], data: Any) -> str:
    path, known = _locate(error["loc"], model, data)
    path = _shown(path)[1:-1]
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key '{path}'; {hint}"
    if error["type"] == "missing":
        return f"'{path}' is required"
    said = error["msg"].removeprefix("Value error, ")
    if isinstance(error.get("input"), dict):  # a rule about several fields: it names them itself
        return said if path == "(top level)" else f"'{path}': {said}"
    return f"'{path}': {said} (found {_shown(error.get('input'))[:80]})"


def _locate(loc: tuple[int | str, ...], model: type[BaseModel], data: Any) -> tuple[str, list[str]]:
    """`loc` as a path of the YAML file, and the keys that are known where it ends.

    pydantic puts the tag of a union's member into `loc`. In the file there is no such level, so
    what the data do not have is left out, but for the end, which may be what is missing.
    """
    path: list[str] = []
    models: list[type[BaseModel]] = [model]
    for at, part in enumerate(loc):
        last = at == len(loc) - 1
        there = (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int))
        if there or last:
            path.append(str(part))
        if last:
            break
        if there:
            data = data[part]
        fields = [m.model_fields[str(part)] for m in models if str(part) in m.model_fields]
        models = [found for field in fields for found in _models_in(field.annotation)] or models
    known = sorted({name for m in models for name in m.model_fields})
    return ".".join(path) or "(top level)", known


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in get_args(annotation) for m in _models_in(arg)]
