"""Config models as Markdown: a section and a table of keys each, from annotations and docstrings. Writes no page."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from foretune.pipeline.feeds import AnyFeed


def model_sections(top: type[BaseModel]) -> Iterator[str]:
    """A section per model, `top` first, then what it contains in the order of use."""
    waiting, seen = [top], {top}
    while waiting:
        model = waiting.pop(0)
        yield f"## {model.__name__}"
        yield prose(model)
        rows, notes = [], _notes(model)
        for name, field in model.model_fields.items():
            note = (notes.get(name, ""),) if notes else ()
            rows.append((f"`{name}`", _type(field.annotation), _limits(field), _default(field), *note))
            for found in models_inside(field.annotation):
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)
        yield table(("Key", "Type", "Limits", "Default", *(("Meaning",) if notes else ())), rows)


def _notes(model: type[BaseModel]) -> Mapping[str, str]:
    """The text that stands below each field in the source of `model`."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    found: dict[str, str] = {}
    if not isinstance(body, ast.ClassDef):
        return found
    for field, below in itertools.pairwise(body.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            found[field.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return found


def prose(thing: Callable[..., Any]) -> str:
    """A docstring without its sections for programmers and its example."""
    kept = []
    for part in inspect.cleandoc(thing.__doc__ or "").split("\n\n"):
        if part.split("\n")[0] in ("Args:", "Returns:", "Raises:") or part.startswith(">>>"):
            break
        kept.append(part)
    return "\n\n".join(kept)


def models_inside(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models_inside(argument)]


def _type(annotation: Any) -> str:
    """An annotation as a reader of YAML would say it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation == AnyFeed:
        return "[feed](#feeds)"
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(argument) for argument in arguments)
    if origin in (list, tuple, Sequence):
        return f"list of {_type(arguments[0])}"
    if origin in (dict, Mapping):
        return f"mapping of {_type(arguments[0])} to {_type(arguments[1])}"
    if annotation in (None, type(None)):
        return "null"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    plain = {str: "text", int: "integer", float: "number", bool: "true or false", date: "date", Path: "path"}
    return plain.get(annotation, str(annotation))


def _limits(field: FieldInfo) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥", "max_length": "length ≤"}
    found = []
    for limit in field.metadata:
        for name, sign in signs.items():
            if (value := getattr(limit, name, None)) is not None:
                found.append(f"{sign} {value}")
        if (pattern := getattr(limit, "pattern", None)) is not None:
            found.append(f"`{pattern}`")
    return ", ".join(found) or "–"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "its own defaults"
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return ", ".join(f"`{item.value if isinstance(item, Enum) else item}`" for item in value) or "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value != {} else "none"


def table(header: Sequence[str], rows: Any) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
