"""The bits of every binary layer of a net for some pictures, and where each bit has its place.

Bits are those of an evaluation by threshold: a sampled unit is on where its probability is above 1/2, so nothing is
drawn. A unit of more values than two, such as a ternary one, is on above the middle.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lab.evaluation import EVALUATED_AT_ONCE
from lab.probes.likelier import layers_of, to_array
from lab.probes.passes import presented
from lab.probes.refusals import NoCodes
from lab.probes.specimen import Specimen

Bits = NDArray[np.bool_]
Place = tuple[int, ...]


def codes(specimen: Specimen, pictures: NDArray[np.uint8], batch: int = EVALUATED_AT_ONCE) -> dict[str, Bits]:
    """The bits (B, units) of every binary layer by its name, in the order they run; empty for a net without any.

    Args:
        specimen: the net.
        pictures: (B, 28, 28) uint8.
        batch: pictures that go through the net at once, by default as many as in an evaluation. It matters to the few
            rules that look at all of them together, such as a ternary one with a dead zone of 0.7 mean |x|.

    Raises:
        ValueError: they are no such pictures.
    """
    parts = [
        [to_array(layer.on.flatten(1)) for layer in layers_of(specimen, chunk)]
        for chunk in presented(specimen, pictures).split(batch)
    ]
    names = specimen.experiment.architecture.site_names
    return {name: np.concatenate(layer) for name, layer in zip(names, zip(*parts, strict=True), strict=True)}


def places(specimen: Specimen) -> dict[str, Place]:
    """The shape of every binary layer by its name: (units,), or (channels, rows, columns). See `place`."""
    architecture = specimen.experiment.architecture
    return {name: tuple(shape) for name, shape in zip(architecture.site_names, architecture.shapes.sites, strict=True)}


def place(shape: Place, bit: int) -> Place:
    """Where a bit of a flattened layer is: (unit,), or (channel, row, column); the inverse of flattening."""
    return tuple(int(i) for i in np.unravel_index(bit, shape))


def site_index(specimen: Specimen, site: str) -> int:
    """The index of a binary layer in the order they run.

    Raises:
        NoCodes: the net has no layer of that name.
    """
    names = specimen.experiment.architecture.site_names
    if site not in names:
        there = f"its binary layers are {', '.join(names)}" if names else "it has none at all"
        raise NoCodes(f"This net has no binary layer {site!r}: {there}.")
    return names.index(site)


def checked_bits(bits: Sequence[int], units: int) -> list[int]:
    """The same bits, each of which a layer of so many units has.

    Raises:
        NoCodes: it has not.
    """
    beyond = [bit for bit in bits if not 0 <= bit < units]
    if beyond:
        raise NoCodes(f"There is no bit {beyond[0]}: this layer has bits 0 to {units - 1}.")
    return list(bits)


def bits_say_all(specimen: Specimen) -> bool:
    """Whether a unit's bit says all that the rest of the net sees of it.

    It does not where units have a third value, several bits, or a scale that comes from the pictures.
    """
    return specimen.experiment.estimator.forward in ("bits", "soft")  # soft ones are evaluated with bits
