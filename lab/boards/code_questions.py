"""What nets are asked about codes: that of a picture, and what a bit of it does to what comes out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.probes import Specimen
from lab.probes.bit_flips import ClassEffects, effect_on_classes
from lab.probes.code_map import Map, NoMap, t_sne
from lab.probes.codes import bits_say_all, codes
from lab.probes.decoding import Effects, effect_of
from lab.probes.extremes import Extremes, extremes
from lab.probes.processors import numpy_on_one_processor
from lab.probes.refusals import NoCodes

Bits = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
NO_LAYER = "This net has no such layer."


class Flipped(NamedTuple):
    """What flipping one bit of a picture's code does."""

    effect: Effects | ClassEffects | None
    """To the reconstruction, or to the probabilities of the classes; None where it cannot be told."""
    exact: bool
    """Whether a bit says all that the rest of the net sees of its unit."""
    refusal: str
    """Why it cannot be told."""


def code_of(specimen: Specimen, pixels: Pixels, layer: str) -> Bits | None:
    """The code (units,) of a picture (28, 28) in a layer; None where the net has no such layer."""
    found = codes(specimen, pixels[None]).get(layer)
    return None if found is None else found[0]


def flipped(specimen: Specimen, pixels: Pixels, layer: str, bit: int) -> Flipped:
    """What flipping a bit of the code of a picture (28, 28) does."""
    exact = bits_say_all(specimen)
    try:
        if specimen.net.task == "classification":
            return Flipped(effect_on_classes(specimen, pixels, layer, [bit]), exact, "")
        code = code_of(specimen, pixels, layer)
        if code is None:
            return Flipped(None, exact, NO_LAYER)
        return Flipped(effect_of(specimen, code, [bit]), exact, "")
    except NoCodes as error:
        return Flipped(None, exact, str(error))


def driven(specimen: Specimen, pictures: Pixels, layer: str) -> Extremes | str:
    """Which of some pictures (N, 28, 28) drive each unit most and least; a sentence where the net has no such layer."""
    return extremes(specimen, pictures, layer) if layer in specimen.experiment.architecture.site_names else NO_LAYER


def neighborhood(specimen: Specimen, pictures: Pixels, layer: str) -> Map | str:
    """A t-SNE map of the codes of some pictures (N, 28, 28); a sentence where there can be none."""
    found = codes(specimen, pictures).get(layer)
    try:
        numpy_on_one_processor()
        return NO_LAYER if found is None else t_sne(found)
    except NoMap as error:
        return str(error)
