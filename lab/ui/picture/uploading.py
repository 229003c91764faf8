"""Bringing a picture of one's own."""

from __future__ import annotations

import streamlit as st

from lab.data.uploads import MOST_BYTES, PictureError, picture_from
from lab.ui.notices import show_problems
from lab.ui.pad import Pixels, encoded
from lab.ui.picture.held import held, pixels_of, put_on_pad

FILE = "picture.file"
ENDINGS = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"]


def uploaded_picture() -> Pixels | None:
    """A field for a file; what was taken from it, or None before anything was."""
    choice = held()
    st.file_uploader(
        "A picture of one figure",
        ENDINGS,
        key=FILE,
        on_change=_take,
        max_upload_size=MOST_BYTES // 2**20,
        help="Dark on light is turned into light on dark, the ink fitted into 20×20 pixels and centered, as MNIST is.",
    )
    show_problems([choice["problem"]] if choice["problem"] else [])
    if not choice["uploaded"]:
        return None
    pixels = pixels_of(choice["uploaded"])
    st.button("Change it on the pad", icon=":material/draw:", key="picture.change", on_click=put_on_pad, args=(pixels,))
    return pixels


def _take() -> None:
    """Take the picture of the file that was uploaded, or say why not; what was taken before stays."""
    file = st.session_state.get(FILE)
    choice = held()
    choice["problem"] = ""
    if file is None:
        return
    try:
        choice.update({"uploaded": encoded(picture_from(file.getvalue(), file.name)), "name": file.name})
    except PictureError as error:
        choice["problem"] = str(error)
