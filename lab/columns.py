"""Equally long columns of numbers that grow row by row, and are shown while they do."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Column = NDArray[np.float64]

ROOM = 64
"""Rows that a table has room for at first."""


class Table:
    """Rows of numbers under some names. What was added never changes, so that to show it takes no copy."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._values = np.empty((len(names), ROOM))
        self._count = 0

    def add(self, row: tuple[float | None, ...]) -> None:
        """A row more, in the order of the names; None becomes NaN."""
        room = self._values.shape[1]
        if self._count == room:
            more = np.empty((len(self._names), room // 2))
            self._values = np.concatenate((self._values, more), axis=1)  # those who look keep the one before
        self._values[:, self._count] = [math.nan if value is None else value for value in row]
        self._count += 1

    def columns(self) -> dict[str, Column]:
        """All columns (N,) by name, as long as they are now."""
        rows = self._values[:, : self._count]
        rows.flags.writeable = False
        return dict(zip(self._names, rows, strict=True))

    def last(self) -> dict[str, float]:
        """The last row by name; empty where there is none."""
        return dict(zip(self._names, self._values[:, self._count - 1].tolist(), strict=True)) if self._count else {}

    def state(self) -> Tensor:
        """A copy of all rows (N, columns)."""
        return torch.from_numpy(self._values[:, : self._count].T.copy())

    def restore(self, rows: Tensor) -> None:
        """Begin with these rows (N, columns).

        Raises:
            ValueError: they have other columns.
        """
        if rows.dim() != 2 or rows.shape[1] != len(self._names):
            raise ValueError(f"a table of {len(self._names)} columns was kept in the shape {tuple(rows.shape)}")
        saved = rows.to(torch.float64).numpy()
        self._count = len(saved)
        self._values = np.concatenate((saved.T, np.empty((len(self._names), ROOM))), axis=1)

    def nbytes(self) -> int:
        """Memory taken, in bytes."""
        return self._values.nbytes  # with what is held ready for more rows
