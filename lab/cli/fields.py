"""The fields of a part as plain data: what each takes, its default and its help."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from lab.parts import Part, Value
from lab.schedules import Within

NUMBERS = {bool: "boolean", int: "integer", float: "number", str: "text"}
BOUNDS = ("ge", "gt", "le", "lt", "min_length", "max_length")


def described(value: type[Value]) -> dict[str, dict[str, Any]]:
    """Every field by name."""
    fields = {name: _field(field) for name, field in value.model_fields.items()}
    for name, field in fields.items():
        annotation = value.model_fields[name].annotation
        if isinstance(annotation, type) and issubclass(annotation, Part) and issubclass(value, Part):
            field["choices"] = list(value.field_choices(name, annotation))
    return fields


def _field(field: FieldInfo) -> dict[str, Any]:
    default = {"required": True} if field.is_required() else {"default": to_jsonable_python(field.default)}
    help_text = " ".join((field.description or "").split())
    return {**_accepted(field.annotation, field.metadata), **default, "help": help_text}


def _accepted(annotation: Any, metadata: Sequence[Any] = ()) -> dict[str, Any]:
    """What a type takes: its kind, choices, bounds, whether it may be null, and what a list is of."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = [item for extra in annotation.__metadata__ for item in getattr(extra, "metadata", [extra])]
        return _accepted(arguments[0], [*inner, *metadata])
    if origin in (Union, types.UnionType):
        rest = [argument for argument in arguments if argument is not type(None)]
        return _accepted(rest[0], metadata) | {"nullable": True}
    if origin is Literal:
        return {"type": "choice", "choices": list(arguments)}
    if origin is tuple:
        return {"type": "list", "of": _accepted(arguments[0]), **_bounds(metadata)}
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return {"type": annotation.family, "choices": list(annotation.choices()), **_bounds(metadata)}
    return {"type": NUMBERS.get(annotation, str(annotation)), **_bounds(metadata)}


def _bounds(metadata: Sequence[Any]) -> dict[str, dict[str, float]]:
    found: dict[str, float] = {}
    for item in metadata:
        if isinstance(item, Within):
            found |= {"gt" if item.open_low else "ge": item.low, "le": item.high}
        else:
            found |= {name: getattr(item, name) for name in BOUNDS if hasattr(item, name)}
    return {"bounds": found} if found else {}
