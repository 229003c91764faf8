"""What the cards of reconstructions show, asked of an autoencoder: of one picture, of walks, of draws, of test images.

Pictures are (28, 28) float32 with pixels in [-1, 1], errors mean squared over the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.probes import Specimen
from lab.probes.code_statistics import on_rate
from lab.probes.codes import bits_say_all, codes
from lab.probes.decoding import code_shape, cross, decode, effect_of, sample, walk
from lab.probes.reconstruction import ClassError, best, by_class, reconstruct, scaled_as_pixels, worst

Bits = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Picture = NDArray[np.float32]
Whole = NDArray[np.int64]

STRONGEST = 8
"""Bits whose flips are shown."""
STEPS = 8
"""Of a walk, at most."""
TESTED = 1000
"""Test images that errors are measured over, if there are that many."""
EXTREMES = 8
"""Of these, how many of the best and of the worst are shown."""
CODED = 256
"""Test images whose codes say how often each bit is on, and are crossed."""
DRAWN, DRAWS = 8, 8
"""Codes that are drawn in each way to be shown at once, and how often that is done at a time: each draw after the first
then costs nothing."""


class Looked(NamedTuple):
    """One picture through an autoencoder, and what its code decodes to with some bits flipped."""

    original: Picture
    rebuilt: Picture
    """As an evaluation of the run rebuilds it, with the same noise if any."""
    error: float
    code: Bits
    """(bits,): the likelier ones, where they are sampled."""
    flips: tuple[int, ...]
    """Bits that are flipped, of those that the code has."""
    decoded: Picture
    """Of the code as it is."""
    flipped: Picture
    """Of the code with the flipped bits."""
    says_all: bool
    """Whether the rest of the net sees no more of the code than its bits."""

    @property
    def changed(self) -> Bits:
        """The code with the flipped bits, (bits,)."""
        return self.code ^ np.isin(np.arange(len(self.code)), self.flips)


class Strongest(NamedTuple):
    """Which bits of a picture's code matter most to what it decodes to."""

    sizes: Floats
    """Mean squared difference that flipping each bit alone makes: (bits,)."""
    errors: Floats
    """What is then the error against the picture itself: (bits,)."""
    error: float
    """That of the code as it is."""
    bits: Whole
    """Those with the largest sizes, the largest first; equals by their numbers."""
    pictures: Picture
    """With each of these flipped: (bits shown, 28, 28)."""
    differences: Picture
    """To the picture of the code as it is: (bits shown, 28, 28)."""


class Walked(NamedTuple):
    """From the code of one picture to that of another."""

    pictures: Picture
    """(steps + 1, 28, 28); a single one where both have the same code."""
    flipped: Whole
    """How many bits are flipped by then: (steps + 1,)."""
    bits: int
    """Of the whole code."""


class Drawn(NamedTuple):
    """Codes that no picture has, decoded: those of several draws one after the other."""

    on_rates: Floats
    """Of the bits, over `images`: (bits,)."""
    images: int
    independent: Bits
    """Codes drawn bit by bit with these rates, (n, bits)."""
    pictures: Picture
    """What they decode to: (n, 28, 28)."""
    crossed: Bits
    """Codes with each bit from one of two test images, (n, bits)."""
    parents: Whole
    """These images, (n, 2)."""
    crossed_pictures: Picture
    """(n, 28, 28)."""


class Pair(NamedTuple):
    """A test image and what the net makes of it."""

    image: int
    """Its number."""
    label: int
    error: float
    original: Picture
    rebuilt: Picture


class Tested(NamedTuple):
    """Errors over test images."""

    errors: Floats
    """(N,)"""
    labels: Whole
    """(N,)"""
    best: list[Pair]
    worst: list[Pair]
    classes: list[ClassError]
    """Of each class that there is, in order."""
    ends: list[tuple[Pair, Pair]]
    """The best and the worst of each class, in that order."""


