"""A frame: what is kept of the inside of a net at one moment, and at which moments of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import takewhile
from typing import Any, NamedTuple

import numpy as np

from lab.probes.compact import Array, Bits, Compact, Scaled

PICTURES = 8
"""Validation images that are shown, with their reconstructions."""
MAPPED = 4
"""Of these, the first, whose feature maps are kept."""
FILTERS = 32
"""Units, or filters, of the first layer whose weights are shown."""
CODED, LEAST_CODED = 200, 64
"""Test images whose codes are kept: fewer where codes are long, down to the second number."""
CODE_BYTES = 128 * 1024
"""Of the codes of one layer, unless those of the fewest images take more."""
WEIGHTS_BELOW = 1_000_000
"""Bytes of parameters and buffers from which on a net is too large to be kept in every frame."""
FRAME_GROWTH = 4 / 3
"""By how much a run has grown, in steps, from one frame to the next: what is inside a net changes most at first."""
EVALUATIONS = 64
"""Evaluations of which each has a frame. Of as many after them every second has one, then of twice as many every
fourth, and so on: 32 frames more whenever a run gets twice as long."""


def frame_steps() -> Iterator[int]:
    """The steps, without end, after which a run shows what is inside its net, beside those of evaluations."""
    step = 1
    while True:
        yield step
        step = math.ceil(step * FRAME_GROWTH)


LOG_SPACED = frozenset(takewhile(lambda step: step < 10**18, frame_steps()))


def has_frame(evaluation: int) -> bool:
    """Whether a run shows what is inside its net at an evaluation, counted from 1."""
    return evaluation % (1 << ((evaluation - 1) // EVALUATIONS).bit_length()) == 0


def frame_due(step: int, every: int) -> bool:
    """Whether a run shows what is inside its net after a step; it also does at its end.

    Args:
        step: counted from 1.
        every: steps from one evaluation to the next.
    """
    evaluation, between = divmod(step, every)
    return step in LOG_SPACED or (not between and has_frame(evaluation))


def coded_images(units: int) -> int:
    """Of how many test images the codes of a layer are kept, if there are that many."""
    return min(CODED, max(LEAST_CODED, CODE_BYTES * 8 // units))


class Maps(NamedTuple):
    """What a convolution sends into its units or its activation, and what comes out of them.

    Each is (pictures, channels, height, width).
    """

    before: Compact | None
    """None in frames that an earlier lab has kept."""
    after: Compact


class Codes(NamedTuple):
    """The bits of one layer for some test images."""

    images: Array
    """Which of the test images, (images,) int32."""
    bits: Bits
    """(images, units), 1 where a unit has its upper level."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What a net shows at one moment. Arrays that do not apply to it are empty."""

    step: int
    epoch: float
    slope: float | None
    """Of the units at this moment; None in frames that an earlier lab has kept."""
    pictures: Array
    """The validation images looked at: (pictures, 28, 28) uint8."""
    maps: dict[str, Maps]
    """Of every convolution, for the first pictures, in the order they run."""
    filters: Compact
    """Weights of the first layer, as in use: (units, 28, 28), or (filters, height, width) of a convolution."""
    latent_filters: Compact | None
    """What the binary ones of these are made from; None where they are real."""
    reconstructions: Scaled
    """(pictures, 28, 28), from -1 to 1."""
    on_rates: dict[str, Array]
    """Share of images for which each unit of a binary layer is 1: (units,) float32, by layer. They are those of the
    codes; in frames of an earlier lab the first 128 validation images, or all of them."""
    codes: dict[str, Codes]
    """By layer, in the order they run; empty in frames that an earlier lab has kept."""
    weights: dict[str, Array] | None
    """Parameters and buffers by name; None where they are too large to be kept at every moment."""

    def nbytes(self) -> int:
        """Memory taken by the arrays, in bytes."""
        return sum(_nbytes(getattr(self, field.name)) for field in fields(self))


def _nbytes(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_nbytes, value.values()))
    if isinstance(value, tuple):
        return sum(map(_nbytes, value))
    return value.nbytes if isinstance(value, np.ndarray | Scaled | Bits) else 0
