"""Parts: registries, names, nesting, JSON, and the sentences that say what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field, ValidationError

import lab.data
import lab.estimators
import lab.models
import lab.optimizers
import lab.presets
from lab.parts import Part, Value, discover, sentences


class Shape(Part):
    """A family for these tests."""

    members: ClassVar[dict[str, type[Part]]] = {}
    family = "shape"


class Dot(Shape):
    """A member without fields."""

    name = "dot"
    title = "Dot"


class Round(Shape):
    """A branch of the family: no member itself."""

    radius: float = Field(1.0, gt=0, le=10)
    """Radius."""


class Circle(Round):
    """A member with a field."""

    name = "circle"
    title = "Circle"
    count: int = Field(3, ge=1, le=9)
    """How many."""
    hollow: bool = False
    """Whether."""


class Nested(Shape):
    """A member that holds others."""

    name = "nested"
    title = "Nested"
    inner: Shape = Circle(radius=2.0)
    """Anything."""
    ring: Round = Circle()
    """Only round ones."""


class Picture(Value):
    """What holds parts."""

    shape: Shape
    """Its shape."""
    size: Annotated[int, Field(ge=1)] = 1
    """Its size."""


@pytest.fixture
def registry_kept() -> Iterator[None]:
    before = dict(Shape.members)
    yield
    Shape.members.clear()
    Shape.members.update(before)


def problems(data: Any, kind: type[Value] = Picture) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(data)
    return sentences(caught.value)


def test_members_register_and_branches_do_not() -> None:
    assert Shape.members == {"dot": Dot, "circle": Circle, "nested": Nested}
    assert Round.choices() == {"circle": Circle}
    assert Dot.is_member()
    assert not Round.is_member()
    assert not Shape.is_member()


def test_parts_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Circle().radius = 3.0  # type: ignore[misc]
    assert Circle() == Circle(radius=1.0)
    assert hash(Circle()) == hash(Circle())


@pytest.mark.parametrize("spelling", ["circle", {"name": "circle"}, {"name": "circle", "radius": 1}, Circle()])
def test_every_spelling_gives_the_part(spelling: Any) -> None:
    shape = Picture(shape=spelling).shape
    assert isinstance(shape, Circle)
    assert shape == Circle()


def test_a_nested_part_keeps_its_fields_in_json() -> None:
    picture = Picture(shape=Nested(inner=Nested(inner=Circle(radius=4.5)), ring=Circle(count=7)))
    text = picture.model_dump_json()
    assert Picture.model_validate_json(text) == picture
    assert picture.model_dump() == {
        "shape": {
            "name": "nested",
            "inner": {
                "name": "nested",
                "inner": {"name": "circle", "radius": 4.5, "count": 3, "hollow": False},
                "ring": {"name": "circle", "radius": 1.0, "count": 3, "hollow": False},
            },
            "ring": {"name": "circle", "radius": 1.0, "count": 7, "hollow": False},
        },
        "size": 1,
    }


def test_changes_are_validated() -> None:
    assert Circle(count=2).changed(radius=3.0) == Circle(count=2, radius=3.0)
    with pytest.raises(ValidationError):
        Circle().changed(radius=-1.0)
    with pytest.raises(ValidationError):
        Circle().changed(wrong=1)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "shape is missing."),
        ({"shape": "square"}, "names no shape that is allowed here; allowed: dot, circle, nested (given: 'square')."),
        ({"shape": {"name": "nested", "ring": "dot"}}, "shape.ring names no shape that is allowed here"),
        ({"shape": {"radius": 1}}, "shape is not a shape; give its name"),
        ({"shape": 3}, "shape is not a shape; give its name (given: 3)."),
        ({"shape": ["dot"]}, "shape is not a shape; give its name (given: ['dot'])."),
        ({"shape": None}, "shape is not a shape; give its name (given: nothing)."),
        ({"shape": {"name": ["dot"]}}, "shape names no shape that is allowed here"),
        ({"shape": "dot", "color": 1}, "has no field 'color'; its fields are shape, size."),
        ({"shape": {"name": "circle", "color": 1}}, "shape has no field 'color'; its fields are radius, count"),
        ({"shape": {"name": "dot", "radius": 1}}, "shape has no field 'radius'; its fields are none."),
        ({"shape": {"name": "circle", "radius": 11}}, "shape.radius should be less than or equal to 10 (given: 11)."),
        ({"shape": {"name": "circle", "radius": 0}}, "shape.radius should be greater than 0 (given: 0)."),
        ({"shape": {"name": "circle", "radius": "wide"}}, "shape.radius should be a valid number"),
        ({"shape": {"name": "circle", "radius": float("nan")}}, "shape.radius should be a finite number (given: nan)"),
        ({"shape": {"name": "circle", "radius": float("inf")}}, "shape.radius should be a finite number (given: inf)"),
        ({"shape": {"name": "circle", "radius": True}}, "shape.radius must not be true or false (given"),
        ({"shape": {"name": "circle", "count": True}}, "shape.count must not be true or false (given"),
        ({"shape": {"name": "circle", "count": 2.5}}, "shape.count should be a valid integer"),
        ({"shape": "dot", "size": 0}, "size should be greater than or equal to 1 (given: 0)."),
        ({"shape": "dot", "size": False}, "size must not be true or false (given: False)."),
    ],
)
def test_a_problem_names_field_value_and_what_is_allowed(data: Any, sentence: str) -> None:
    assert any(sentence in problem for problem in problems(data)), problems(data)


def test_long_values_are_shortened() -> None:
    (problem,) = problems({"shape": "dot", "size": "x" * 10_000})
    assert len(problem) < 200
    (problem,) = problems({"shape": "dot", **{f"field{i}": i for i in range(5000)}})
    assert len(problem) < 1000


def test_a_second_class_of_the_same_name_is_refused(registry_kept: None) -> None:
    with pytest.raises(TypeError, match=r"shape 'circle' is already defined by .*Circle"):

        class Circle(Round):
            name = "circle"
            title = "Impostor"

    assert Shape.members["circle"].title == "Circle"


def test_the_same_class_made_again_replaces(registry_kept: None) -> None:
    def define() -> type[Part]:
        class Reloaded(Shape):
            name = "reloaded"
            title = "Reloaded"

        return Reloaded

    first, second = define(), define()
    assert first is not second
    assert Shape.members["reloaded"] is second


def test_color_and_dash_are_derived_and_stay() -> None:
    assert Circle.color.startswith("#")
    assert Circle.dash
    assert (Circle.color, Circle.dash) != (Dot.color, Dot.dash)


def test_a_plug_in_that_fails_is_listed_and_the_others_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry_kept: None
) -> None:
    package = tmp_path / "plugged"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "bad.py").write_text("import a_module_that_is_nowhere\n")
    (package / "good.py").write_text(
        f"from {__name__} import Shape\n\nclass Plugged(Shape):\n    name = 'plugged'\n    title = 'Plugged'\n"
    )
    (package / "worse.py").write_text("this is no Python\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    broken = discover("plugged", [str(package)])
    assert [entry.module for entry in broken] == ["plugged.bad", "plugged.worse"]
    assert "ModuleNotFoundError" in broken[0].error
    assert "a_module_that_is_nowhere" in broken[0].error
    assert "SyntaxError" in broken[1].error
    assert "plugged" in Shape.members


@pytest.mark.parametrize("package", [lab.data, lab.estimators, lab.models, lab.optimizers, lab.presets])
def test_no_family_has_a_broken_module(package: Any) -> None:
    assert package.BROKEN == []
