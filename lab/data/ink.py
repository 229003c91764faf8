"""What stands out from the ground of a gray picture: light or dark, evenly lit or not, on rough paper or smooth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lab.data.centering import TRACE, Pixels

LEAST_CONTRAST = 16
"""Gray values by which ink differs from its ground at the least."""
NOISE = 5.0
"""Deviations of the ground, in its own standard deviations, up to which nothing is ink."""
FULL = 0.9
"""Share of the ink's pixels that are at most as light as what becomes white: strokes are even, as MNIST's."""
RIM = 64
"""Part of the shorter side that the border is wide."""
REFINED = 12
"""Rounds after which the plane does not change any more."""
SPECK = 0.02
"""Size of a spot beside the largest one below which it is dirt."""

Values = NDArray[np.float64]


class NoInk(Exception):
    """Nothing stands out."""


def ink(gray: Pixels) -> Pixels:
    """A gray picture (H, W) as light ink on a ground that is 0, with the full contrast, without specks.

    What the ground is like is told by the picture's border: a plane through its gray values, for light falls from one
    side, and how much they differ from it.

    Raises:
        NoInk: nothing stands out.
    """
    standing_out, noise = _without_ground(gray.astype(np.float64))
    if -standing_out.min() > standing_out.max():
        standing_out = -standing_out
    lightest, floor = standing_out.max(), NOISE * noise
    if lightest < max(LEAST_CONTRAST, 2 * floor):
        raise NoInk
    white = np.quantile(standing_out[standing_out > lightest / 2], FULL)
    found = np.where(standing_out > floor, standing_out, 0) * (255 / white)
    return _without_specks(np.round(found).clip(0, 255).astype(np.uint8))


def _without_ground(gray: Values) -> tuple[Values, float]:
    """What (H, W) differs by from the plane through its border, and the standard deviation of the border itself.

    The plane has the least absolute differences, by weighted least squares: ink at the border moves it little.
    """
    height, width = gray.shape
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    plane = np.stack(np.broadcast_arrays(1.0, rows, columns), axis=2)
    rim = max(1, min(height, width) // RIM)
    border = np.ones(gray.shape, dtype=bool)
    border[rim:-rim, rim:-rim] = False
    terms, values = plane[border], gray[border]
    fitted = np.array([np.median(values), 0.0, 0.0])
    for _ in range(REFINED):
        weights = 1 / np.sqrt(np.abs(values - terms @ fitted).clip(1))
        fitted = np.linalg.lstsq(terms * weights[:, None], values * weights, rcond=None)[0]
    return gray - plane @ fitted, 1.4826 * float(np.median(np.abs(values - terms @ fitted)))


def _without_specks(found: Pixels) -> Pixels:
    """The same without what is small beside the largest spot and apart from all else."""
    from scipy import ndimage

    spots, _ = ndimage.label(found > TRACE, structure=np.ones((3, 3)))
    sizes = np.bincount(spots.ravel())
    sizes[0] = sizes[1:].max(initial=0)  # the ground, and what fades into it
    return np.where((sizes >= SPECK * sizes[0])[spots], found, 0)
