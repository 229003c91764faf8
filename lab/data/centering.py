"""Ink on a dark ground as MNIST has it: fitted into a box of 20x20 pixels, its center of mass at the field's center.

"The original black and white (bilevel) images from NIST were size normalized to fit in a 20x20 pixel box while
preserving their aspect ratio. The resulting images contain grey levels as a result of the anti-aliasing technique used
by the normalization algorithm. the images were centered in a 28x28 image by computing the center of mass of the
pixels, and translating the image so as to position this point at the center of the 28x28 field."
(Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, yann.lecun.com/exdb/mnist.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from lab.data.base import SIDE

Pixels = NDArray[np.uint8]

BOX = 20
"""Longest side of the ink in pixels."""
MIDDLE = SIDE // 2
"""The field's center as MNIST has it: between its test images the center of mass varies from 13.5 to 14.5."""
TRACE = 32
"""Gray value above which a pixel belongs to the ink's box: with any up to this, the box of MNIST's digits is 20."""
AS_IT_IS = 18
"""Longest side from which ink is moved, but not enlarged: to resample it for so little would only blur it."""
THINNEST = 0.1
"""Width of a stroke as a share of the ink's longest side: of MNIST's digits, six of seven have wider ones."""


def is_blank(pixels: Pixels) -> bool:
    """Whether no pixel of (H, W) belongs to any ink."""
    return not bool((pixels > TRACE).any())


def center_of_mass(pixels: Pixels) -> tuple[float, float]:
    """(row, column) of the mean place of the light in (H, W), which must not be all 0."""
    values = pixels.astype(np.float64)
    total = values.sum()
    rows = values.sum(1) @ np.arange(values.shape[0]) / total
    columns = values.sum(0) @ np.arange(values.shape[1]) / total
    return float(rows), float(columns)


def centered(pixels: Pixels) -> Pixels:
    """Light ink on a dark ground (H, W) as MNIST would have it (28, 28); nothing but ground is all 0."""
    field = np.zeros((SIDE, SIDE), dtype=np.uint8)
    if is_blank(pixels):
        return field
    ink = _fitted(_cropped(pixels))
    height, width = ink.shape
    row, column = center_of_mass(ink)
    # Ink of an odd shape may be far from its center of mass, and none of it may leave the field.
    top = int(np.clip(np.floor(MIDDLE - row + 0.5), 0, SIDE - height))
    left = int(np.clip(np.floor(MIDDLE - column + 0.5), 0, SIDE - width))
    field[top : top + height, left : left + width] = ink
    return field


def _cropped(pixels: Pixels) -> Pixels:
    rows, columns = (np.flatnonzero((pixels > TRACE).any(axis)) for axis in (1, 0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fitted(ink: Pixels) -> Pixels:
    """Ink without a margin, its longest side as MNIST's, and its lightest pixel as light as before."""
    if AS_IT_IS <= max(ink.shape) <= BOX:
        return ink
    wide = _thickened(ink)
    height, width = (max(1, round(side * BOX / max(wide.shape))) for side in wide.shape)
    small = np.asarray(Image.fromarray(wide).resize((width, height), Image.Resampling.HAMMING), dtype=np.float64)
    return np.round(small * (ink.max() / max(1.0, small.max()))).astype(np.uint8)


def _thickened(ink: Pixels) -> Pixels:
    """Ink whose strokes are no thinner than MNIST's, such as those of a pen."""
    mask = np.pad(ink > ink.max() / 2, 1)
    inner = np.zeros_like(mask)
    inner[1:-1, 1:-1] = mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    stroke = 2 * mask.sum() / (mask & ~inner).sum()  # an area by half its border, which is the length of a line
    missing = THINNEST * max(ink.shape) - stroke
    if missing < 2:
        return ink
    grow = round(missing / 2)
    return np.asarray(Image.fromarray(np.pad(ink, grow)).filter(ImageFilter.MaxFilter(2 * grow + 1)))
