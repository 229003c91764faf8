"""What a browser tab holds of the picture it looks at: plain values, the same on every page."""

from __future__ import annotations

from typing import Literal, TypedDict

import numpy as np
import streamlit as st

from lab.data.base import SIDE
from lab.ui import address
from lab.ui.pad import Pixels, decoded, encoded
from lab.ui.picture.links import AS_DRAWN, DRAWN, PICTURE, TEST, UPLOADED, BadLink, Linked, read, said

KEY = "chosen_picture"
ALL, WRONG = "all", "wrong"
How = Literal["draw", "test", "upload"]


class Held(TypedDict):
    """The choice of a tab."""

    how: How
    index: int
    """Of the test image."""
    among: str
    """Which test images are offered: ALL, WRONG, or those of a class, by its number."""
    page: int
    """Of the test images that are offered, from 0."""
    drawn: str
    """The picture on the pad, as text."""
    version: int
    """How often something else than the pad changed it."""
    as_mnist: bool
    """Whether what is drawn is centered."""
    uploaded: str
    """The uploaded picture as text; nothing before there is one."""
    name: str
    """Of its file."""
    problem: str
    """What is wrong with the file that was uploaded last."""


def held() -> Held:
    """The choice of this tab, to be read and changed."""
    blank = encoded(np.zeros((SIDE, SIDE), dtype=np.uint8))
    first = Held(
        how="test",
        index=0,
        among=ALL,
        page=0,
        drawn=blank,
        version=0,
        as_mnist=True,
        uploaded="",
        name="",
        problem="",
    )
    chosen: Held = st.session_state.setdefault(KEY, first)
    return chosen


def pixels_of(text: str) -> Pixels:
    """A picture that is held as text."""
    pixels = decoded(text)
    assert pixels is not None
    return pixels


def put_on_pad(pixels: Pixels) -> None:
    """Let the pad show a picture, to be changed."""
    choice = held()
    choice.update({"how": "draw", "drawn": encoded(pixels), "version": choice["version"] + 1})


def follow_address() -> str | None:
    """Choose what the address asks for; what is wrong with that, if anything."""
    asked = (address.asked(KEY, PICTURE) or {}).get(PICTURE)
    if asked is None or asked == said(linked()):
        return None
    try:
        _take(read(asked))
    except BadLink as error:
        return str(error)
    return None


def linked() -> Linked:
    """The choice as an address says it."""
    choice = held()
    if choice["how"] == "draw":
        pixels = pixels_of(choice["drawn"])
        return Linked(DRAWN if choice["as_mnist"] else AS_DRAWN, pixels=pixels if pixels.any() else None)
    if choice["how"] == "upload" and choice["uploaded"]:
        return Linked(UPLOADED, pixels=pixels_of(choice["uploaded"]))
    return Linked(TEST, choice["index"])


def _take(picture: Linked) -> None:
    choice = held()
    if picture.kind == TEST:
        look_at_test_image(picture.number)
    elif picture.kind == UPLOADED:
        assert picture.pixels is not None
        choice.update({"how": "upload", "uploaded": encoded(picture.pixels), "name": "", "problem": ""})
    else:
        choice["as_mnist"] = picture.kind == DRAWN
        put_on_pad(picture.pixels if picture.pixels is not None else np.zeros((SIDE, SIDE), dtype=np.uint8))


def look_at_test_image(index: int) -> None:
    """Let all pages look at a test image."""
    held().update({"how": "test", "index": index, "among": ALL, "page": -1})
