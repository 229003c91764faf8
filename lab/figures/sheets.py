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


@dataclass(frozen=True)
class Sheet:
    """The data of a card: arrays by name, which become an NPZ file, or a table, which becomes a CSV file."""

    title: str
    """What is listed: the card, and what these data are of."""
    data: Data | Callable[[], Data]
    """The data, or what makes them when they are wanted."""

    def file(self, subject: str, shorter: Mapping[str, str] | None = None) -> File:
        """The file, whose name says what it is and of what, such as "codes-of-run-7-at-step-640.npz".

        Args:
            subject: the run and the step, such as "Run 7 at step 640".
            shorter: what to call nets in a name that would be too long, by the names with which titles end.

        Raises:
            ValueError: an array has objects in it, which only Python could read.
        """
        data = self.data() if callable(self.data) else self.data
        stem = _named(self.title, subject)
        if len(stem) > LONGEST_NAME:
            stem = _shortened(_named(_with_shorter(self.title, shorter or {}), subject))
        if isinstance(data, Mapping):
            return File(f"{stem.strip('-._')}.npz", "application/octet-stream", _npz(data))
        content = data.to_csv(index=False).encode("utf-8")
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


def _npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    stream = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    for name, array in named.items():
        if np.asarray(array).dtype.hasobject:
            raise ValueError(f"the array {name!r} has objects in it; allowed are numbers, truth values and texts.")
    np.savez_compressed(stream, **named)
    return stream.getvalue()
