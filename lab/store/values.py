"""Values that are kept as JSON, and what is said where one cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from lab.experiment import InvalidExperiment, read_json
from lab.files import contents
from lab.parts import Value, sentences

V = TypeVar("V", bound=Value)


class StoreError(Exception):
    """What is kept of a job cannot be read or written: one sentence that says what, where and why."""


def read_value(file: Path, kind: type[V], most: int, purpose: str) -> V:
    """A value from a file of JSON.

    Args:
        file: what to read.
        kind: of value.
        most: bytes; a file that is larger is none of ours.
        purpose: what the file is there to do, for a sentence that says that it does not.

    Raises:
        StoreError: it cannot be read, or holds something else.
    """
    try:
        return kind.model_validate(read_json(contents(file, most)))
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}.") from None
    except InvalidExperiment:
        raise StoreError(f"{file} is not readable as JSON.") from None
    except ValidationError as error:
        raise StoreError(f"{file} does not {purpose}: {sentences(error, 'all of it')[0]}") from None
