"""Arrays as small pictures: their values with their colors for the page to draw, or as PNG files."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from lab.figures.board import Picture, Tile
from lab.figures.theme import GRAY, Lookup

Bytes = NDArray[np.uint8]
MIDDLE = 128  # the gray of an array whose values are all the same


def picture(array: Bytes, lookup: Lookup = GRAY) -> Picture:
    """Gray values (H, W), colored through `lookup` (256, 3), or colors (H, W, 3), as the page draws them.

    Raises:
        ValueError: the array is nothing of that.
    """
    _check(array)
    return Picture(array.tobytes(), array.shape[1], lookup.tobytes() if array.ndim == 2 else None)


def png(array: Bytes, lookup: Lookup | None = None) -> str:
    """A PNG data URL of gray values (H, W), colored through `lookup` (256, 3) if given, or of colors (H, W, 3)."""
    _check(array)
    image = Image.fromarray(array)
    if lookup is not None and array.ndim == 2:
        image.putpalette(lookup.tobytes())
    stream = io.BytesIO()
    image.save(stream, format="PNG", compress_level=3)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _check(array: Bytes) -> None:
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise ValueError(f"the picture is {array.dtype} {array.shape}; it must be uint8 (H, W) or (H, W, 3).")


def scaled(array: ArrayLike, low: float, high: float) -> Bytes:
    """Values of any shape as bytes: `low` and below become 0, `high` and above 255, NaN 0."""
    values = np.nan_to_num(np.asarray(array, dtype=np.float64), nan=low, posinf=high, neginf=low)
    if high <= low:
        return np.full(values.shape, MIDDLE, dtype=np.uint8)
    return np.round(np.clip((values - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def tiles(
    arrays: ArrayLike,
    labels: Sequence[str],
    low: float | None = None,
    high: float | None = None,
    lookup: Lookup = GRAY,
    colors: Sequence[str | None] | None = None,
    help: Sequence[str] | None = None,
    picks: Sequence[str] | None = None,
) -> list[Tile]:
    """One labeled tile for each array of (N, H, W), all on one scale so that they compare.

    The scale runs from `low` to `high`, by default the smallest and largest finite value of all. `colors` mark tiles,
    `help` is told of the one that is pointed at, `picks` are the names of those that a person may pick.
    """
    values = np.asarray(arrays, dtype=np.float64)
    if values.ndim != 3 or len(values) != len(labels):
        raise ValueError(f"arrays have shape {values.shape} for {len(labels)} labels; they must be (N, H, W).")
    finite = values[np.isfinite(values)]
    bottom = low if low is not None else float(finite.min()) if finite.size else 0.0
    top = high if high is not None else float(finite.max()) if finite.size else 0.0
    marks = colors if colors is not None else [None] * len(labels)
    nothing = [""] * len(labels)
    palette, width = lookup.tobytes(), values.shape[2]
    pictures = [Picture(each.tobytes(), width, palette) for each in scaled(values, bottom, top)]
    parts = zip(labels, pictures, marks, help or nothing, picks or nothing, strict=True)
    return [Tile(*tile) for tile in parts]
