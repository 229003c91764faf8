"""Parts: the interchangeable pieces of an experiment, each one frozen value that names and documents itself.

A *family* (estimators, schedules, ...) is a subclass of `Part` that declares `members`; every class below it that
declares a `name` registers itself there when it is made. Knows nothing about what a part does.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#A6761D", "#9467BD")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


TOLD = 20
"""Problems of one input that are told, each by its sentence."""
PLAIN = {"tuple_type": "should be a list, such as [1, 2]", "model_type": "should be a set of fields"}
"""What is said in place of pydantic's own words, by the kind of a problem."""


class Value(BaseModel):
    """A frozen, strictly checked value: unknown fields, NaN, inf and booleans posing as numbers are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        polymorphic_serialization=True,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _only_known_fields(cls, value: Any) -> Any:
        unknown = [key for key in value if key not in cls.model_fields] if isinstance(value, dict) else []
        if unknown:
            raise PydanticCustomError(
                "unknown_field",
                "has no field {unknown}; its fields are {allowed}",
                {"unknown": _shortened(unknown[0]), "allowed": ", ".join(cls.model_fields) or "none"},
            )
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _no_boolean_for_a_number(cls, value: Any, info: Any) -> Any:
        given = value if isinstance(value, list | tuple) else [value]
        if any(isinstance(item, bool) for item in given) and cls.model_fields[info.field_name].annotation is not bool:
            raise PydanticCustomError("not_boolean", "must not be true or false")
        return value


class Part(Value):
    """A named, documented, immutable piece of an experiment. Class facts describe it, fields are its settings.

    A family declares `members` and `family`, the word for one of them in a sentence. A member declares `name` (its
    identifier in files, links and on the command line), `title`, and, where they apply, `summary`, `formula` (LaTeX),
    `paper` and `defect_of` (the source whose defect it keeps on purpose).
    `color` and `dash` have derived defaults. `recipes` names settings worth offering beside the defaults.
    """

    members: ClassVar[dict[str, type[Any]]]
    family: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    paper: ClassVar[str] = ""
    defect_of: ClassVar[str] = ""
    color: ClassVar[str]
    dash: ClassVar[str]
    recipes: ClassVar[dict[str, dict[str, Any]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.is_member():
            cls._register()

    @classmethod
    def _register(cls) -> None:
        taken = cls.members.get(cls.name)
        if taken is not None and (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.family} {cls.name!r} is already defined by {taken.__module__}.{taken.__qualname__}")
        digest = hashlib.sha256(cls.name.encode()).digest()
        cls.color = cls.__dict__.get("color", OKABE_ITO[digest[0] % len(OKABE_ITO)])
        cls.dash = cls.__dict__.get("dash", DASHES[digest[1] % len(DASHES)])
        cls.members[cls.name] = cls

    @property
    def idle(self) -> frozenset[str]:
        """The fields that change nothing, as the others are."""
        return frozenset()

    @classmethod
    def is_member(cls) -> bool:
        """Whether this class is one named member, rather than a family or a branch of one."""
        return "name" in cls.__dict__

    @classmethod
    def choices(cls) -> dict[str, type[Self]]:
        """The members at or below this class, by name."""
        return {name: member for name, member in cls.members.items() if issubclass(member, cls)}

    @classmethod
    def field_choices(cls, field: str, family: type[Part]) -> dict[str, type[Any]]:
        """The members of a family that one of the fields takes, by name; a part need not take all of its own kind."""
        choices = family.choices()
        if not issubclass(cls, family):
            return choices
        return {name: member for name, member in choices.items() if cls._takes(field, name)}

    @classmethod
    def _takes(cls, field: str, name: str) -> bool:
        try:
            cls.model_validate({field: {"name": name}})
        except ValidationError:
            return False
        return True

    @model_validator(mode="wrap")
    @classmethod
    def _from_name(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        if cls.is_member():
            if isinstance(value, dict) and value.get("name", cls.name) == cls.name:
                value = {key: item for key, item in value.items() if key != "name"}
            return handler(value)
        if isinstance(value, cls):
            return value
        value = cls._expand(value)
        if not isinstance(value, dict) or "name" not in value:
            raise PydanticCustomError("part", "is not {family}; give its name", {"family": _with_article(cls.family)})
        choices = cls.choices()
        if not isinstance(value["name"], str) or value["name"] not in choices:
            raise PydanticCustomError(
                "unknown_part",
                "names no {family} that is allowed here; allowed: {allowed}",
                {"family": cls.family, "allowed": ", ".join(choices)},
            )
        return choices[value["name"]].model_validate(value)

    @classmethod
    def _expand(cls, value: Any) -> Any:
        """A short spelling in full: a name alone stands for the member with its defaults."""
        return {"name": value} if isinstance(value, str) else value

    @model_serializer(mode="wrap")
    def _with_name(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"name": self.name, **handler(self)}

    def changed(self, **fields: Any) -> Self:
        """A validated copy with some fields changed.

        Raises:
            ValidationError: a field is unknown or its value out of bounds.
        """
        return type(self).model_validate({**self.model_dump(), **fields})


@dataclass(frozen=True)
class Broken:
    """A module of parts that failed to import: shown with its error, never silently missing."""

    module: str
    error: str


def discover(package: str, paths: list[str]) -> list[Broken]:
    """Import every module of a family's folder, so that its members register; returns those that failed."""
    broken = []
    for module in sorted(info.name for info in pkgutil.iter_modules(paths)):
        try:
            importlib.import_module(f"{package}.{module}")
        except Exception as error:  # a plug-in may fail in any way, and must be shown as broken rather than vanish
            broken.append(Broken(f"{package}.{module}", f"{type(error).__name__}: {error}"))
    return broken


def whole(message: str) -> PydanticCustomError:
    """An error of a value as a whole, as its validators raise it; the message begins with the name of a field."""
    return PydanticCustomError("whole", "{message}", {"message": message})


def sentences(error: ValidationError, whole: str = "the experiment") -> list[str]:
    """What is wrong with some input, one sentence a problem: the field, the value given and what is allowed.

    Args:
        error: of the input.
        whole: what to call the input itself.
    """
    problems = error.errors(include_url=False)
    more = [f"There are {len(problems) - TOLD} more problems."] if len(problems) > TOLD else []
    return [*(_sentence(problem, whole) for problem in problems[:TOLD]), *more]


def _sentence(problem: Any, whole: str) -> str:
    field = ".".join(str(step) for step in problem["loc"]) or whole
    kind, message, given = problem["type"], problem["msg"], problem["input"]
    if kind == "missing":
        return f"{field} is missing."
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    message = message[:1].lower() + message[1:]
    message = PLAIN.get(kind, message).removeprefix("tuple ").partition(" after validation")[0]
    shown = given.get("name", "a set of fields") if isinstance(given, dict) else given
    if kind == "whole":  # begins with the name of a field
        return f"{field}.{message}." if problem["loc"] else f"{message}."
    given_text = "" if kind == "unknown_field" else f" (given: {_shortened(shown)})"
    return f"{field} {message}{given_text}.".strip()


def _shortened(value: Any, limit: int = 60) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
