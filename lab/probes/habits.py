"""What every channel of a net's conv layers does over many pictures: what excites it most, and where it fires."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lab.probes.firing import LayerFiring, firing
from lab.probes.passes import Pictures
from lab.probes.patches import LayerPeaks, Patches, peaks
from lab.probes.specimen import Specimen

MOST = 9
"""Patches that are kept of each channel."""


@dataclass(frozen=True, eq=False)
class LayerHabits:
    """Those of one conv layer; a few kilobytes a channel, so that all channels can be kept."""

    best: NDArray[np.int64]
    """The pictures that excite each channel most, one patch of each, the strongest first: (9 or fewer, channels)."""
    peaks: LayerPeaks
    """Where they do, in that order."""
    firing: LayerFiring

    @property
    def name(self) -> str:
        """Of the layer."""
        return self.firing.name

    def patches(self, pictures: NDArray[np.uint8], channel: int) -> Patches:
        """The patches that excite a channel most.

        Args:
            pictures: all that were looked at, (N, 28, 28).
            channel: of the layer, from 0.

        Raises:
            ValueError: there is no such channel.
        """
        if not 0 <= channel < self.best.shape[1]:
            return self.peaks.patches(pictures[self.best[:, 0]], channel)  # which says what is allowed
        best = self.best[:, channel]
        found = self.peaks.patches(pictures[best], channel, MOST)
        return replace(found, pictures=best[found.pictures])


def habits(specimen: Specimen, pictures: Pictures) -> tuple[LayerHabits, ...]:
    """What every conv layer does over pictures (N, 28, 28) uint8; nothing where a net has no conv layer.

    Raises:
        ValueError: the pictures are not of that kind.
    """
    rows = zip(peaks(specimen, pictures), firing(specimen, pictures), strict=True)
    return tuple(_of_layer(excited, rates) for excited, rates in rows)


def _of_layer(excited: LayerPeaks, rates: LayerFiring) -> LayerHabits:
    best = np.argsort(-excited.activations, axis=0, kind="stable")[:MOST]
    activations = np.take_along_axis(excited.activations, best, 0)
    positions = np.take_along_axis(excited.positions, best[:, :, None], 0)
    return LayerHabits(best, replace(excited, activations=activations, positions=positions), rates)
