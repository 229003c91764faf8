"""A chosen picture as one short parameter of an address."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Literal, NamedTuple

import numpy as np

from lab.data.base import SIDE
from lab.ui.address import quoted
from lab.ui.pad import Pixels

PICTURE = "img"
"""The parameter of every page that looks at a picture."""
LONGEST = 1100
"""Characters; pixels that do not compress at all need 1057."""
TEST, DRAWN, AS_DRAWN, UPLOADED = "t", "d", "r", "u"
Kind = Literal["t", "d", "r", "u"]


class Linked(NamedTuple):
    """What an address says: a test image by its index, or a picture of its own; drawn ones may be blank."""

    kind: str
    number: int = 0
    pixels: Pixels | None = None


class BadLink(ValueError):
    """A parameter that names no picture; told in a sentence."""


def said(linked: Linked) -> str:
    """A picture as a parameter: t and the index of a test image; else d as drawn and to be centered, r as drawn and
    not, u as uploaded, each with the pixels, deflated, in URL-safe base64."""
    if linked.kind == TEST or linked.pixels is None:
        return f"{linked.kind}{linked.number if linked.kind == TEST else ''}"
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(linked.pixels.tobytes()) + packer.flush()
    return linked.kind + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def read(text: str) -> Linked:
    """The picture of a parameter.

    Raises:
        BadLink: it names none.
    """
    kind, rest = text[:1], text[1:]
    if kind == TEST and rest.isascii() and rest.isdecimal() and len(rest) <= 6:
        return Linked(TEST, int(rest))
    if kind in (DRAWN, AS_DRAWN) and not rest:
        return Linked(kind)
    if kind in (DRAWN, AS_DRAWN, UPLOADED) and rest and len(text) <= LONGEST:
        pixels = _unpacked(rest)
        if pixels is not None:
            return Linked(kind, pixels=pixels)
    raise BadLink(
        f"The address asks for the picture {quoted(text)}; allowed are {PICTURE}=t and the number of a test image, "
        f"such as {PICTURE}=t7, and what this lab itself wrote for a drawing, not shortened."
    )


def _unpacked(text: str) -> Pixels | None:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        content = unpacker.decompress(packed, SIDE * SIDE + 1)
    except (binascii.Error, ValueError, zlib.error):
        return None
    if len(content) != SIDE * SIDE or not unpacker.eof or unpacker.unused_data:
        return None
    return np.frombuffer(content, dtype=np.uint8).reshape(SIDE, SIDE)
