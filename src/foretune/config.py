"""Frozen typed configuration read from YAML. Nothing here knows what a config is for.

Unknown keys are refused with the nearest known key; every message carries the file and the
YAML path of the offending value.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from foretune.errors import ConfigError


class Config(BaseModel):
    """Base of all configuration objects: immutable, strict about names, finite about numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


ConfigT = TypeVar("ConfigT", bound=Config)


def load_config(path: Path, model: type[ConfigT]) -> ConfigT:
    """Read `path` (YAML) into `model`.

    Raises:
        ConfigError: no such file, not YAML, not a mapping, or a value `model` refuses. The
            message names the file, the YAML path and, for a misspelt key, the nearest one.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror or exc}); check the path") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: is not UTF-8 text ({exc.reason} at byte {exc.start})") from exc
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as exc:
        # beside its own errors, PyYAML lets those of its constructors through (a date such as 2024-13-45)
        raise ConfigError(f"{path}: is not valid YAML: {exc}") from exc
    return parse_config(data, model, where=str(path))


def parse_config(data: Any, model: type[ConfigT], *, where: str) -> ConfigT:
    """Validate already parsed `data` against `model`; `where` opens every error message."""
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: expected a mapping at the top level, found {type(data).__name__}")
    odd = [key for key in data if not isinstance(key, str)]
    if odd:
        hint = "; YAML reads a bare on, off, yes or no as true or false, so quote it" if isinstance(odd[0], bool) else ""
        raise ConfigError(f"{where}: keys are words, found {odd[0]!r}{hint}")
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        lines = [_explain(error, model) for error in exc.errors()]
        raise ConfigError(f"{where}: " + "; ".join(lines)) from exc


def _explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    loc = error["loc"]
    path = ".".join(str(part) for part in loc) or "(top level)"
    if error["type"] == "extra_forbidden":
        known = _field_names(model, loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(sorted(known))}"
        return f"unknown key '{path}'; {hint}"
    if error["type"] == "missing":
        return f"'{path}' is required"
    found = repr(error.get("input"))
    return f"'{path}': {error['msg']} (found {found[:80]})"


def _field_names(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Names allowed at `loc` below `model`, walking nested models, lists and unions."""
    models: list[type[BaseModel]] = [model]
    for part in loc:
        following: list[type[BaseModel]] = []
        for current in models:
            field = current.model_fields.get(str(part))
            if field is not None:
                following.extend(_models_in(field.annotation))
        # list indices and union tags appear in `loc` without being fields: stay where we are
        models = following or models
    return sorted({name for m in models for name in m.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in get_args(annotation) for m in _models_in(arg)]
