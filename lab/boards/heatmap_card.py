"""What the cards of the Heatmaps page have in common: their colors, and what is chosen there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.boards.contestants import Contestant
from lab.boards.scales import Scale, extents, shared_scale
from lab.boards.wording import MINUS, told_apart
from lab.figures.pictures import scaled
from lab.figures.theme import Lookup
from lab.probes.sight import ConvSize

BLOCK = 64
"""Channels, or kernels, that are shown at once."""
FEW = 16
"""Tiles that are still shown large."""
LARGE, LARGEST = 160, 224
"""Pixels of a tile at most, where there are few."""
UNSOUND = " Some values are no finite numbers any more: NaN is drawn as the lowest."

Floats = NDArray[np.floating[Any]]


class Choice(NamedTuple):
    """The layer and the channel that a reader looks at."""

    layer: ConvSize
    channel: int
    """From 0; people count from 1."""

    @property
    def number(self) -> int:
        """The channel as people count."""
        return self.channel + 1

    @property
    def block(self) -> slice:
        """The channels around the chosen one that are shown together."""
        first = self.channel // BLOCK * BLOCK
        return slice(first, min(first + BLOCK, self.layer.channels))


class Range(NamedTuple):
    """From where to where colors go, for all nets, and what to add where that is not all."""

    low: float
    high: float
    note: str


def signed_range(values: Iterable[tuple[Contestant, Floats]]) -> Range:
    """As far below 0 as above, so that the middle of the colors is 0."""
    pairs = list(values)
    scale = _scale(pairs)
    reach = max(abs(scale.low), abs(scale.high)) or 1.0
    return _range(scale._replace(low=-reach, high=reach), pairs)


def rising_range(values: Iterable[tuple[Contestant, Floats]]) -> Range:
    """From 0, or from the smallest value where that is below."""
    pairs = list(values)
    scale = _scale(pairs)
    low = min(0.0, scale.low)
    return _range(scale._replace(low=low, high=scale.high if scale.high > low else low + 1.0), pairs)


def _scale(pairs: Sequence[tuple[Contestant, Floats]]) -> Scale:
    return shared_scale(extents((run, each.astype(np.float64)) for run, each in pairs)) or Scale(0.0, 0.0, ())


def _range(scale: Scale, pairs: Sequence[tuple[Contestant, Floats]]) -> Range:
    unsound = "" if all(np.isfinite(each).all() for _, each in pairs) else UNSOUND
    return Range(scale.low, scale.high, scale.cut + unsound)


def colored(values: Floats, span: Range, colors: Lookup) -> NDArray[np.uint8]:
    """Values (H, W) as colors (H, W, 3)."""
    return colors[scaled(values, span.low, span.high)]


def over(picture: NDArray[np.uint8], colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A gray picture (H, W) that shines through colors (H, W, 3), half of each."""
    return ((picture[:, :, None].astype(np.uint16) + colors) // 2).astype(np.uint8)


def colors_of(span: Range, signed: bool) -> str:
    """In words, which value has which color."""
    if signed:
        return f"blue is {short(span.low)}, white 0, red {short(span.high)}"
    low, high = told_apart(span.low, span.high, 2, short)
    return f"dark is {low}, yellow {high}"


def from_to(low: float, high: float) -> str:
    """From where to where values go; one number where that is the same."""
    first, last = told_apart(low, high, 2, short)
    return first if first == last else f"{first} to {last}"


def short(value: float, digits: int = 2) -> str:
    """A number in a few digits."""
    return f"{value:.{digits}g}".replace("-", MINUS)


def columns(tiles: int, alone: bool) -> int:
    """Tiles to a line; cards are wider where two nets stand beside each other."""
    return 8 if tiles > FEW or not alone else 4
