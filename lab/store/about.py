"""What people say about a job: its title, a note, tags, and whether it is pinned.

    <runs>/<job>/about.json

It is a file of its own, for the process that trains a job writes what is told of it, and any other may write this.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from filelock import FileLock, Timeout
from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, field_validator

from lab.files import replace, stamp
from lab.parts import Value, sentences
from lab.store.facts import TITLE, Facts
from lab.store.folder import RunFolder
from lab.store.values import StoreError, read_value

NOTE, TAG, TAGS = 4000, 40, 20
"""Most characters of a note and of a tag, and most tags."""
LARGEST = 100_000
"""Bytes; a file that is larger is none of ours, and not read."""
PATIENCE = 2.0
"""Seconds to wait for another process that writes about the same job."""
FILE = "about.json"


def _line(text: Any) -> Any:
    """A text as one line that any terminal may show."""
    if not isinstance(text, str):
        return text
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


Title = Annotated[str, StringConstraints(max_length=TITLE), BeforeValidator(_line)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=TAG), BeforeValidator(_line)]


class About(Value):
    """What people say about a job."""

    format: Literal["1"] = "1"
    title: Title = ""
    """What to call it; empty where nobody has renamed it."""
    note: str = Field("", max_length=NOTE)
    tags: tuple[Tag, ...] = Field((), max_length=TAGS)
    pinned: bool = False
    """Whether it stands before others."""

    @field_validator("tags")
    @classmethod
    def _each_once(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tags))


def about_of(folder: RunFolder) -> About:
    """What is said about a job; nothing where nobody has said anything.

    Raises:
        StoreError: there is something else in its place.
    """
    file = folder.path / FILE
    try:
        if stamp(file) is None:
            return About()
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}.") from None
    return read_value(file, About, LARGEST, "tell about a run")


def describe(folder: RunFolder, **fields: Any) -> About:
    """Say something else about a job; what other people said in other fields stays. The last one to speak is heard.

    Raises:
        StoreError: a field is out of bounds, or it cannot be written; what was there is still there.
    """
    if not folder.known:
        raise StoreError(f"Run {folder.id} is not kept on disk, so nothing can be written about it.")
    try:
        with FileLock(folder.path / f"{FILE}.lock", timeout=PATIENCE):
            said = About.model_validate({**about_of(folder).model_dump(), **fields})
            replace(folder.path / FILE, said.model_dump_json(indent=1).encode())
    except ValidationError as error:
        raise StoreError(f"This cannot be said about run {folder.id}: {sentences(error)[0]}") from None
    except Timeout:
        raise StoreError(f"Another process writes about run {folder.id}; try again.") from None
    except OSError as error:
        raise StoreError(f"Nothing can be written about run {folder.id}: {error.strerror or error}.") from None
    return said


def title_of(folder: RunFolder, facts: Facts) -> str:
    """What to call a job: what people call it, else as it was started."""
    try:
        return about_of(folder).title or facts.title
    except StoreError:  # told where runs are listed, and no reason not to open one
        return facts.title
