"""Small pictures on a page, crisp however they are enlarged: one to look at, or a row of them to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from lab.figures.pictures import png
from lab.ui.pad import Pixels

HERE = Path(__file__).resolve().parent

_mount = st.components.v2.component(
    "lab_thumbnails",
    html='<div class="row" role="group"></div>',
    css=(HERE / "thumbnails.css").read_text(encoding="utf-8"),
    js=(HERE / "thumbnails.js").read_text(encoding="utf-8"),
)


class Thumbnail(NamedTuple):
    """A picture to choose: by which number it is chosen, what it is called, and what stands below it."""

    id: int
    pixels: Pixels
    title: str
    caption: str = ""


def one_picture(key: str, pixels: Pixels, title: str, side: int) -> None:
    """Show a picture (28, 28), so many pixels of the page wide; the title is its alternative text."""
    pictures = [{"source": png(pixels), "title": title}]
    _mount(key=key, data={"side": side, "pictures": pictures, "choice": False}, width="content")


def choose_thumbnail(
    key: str, label: str, pictures: Sequence[Thumbnail], chosen: int, side: int, taken: Callable[[int], None]
) -> None:
    """A row of pictures to click on; `taken` is called with the number of the one that was, before the page runs."""

    def choose() -> None:
        picked = (st.session_state.get(key) or {}).get("chosen")
        if picked in {thumbnail.id for thumbnail in pictures}:
            taken(picked)

    shown = [{"id": t.id, "source": png(t.pixels), "title": t.title, "caption": t.caption} for t in pictures]
    data = {"side": side, "label": label, "pictures": shown, "chosen": chosen, "choice": True}
    _mount(key=key, data=data, on_chosen_change=choose)
