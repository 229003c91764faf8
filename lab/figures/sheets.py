"""What a card is made of, as a file: arrays by their names, or a table."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    Data: TypeAlias = Mapping[str, NDArray[Any]] | pd.DataFrame
LONGEST_NAME = 120


class File(NamedTuple):
    """A file to be saved."""

    name: str
    mime: str
    content: bytes


class Origin(NamedTuple):
    """Of what the data of a card are, which their file says, too: as arrays without axes, or as columns."""

    net: str
    """Its name on the page; `run` in the file is what it is called by its number."""
    step: int | None = None
    """Of the moment; None where the data are of several, and say so themselves."""
    weights_step: int | None = None
    """That the weights are of which answered."""
    picture_name: str = ""
    """Of the picture that was looked at; nothing where the data do not depend on it."""

    def facts(self, numbers: Mapping[str, str]) -> dict[str, int | str]:
        """What is known, by its name in a file.

        Args:
            numbers: what nets are called by their numbers, by their names.
        """
        known = {"run": numbers.get(self.net), **self._asdict()}
        return {name: value for name, value in known.items() if value not in (None, "")}


@dataclass(frozen=True)
class Sheet:
    """The data of a card: arrays by name, which become an NPZ file, or a table, which becomes a CSV file."""

    title: str
    """What is listed: the card, and what these data are of."""
    data: Data | Callable[[], Data]
    """The data, or what makes them when they are wanted."""
    origin: Origin | None = None
    """Of what they are; None where they are of several nets."""

    def file(self, subject: str, shorter: Mapping[str, str] | None = None) -> File:
        """The file, whose name says what it is and of what, such as "codes-of-run-7-at-step-640.npz".

        Args:
            subject: the run, such as "Run 7".
            shorter: what to call nets by their numbers, by the names with which titles end: in the file, and in a name
                that would be too long.

        Raises:
            ValueError: an array has objects in it, which only Python could read.
        """
        data = self.data() if callable(self.data) else self.data
        if self.origin is not None and self.origin.step is not None:
            subject = f"{subject} at step {self.origin.step}"
        stem = _named(self.title, subject)
        if len(stem) > LONGEST_NAME:
            stem = _shortened(_named(_with_shorter(self.title, shorter or {}), subject))
        facts = self.origin.facts(shorter or {}) if self.origin is not None else {}
        if isinstance(data, Mapping):
            named = {**{name: np.array(value) for name, value in facts.items()}, **data}
            return File(f"{stem.strip('-._')}.npz", "application/octet-stream", _npz(named))
        content = _with_columns(data, facts).to_csv(index=False).encode("utf-8")
        return File(f"{stem.strip('-._')}.csv", "text/csv", content)


def _named(title: str, subject: str) -> str:
    return re.sub(r"[^\w.]+", "-", f"{title} of {subject}" if subject else title).lower()


def _with_shorter(title: str, shorter: Mapping[str, str]) -> str:
    """A title that ends with another name for its net; the longest is meant where one ends with the other."""
    for name in sorted(shorter, key=len, reverse=True):
        if title.endswith(f", {name}"):
            return f"{title.removesuffix(name)}{shorter[name]}"
    return title


def _shortened(name: str) -> str:
    """A name without words of its middle, where it is too long; a word that is too long by itself is cut."""
    if len(name) <= LONGEST_NAME:
        return name
    half = LONGEST_NAME // 2
    first, last = name[: half + 1].rpartition("-")[0], name[-half - 1 :].partition("-")[2]
    return "-".join([first or name[:half], last or name[-half:]])


def _with_columns(table: pd.DataFrame, facts: Mapping[str, int | str]) -> pd.DataFrame:
    """The table with a column for each fact before its own."""
    columns = [*(name for name in facts if name not in table), *table.columns]
    return table.assign(**{name: facts[name] for name in facts if name not in table})[columns]


def _npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    stream = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    for name, array in named.items():
        if np.asarray(array).dtype.hasobject:
            raise ValueError(f"the array {name!r} has objects in it; allowed are numbers, truth values and texts.")
    np.savez_compressed(stream, **named)
    return stream.getvalue()
