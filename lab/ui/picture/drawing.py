"""Drawing a picture on the pad."""

from __future__ import annotations

import streamlit as st

from lab.data.centering import centered, is_blank
from lab.ui.pad import Pixels, drawn_on, encoded, pad
from lab.ui.picture.held import held, pixels_of
from lab.ui.picture.images import Offered

PAD, AS_MNIST = "picture.pad", "picture.as_mnist"


def drawn_picture(tests: Offered) -> Pixels | None:
    """The pad; what is drawn on it, or None while it is blank."""
    choice = held()
    raw = pixels_of(choice["drawn"])
    pad(PAD, raw, choice["version"], tests.samples(), _take)
    st.session_state[AS_MNIST] = choice["as_mnist"]
    st.toggle(
        "Center as MNIST does",
        key=AS_MNIST,
        on_change=lambda: choice.update({"as_mnist": st.session_state[AS_MNIST]}),
        help="Fit the ink into a box of 20×20 pixels and put its center of mass at the center of the field. Nets have "
        "seen nothing else. The small picture is what they get.",
    )
    if is_blank(raw):
        return None
    return centered(raw) if choice["as_mnist"] else raw


def _take() -> None:
    """Hold what the browser drew, unless it drew on a picture that Python has replaced since."""
    drawn = drawn_on(PAD)
    choice = held()
    if drawn is not None and drawn.version == choice["version"]:
        choice["drawn"] = encoded(drawn.pixels)
