"""Parts as widgets: every field of an experiment gets the widget that its declaration asks for.

Walks `model_fields`, so that a new part appears here with its bounds, defaults and help without an edit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from contextlib import nullcontext
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from lab.parts import Part, Value
from lab.schedules import Schedule
from lab.ui.draft import Data


def part_editor(
    choices: dict[str, type[Part]], data: Data, key: str, label: str, leave_out: Collection[str] = ()
) -> Data:
    """A choice among members of a family, by name, and the fields of the chosen one; some may keep their values."""
    names = list(choices)
    name = st.selectbox(
        label,
        names,
        index=names.index(data["name"]),
        format_func=lambda item: choices[item].title,
        help=choices[data["name"]].summary or None,
        key=f"{key}.name",
    )
    member = choices[name]
    if name != data["name"]:
        data = member().model_dump(mode="json")
    return {"name": name, **field_editors(member, data, f"{key}.{name}", member.model_fields, leave_out)}


def field_editors(
    value: type[Value], data: Data, key: str, names: Iterable[str], leave_out: Collection[str] = ()
) -> Data:
    """A widget for each of some fields; returns what they say. Rules that have settings of their own come last.

    Args:
        value: what has the fields.
        data: what they say now.
        key: names the widgets.
        names: of the fields.
        leave_out: fields, by dotted path, that get no widget and keep their values.
    """
    told = {name: data[name] for name in names if name in leave_out}
    asked = [name for name in names if name not in leave_out]
    for name in sorted(asked, key=lambda name: _in_a_box(value.model_fields[name])):
        with st.container(border=True) if _in_a_box(value.model_fields[name]) else nullcontext():
            told[name] = field_editor(name, data[name], f"{key}.{name}", value, below(name, leave_out))
    return told


def below(name: str, paths: Iterable[str]) -> list[str]:
    """The rest of those dotted paths that lead through a field."""
    return [path.removeprefix(f"{name}.") for path in paths if path.startswith(f"{name}.")]


def field_editor(name: str, value: Any, key: str, owner: type[Value], leave_out: Collection[str] = ()) -> Any:
    """The widget for one field of its owner."""
    field = owner.model_fields[name]
    label = field.title or name.replace("_", " ").capitalize()
    kind, optional = _without_none(field.annotation)
    if isinstance(kind, type) and issubclass(kind, Part):
        choices = owner.field_choices(name, kind) if issubclass(owner, Part) else kind.choices()
        return part_editor(choices, value, key, label, leave_out)
    help = " ".join((field.description or "").split()) or None
    if get_origin(kind) is Literal:
        return _choice(label, get_args(kind), value, key, help)
    if get_origin(kind) is tuple:
        return _several(label, get_args(kind)[0], value, key, help)
    if kind is bool:
        return st.toggle(label, value, key=key, help=help)
    return _number(label, kind, field, value, key, help, optional)


def _in_a_box(field: FieldInfo) -> bool:
    """Whether its settings need to be told from those of its owner."""
    kind, _ = _without_none(field.annotation)
    return isinstance(kind, type) and issubclass(kind, Part) and not issubclass(kind, Schedule)


def _choice(label: str, options: tuple[Any, ...], value: Any, key: str, help: str | None) -> Any:
    if sum(len(str(option)) for option in options) <= 24:
        return st.segmented_control(label, options, default=value, required=True, key=key, help=help)
    return st.selectbox(label, options, index=options.index(value), key=key, help=help)


def _several(label: str, kind: Any, value: list[Any], key: str, help: str | None) -> list[Any]:
    if get_origin(kind) is Literal:
        return sorted(st.pills(label, get_args(kind), selection_mode="multi", default=value, key=key, help=help))
    text = st.text_input(label, ", ".join(map(str, value)), key=key, help=f"{help or ''} Numbers, separated by commas.")
    return [_integer(item.strip()) for item in (text or "").split(",") if item.strip()]


def _integer(text: str) -> int | str:
    """The number, or the text itself for the experiment's own check to refuse."""
    try:
        return int(text)
    except ValueError:
        return text


def _number(label: str, kind: Any, field: FieldInfo, value: Any, key: str, help: str | None, optional: bool) -> Any:
    number: Callable[[Any], Any] = int if kind is int else float
    low, high = _bounds(field, whole=kind is int)
    return st.number_input(
        label,
        min_value=None if low is None else number(low),
        max_value=None if high is None else number(high),
        value=None if value is None else number(value),
        step=1 if kind is int else _stride(value or field.default),
        format="%d" if kind is int else "%g",
        placeholder="none" if optional else None,
        key=key,
        help=help,
    )


def _stride(value: Any) -> float:
    """A tenth of the value's power of ten: what one press of + changes."""
    if not isinstance(value, int | float) or value == 0:
        return 0.1
    return 10.0 ** (math.floor(math.log10(abs(value))) - 1)


def _bounds(field: FieldInfo, whole: bool) -> tuple[float | None, float | None]:
    low = high = None
    for item in field.metadata:
        if getattr(item, "ge", None) is not None:
            low = item.ge
        if getattr(item, "gt", None) is not None:
            low = item.gt + 1 if whole else item.gt
        if getattr(item, "le", None) is not None:
            high = item.le
        if getattr(item, "lt", None) is not None:
            high = item.lt - 1 if whole else item.lt
    return low, high


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """The type itself, and whether None is allowed beside it."""
    if get_origin(annotation) in (UnionType, Union):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0], len(kinds) < len(get_args(annotation))
    return annotation, False
