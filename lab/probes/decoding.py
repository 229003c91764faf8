"""Pictures from the codes of an autoencoder: its own, with a bit flipped, between two, or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.base import SIDE
from lab.evaluation import EVALUATED_AT_ONCE
from lab.models import stream
from lab.probes.codes import checked_bits
from lab.probes.likelier import run, to_array
from lab.probes.refusals import NoCodes
from lab.probes.specimen import Specimen

Bits = NDArray[np.bool_]
Pictures = NDArray[np.float32]
Whole = NDArray[np.int64]


class Effects(NamedTuple):
    """What flipping bits of a code one by one does to its picture. Pixels are in [-1, 1]."""

    picture: Pictures
    """Of the code as it is: (28, 28)."""
    flipped: Pictures
    """With one bit flipped each: (bits, 28, 28)."""
    differences: Pictures
    """`flipped` less `picture`: (bits, 28, 28), in [-2, 2]."""
    sizes: NDArray[np.float64]
    """Mean squared difference over the pixels: (bits,)."""


class Walk(NamedTuple):
    """From one code to another, a few bits at a time."""

    codes: Bits
    """(steps + 1, bits): the first and the last are the two codes."""
    pictures: Pictures
    """(steps + 1, 28, 28)."""


class Crossed(NamedTuple):
    """Codes made of others, each bit from one of two parents."""

    codes: Bits
    """(n, bits)."""
    parents: Whole
    """Their indices: (n, 2)."""
    pictures: Pictures
    """(n, 28, 28)."""


def code_shape(specimen: Specimen) -> torch.Size:
    """The shape of the code of an autoencoder.

    Raises:
        NoCodes: the net is none with a single layer of bits that all goes through.
    """
    architecture = specimen.experiment.architecture
    if architecture.task != "reconstruction":
        raise NoCodes(
            f"{architecture.title} gives classes, not pictures: only the codes of an autoencoder can be decoded."
        )
    sites = architecture.shapes.sites
    if len(sites) != 1 or architecture.has_shortcuts:
        raise NoCodes(
            f"Codes can be decoded where all goes through one layer of bits; {architecture.title} has {len(sites)} "
            f"binary layers{' and ways around them' if architecture.has_shortcuts else ''}."
        )
    return sites[0]


def decode(specimen: Specimen, codes: Bits, batch: int = EVALUATED_AT_ONCE) -> Pictures:
    """Pictures (B, 28, 28) in [-1, 1] of codes (B, bits): for a net's own codes its own reconstructions.

    Where a unit has more values than two, a bit stands for the outermost ones: see `codes.bits_say_all`.

    Args:
        specimen: an autoencoder.
        codes: one row a picture, as `codes.codes` gives them.
        batch: codes that are decoded at once, by default as many as in an evaluation.

    Raises:
        NoCodes: the net is no autoencoder, or its codes have another number of bits.
    """
    shape = code_shape(specimen)
    if codes.ndim != 2 or codes.shape[1] != shape.numel():
        raise NoCodes(f"The codes are {codes.shape}; allowed are (any number, {shape.numel()}), the bits of this net.")
    # What comes after the code sees nothing else, so one blank picture in front of it will do for all.
    blank = torch.zeros(1, 1, SIDE, SIDE, device=specimen.device)

    def decoded(chunk: Tensor) -> Pictures:
        given = chunk.view(-1, *shape)
        return to_array(run(specimen, blank, {0: lambda _: given}).output[:, 0])

    chunks = torch.tensor(codes, device=specimen.device).split(batch)
    return np.concatenate([decoded(chunk) for chunk in chunks])


def effect_of(specimen: Specimen, code: Bits, bits: Sequence[int]) -> Effects:
    """What each of some bits of a code (bits,) does to its picture, one flipped at a time.

    Raises:
        NoCodes: the net is no autoencoder with such a code, or the code has not one of the bits.
    """
    wanted = checked_bits(bits, len(code))
    changed = np.repeat(code[None], len(wanted) + 1, axis=0)
    rows = np.arange(1, len(changed))
    changed[rows, wanted] = ~changed[rows, wanted]
    pictures = decode(specimen, changed)
    differences = pictures[1:] - pictures[0]
    return Effects(pictures[0], pictures[1:], differences, np.square(differences, dtype=np.float64).mean(axis=(1, 2)))


def walk(specimen: Specimen, start: Bits, end: Bits, steps: int) -> Walk:
    """From one code (bits,) to another: the bits that differ are flipped in the order of their numbers, spread evenly.

    After step i of n, round(i d / n) of the d bits that differ are those of the end, half of a bit rounded down. There
    are no more steps than bits that differ, so each flips at least one; of two equal codes there is none.

    Raises:
        NoCodes: the net is no autoencoder with such codes, or there is to be no step.
    """
    if steps < 1:
        raise NoCodes(f"A walk has {steps} steps; at least 1 is needed.")
    if start.shape != end.shape:
        raise NoCodes(f"A walk goes between codes of one length; these have {start.shape} and {end.shape}.")
    differing = np.flatnonzero(start != end)
    steps = min(steps, len(differing))
    codes = np.repeat(start[None], steps + 1, axis=0)
    for step in range(1, steps + 1):
        flipped = differing[: (2 * step * len(differing) + steps - 1) // (2 * steps)]
        codes[step, flipped] = end[flipped]
    return Walk(codes, decode(specimen, codes))


def sample(specimen: Specimen, on_rates: NDArray[np.floating], count: int, draw: int = 0) -> tuple[Bits, Pictures]:
    """Codes (count, bits) drawn bit by bit, each on with its own rate and independent of all others; their pictures.

    That bits depend on each other in codes of real pictures is just what such a code does not know.

    Args:
        specimen: an autoencoder.
        on_rates: (bits,) in [0, 1].
        count: how many to draw.
        draw: another number draws other codes.

    Raises:
        NoCodes: the net is no autoencoder with such a code, or a rate is none.
    """
    if not ((on_rates >= 0) & (on_rates <= 1)).all():
        raise NoCodes("An on-rate is not from 0 to 1, as the share of pictures for which a bit is on has to be.")
    codes = _random(specimen, f"sampled codes {draw}").random((count, len(on_rates))) < on_rates
    return codes, decode(specimen, codes)


def cross(specimen: Specimen, codes: Bits, count: int, draw: int = 0) -> Crossed:
    """Codes whose bits come from one or the other of two different rows of `codes` (N, bits), each with even odds.

    Uniform crossover: Syswerda 1989. For the rest see `sample`.

    Raises:
        NoCodes: the net is no autoencoder with such codes, or there are fewer than two.
    """
    if len(codes) < 2:
        raise NoCodes(f"There are {len(codes)} codes to be crossed; at least two are needed.")
    random = _random(specimen, f"crossed codes {draw}")
    parents = np.stack([random.choice(len(codes), 2, replace=False) for _ in range(count)])
    first = random.random((count, codes.shape[1])) < 0.5
    crossed = np.where(first, codes[parents[:, 0]], codes[parents[:, 1]])
    return Crossed(crossed, parents, decode(specimen, crossed))


def _random(specimen: Specimen, purpose: str) -> np.random.Generator:
    """A stream of the specimen's own, the same every time and on every device."""
    return np.random.default_rng(stream(specimen.experiment.seed, purpose))