def look_at(specimen: Specimen, pixels: Bytes, flips: Sequence[int]) -> Looked:
    """One picture (28, 28) uint8; flips that the code has no bits for are left out.

    Raises:
        NoCodes: the net is no autoencoder with a single code.
    """
    bits = code_shape(specimen).numel()
    kept = tuple(bit for bit in flips if bit < bits)
    found = reconstruct(specimen, pixels[None])
    code = code_of(specimen, pixels[None])[0]
    looked = Looked(
        original=scaled_as_pixels(pixels),
        rebuilt=found.pictures[0],
        error=float(found.errors[0]),
        code=code,
        flips=kept,
        decoded=found.pictures[0],
        flipped=found.pictures[0],
        says_all=bits_say_all(specimen),
    )
    decoded, flipped = decode(specimen, np.stack([code, looked.changed]))
    return looked._replace(decoded=decoded, flipped=flipped)


def strongest(specimen: Specimen, pixels: Bytes) -> Strongest:
    """Flip each bit of a picture's code (28, 28) alone.

    Raises:
        NoCodes: the net is no autoencoder with a single code.
    """
    code = code_of(specimen, pixels[None])[0]
    found = effect_of(specimen, code, range(len(code)))
    original = scaled_as_pixels(pixels)
    first = np.argsort(-found.sizes, kind="stable")[:STRONGEST]
    errors = np.square(found.flipped - original, dtype=np.float64).mean(axis=(1, 2))
    error = float(np.square(found.picture - original, dtype=np.float64).mean())
    return Strongest(found.sizes, errors, error, first, found.flipped[first], found.differences[first])


def walk_between(specimen: Specimen, start: Bytes, end: Bytes) -> Walked:
    """From the code of one picture (28, 28) to that of another.

    Raises:
        NoCodes: the net is no autoencoder with a single code.
    """
    first, last = code_of(specimen, np.stack([start, end]))
    found = walk(specimen, first, last, STEPS)
    return Walked(found.pictures, (found.codes != found.codes[0]).sum(axis=1), found.codes.shape[1])


def draw_codes(specimen: Specimen, stack: int) -> Drawn:
    """Codes drawn and crossed after those of test images, of several draws; another number draws others.

    Raises:
        NoCodes: the net is no autoencoder with a single code.
    """
    images = specimen.test_images[:CODED].numpy()
    known = code_of(specimen, images)
    rates = on_rate(known)
    independent, pictures = sample(specimen, rates, DRAWN * DRAWS, stack)
    crossed = cross(specimen, known, DRAWN * DRAWS, stack)
    return Drawn(rates, len(images), independent, pictures, crossed.codes, crossed.parents, crossed.pictures)


def over_tests(specimen: Specimen) -> Tested:
    """Errors over the first test images, with the best and the worst.

    Raises:
        NoCodes: the net is no autoencoder.
    """
    images, labels = specimen.test_images[:TESTED].numpy(), specimen.test_labels[:TESTED].numpy()
    found = reconstruct(specimen, images)

    def pairs(indices: Sequence[int] | Whole) -> list[Pair]:
        return [
            Pair(int(i), int(labels[i]), float(found.errors[i]), scaled_as_pixels(images[i]), found.pictures[i].copy())
            for i in indices
        ]

    rows = by_class(found.errors, labels)
    ends = zip(pairs([row.best for row in rows]), pairs([row.worst for row in rows]), strict=True)
    first, last = best(found.errors, EXTREMES), worst(found.errors, EXTREMES)
    return Tested(found.errors, labels, pairs(first), pairs(last), rows, list(ends))


def code_of(specimen: Specimen, pictures: Bytes) -> Bits:
    """The codes (B, bits) of pictures (B, 28, 28).

    Raises:
        NoCodes: the net is no autoencoder with a single code.
    """
    code_shape(specimen)
    return next(iter(codes(specimen, pictures).values()))
