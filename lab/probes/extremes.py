"""The pictures that drive each unit of a binary layer up and down most, and the codes of all of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.evaluation import EVALUATED_AT_ONCE
from lab.probes.codes import site_index
from lab.probes.compact import Bits
from lab.probes.likelier import layers_of, to_array
from lab.probes.passes import presented
from lab.probes.refusals import NoCodes
from lab.probes.specimen import Specimen

COUNT = 8


class Extremes(NamedTuple):
    """Of each unit of a layer; pictures by their index, equals by the order of that."""

    most: NDArray[np.int16]
    """Those with the highest pre-activation, the highest first: (units, count)."""
    highest: NDArray[np.float32]
    """Their pre-activations: (units, count)."""
    least: NDArray[np.int16]
    """Those with the lowest pre-activation, the lowest first: (units, count)."""
    lowest: NDArray[np.float32]
    """Their pre-activations: (units, count)."""
    codes: Bits
    """Of all pictures: (pictures, units)."""


def extremes(specimen: Specimen, pictures: NDArray[np.uint8], site: str, count: int = COUNT) -> Extremes:
    """Find them among some pictures; values that are no numbers come last.

    Args:
        specimen: the net.
        pictures: (N, 28, 28) uint8, no more than 32767.
        site: name of the layer.
        count: pictures for each unit and end, or all where there are fewer.

    Raises:
        NoCodes: the net has no such layer, or there is no picture.
    """
    index = site_index(specimen, site)
    if not len(pictures):
        raise NoCodes("There is no picture to drive the units with; at least one is needed.")
    chunks = presented(specimen, pictures).split(EVALUATED_AT_ONCE)
    passed = [layers_of(specimen, chunk)[index] for chunk in chunks]
    driven = np.concatenate([to_array(layer.x.flatten(1).float()) for layer in passed]).T
    on = np.concatenate([to_array(layer.on.flatten(1)) for layer in passed])
    most = np.argsort(-driven, axis=1, kind="stable")[:, :count]
    least = np.argsort(driven, axis=1, kind="stable")[:, :count]
    return Extremes(
        most.astype(np.int16),
        np.take_along_axis(driven, most, axis=1),
        least.astype(np.int16),
        np.take_along_axis(driven, least, axis=1),
        Bits.of(on),
    )
