"""Pictures that people bring, as MNIST has them: what the file holds is decoded with care, its ink found and centered.

What reaches Pillow comes from anyone, so its kind is told by its content, few kinds are decoded at all, and how large
it would be is looked up before it is.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from operator import methodcaller

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ExifTags import Base

from lab.data.base import SIDE
from lab.data.centering import MIDDLE, Pixels, center_of_mass, centered
from lab.data.ink import NoInk, ink

KINDS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""What Pillow may decode."""
NAMED = "PNG, JPEG, WebP, BMP, GIF or TIFF"
MOST_BYTES = 20 * 2**20
MOST_PIXELS = 64_000_000
"""More than any phone makes by default; decoded they take a quarter of a gigabyte, and of WebP a whole one."""
COUNTED_BYTES = 4 * 2**20
"""Size of an animated GIF whose pictures are counted, which takes longer than all the rest."""
WORKED_ON = 640
"""Longest side in pixels to which a larger picture is made smaller first: ink of a tenth of it still has details."""
PIECE = 512
"""Longest side in pixels of what is converted at once, unless that makes less than a pixel."""
SHOWN = 60
"""Characters of a file's name."""
OFF_CENTER = 3.5
"""Pixels by which the center of mass of a picture may be off that is taken as it is; the embedded digits are by 3.4."""

_one_at_a_time = threading.Lock()


class PictureError(Exception):
    """A picture that cannot be looked at, told in one sentence for a person: what is wrong, and what to do."""


def picture_from(content: bytes, name: str) -> Pixels:
    """The picture (28, 28) in a file, light on dark: as it is where it is like MNIST's, else made so.

    Args:
        content: of the file.
        name: of the file, for messages alone.

    Raises:
        PictureError: it is none, damaged, too large, animated, or shows nothing.
    """
    called = name if len(name) <= SHOWN else f"{name[: SHOWN // 3]}…{name[-SHOWN // 2 :]}"
    if len(content) > MOST_BYTES:
        raise PictureError(
            f"{called} has more than {MOST_BYTES // 2**20} MB, and no more are allowed. Save it smaller, or take a "
            "part of it."
        )
    with _one_at_a_time:  # several at once could take all memory
        gray = _gray(content, called)
    if _like_mnist(gray):
        return gray
    try:
        return centered(ink(gray))
    except NoInk:
        raise PictureError(
            f"{called} is blank: nothing in it stands out from its ground. Take one with a clear figure, such as a "
            "digit written with a pen on plain paper."
        ) from None


def _gray(content: bytes, called: str) -> Pixels:
    """Gray values of what a file shows, its longest side not much more than WORKED_ON."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is oddly written, and read anyway
            with Image.open(io.BytesIO(content), formats=KINDS) as picture:
                _require_single(picture, len(content), called)
                return _flattened(_smaller(picture))
    except PictureError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(called) from None
    except UnidentifiedImageError:
        raise PictureError(f"{called} is no picture that can be read; take a {NAMED} file.") from None
    except Exception as error:  # Pillow's decoders fail in many ways on what is damaged or made to hurt them
        raise PictureError(
            f"{called} is damaged or of a rare kind and cannot be read; open it elsewhere and save it anew as PNG."
        ) from error


def _require_single(picture: Image.Image, size: int, called: str) -> None:
    """Refuse what would be too large, and what holds several pictures of which none is the one meant."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise _too_large(called, f"{width}×{height}")
    if picture.format == "MPO" or not getattr(picture, "is_animated", False):
        return  # a phone's JPEG with a second view of the same
    if picture.format == "TIFF":
        raise PictureError(f"{called} has more than one page; save the one that is meant as a picture of its own.")
    counted = picture.format != "GIF" or size <= COUNTED_BYTES
    count = getattr(picture, "n_frames", "many") if counted else "many"
    raise PictureError(
        f"{called} is animated, {count} pictures one after another; save the one that is meant as PNG and take that."
    )


def _too_large(called: str, size: str = "far more pixels than that") -> PictureError:
    most = f"{MOST_PIXELS // 10**6} million pixels"
    return PictureError(
        f"{called} is too large: allowed are {most}, it has {size}. Make it smaller, or cut out the part that is meant."
    )


def _smaller(picture: Image.Image) -> Image.Image:
    """The picture upright, in one of the modes L, RGB and RGBA, and not much larger than it is worked on.

    It is converted piece by piece, and turned when it is small: all of it in another mode takes many times the memory.
    """
    picture.draft(None, (WORKED_ON, WORKED_ON))  # JPEG alone can be decoded smaller than it is
    picture.load()
    factor = max(1, max(picture.size) // WORKED_ON)
    mode, convert = _conversion(picture)
    width, height = (-(-side // factor) for side in picture.size)
    small = Image.new(mode, (width, height))
    for left, top, piece in _pieces(picture, factor):
        small.paste(convert(piece).reduce(factor), (left // factor, top // factor))
    small.getexif()[Base.Orientation] = picture.getexif().get(Base.Orientation, 1)
    return ImageOps.exif_transpose(small)


def _conversion(picture: Image.Image) -> tuple[str, Callable[[Image.Image], Image.Image]]:
    """The mode in which a picture is worked on, and what makes a piece of it so."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        ends = [(values.min(), values.max()) for values in (_finite(piece) for _, _, piece in _pieces(picture))]
        return "L", partial(_stretched, low=np.min(ends), high=np.max(ends))
    opaque = picture.mode if picture.mode == "L" else "RGB"
    mode = "RGBA" if picture.has_transparency_data else opaque
    return mode, methodcaller("convert", mode)


def _pieces(picture: Image.Image, factor: int = 1) -> Iterator[tuple[int, int, Image.Image]]:
    """Pieces of a picture, none large, with where they are: from multiples of a factor to multiples of it."""
    side, (width, height) = factor * max(1, PIECE // factor), picture.size
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield left, top, picture.crop((left, top, min(left + side, width), min(top + side, height)))


def _flattened(picture: Image.Image) -> Pixels:
    """Gray values, what is transparent put on a ground from which the rest stands out."""
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("L"))
    shades = np.asarray(picture.convert("LA"), dtype=np.float64)
    shade, opacity = shades[..., 0], shades[..., 1] / 255
    visible = opacity.sum()
    ground = 0.0 if visible and (shade * opacity).sum() / visible > 127.5 else 255.0
    return np.round(shade * opacity + ground * (1 - opacity)).astype(np.uint8)


def _stretched(piece: Image.Image, low: float, high: float) -> Image.Image:
    """Values between two ends as 0 to 255."""
    return Image.fromarray(np.round((_finite(piece) - low) * (255 / max(high - low, 1e-12))).astype(np.uint8))


def _finite(piece: Image.Image) -> NDArray[np.float64]:
    """The values of a piece, and 0 for what is no finite number."""
    return np.nan_to_num(np.asarray(piece, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _like_mnist(gray: Pixels) -> bool:
    """Whether a picture is light on dark, of MNIST's size, and has its center of mass about where MNIST's have it."""
    if gray.shape != (SIDE, SIDE) or gray.max() < 128:
        return False
    rim = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    off = np.abs(np.subtract(center_of_mass(gray), MIDDLE)).max()
    return bool(np.median(rim) < 32 and off <= OFF_CENTER)
