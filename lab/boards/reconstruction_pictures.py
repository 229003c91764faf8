"""What the cards of reconstructions have in common: their pictures and colors, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.boards.net_cards import maker
from lab.boards.seen import Seen
from lab.figures.board import Card, Numbers, Tile
from lab.figures.pictures import tiles
from lab.figures.theme import DIVERGING

REACH = 1.0
"""Differences of so much have the strongest colors; there can be twice as much."""
MSE = "mean squared error"
NOT_FINITE = "What this net gives are no finite numbers any more."

Pictures = NDArray[np.floating[Any]]


def originals(pictures: Sequence[Pictures] | Pictures, labels: Sequence[str], **said: Any) -> list[Tile]:
    """Pictures (N, H, W) in [-1, 1] in gray."""
    return tiles(np.asarray(pictures), labels, -1.0, 1.0, **said)


def differences(pictures: Pictures, labels: Sequence[str], reach: float = REACH, **said: Any) -> list[Tile]:
    """Differences (N, H, W): blue is below 0 and red above, strongest at `reach`."""
    return tiles(pictures, labels, -reach, reach, lookup=DIVERGING, **said)


def beyond(pictures: Pictures) -> str:
    """What is said of differences: their colors, and how many are cut."""
    cut = int((np.abs(pictures) > REACH).sum())
    said = f"Differences: red is too light, blue too dark, strongest at ±{REACH:g}"
    return (
        f"{said}; {cut} of {pictures.size} pixels are further off, up to {np.abs(pictures).max():.2f}."
        if cut
        else (f"{said}.")
    )


def finite(*arrays: Any) -> bool:
    """Whether all numbers are."""
    return all(bool(np.isfinite(array).all()) for array in arrays)


def not_finite(seen: Seen[Any], alone: bool, kind: str, title: str, wide: bool = False) -> Card:
    """The place of a card of a net that gives no finite numbers any more."""
    return maker(seen, alone)(kind, title, Numbers([]), NOT_FINITE, wide)


def reach_of(arrays: Iterable[Pictures]) -> float:
    """How far the finite values of all reach from 0; 0 where there is none."""
    found = [float(np.abs(each[np.isfinite(each)]).max(initial=0)) for each in arrays]
    return max(found, default=0.0)
