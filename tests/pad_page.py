"""Two pages with a pad, and what tests do with it in a browser."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

SCRIPT = """
import streamlit as st

from lab.ui.address import keep_one_place
from lab.ui.chosen_picture import choose_picture
from lab.ui.picture.held import held

def count(name):
    st.session_state[name] = st.session_state.get(name, 0) + 1

def one():
    chosen = choose_picture(None)
    st.text(f"looks at {chosen.words}, light {int(chosen.pixels.sum())}")
    st.text("pad " + held()["drawn"])

def two():
    one()

st.set_page_config(layout="wide")
keep_one_place()
for name, key in {"Pause": "Space", "Step": "Right", "Rewind": "Home"}.items():
    st.button(name, shortcut=key, on_click=count, args=(name,))
st.text(f"shortcuts {sum(st.session_state.get(name, 0) for name in ('Pause', 'Step', 'Delete'))}")
count("runs")
st.text(f"run {st.session_state['runs']}.")
pages = [st.Page(one, title="One", url_path="one", default=True), st.Page(two, title="Two", url_path="two")]
st.navigation(pages).run()
"""
FIELD = ".field"
PIXELS = """() => {
  const canvas = globalThis.__labPads.values().next().value.canvas.canvas
  const data = canvas.getContext("2d").getImageData(0, 0, 28, 28).data
  return Array.from({ length: 784 }, (_, at) => data[4 * at])
}"""
SENT = """shown => [...document.querySelectorAll("[data-testid=stText]")].some(n => n.innerText === "pad " + shown)"""


def pixels(page: Page) -> NDArray[np.uint8]:
    """What the pad shows."""
    return np.array(page.evaluate(PIXELS), dtype=np.uint8).reshape(28, 28)


def arrived(page: Page) -> None:
    """Wait until Python has what the pad shows."""
    shown = page.evaluate(f"btoa(String.fromCharCode(...({PIXELS})()))")
    page.wait_for_function(SENT, arg=shown)


def places(page: Page, *parts: tuple[float, float]) -> list[tuple[float, float]]:
    """Places on the pad, given in its pixels, on the screen."""
    box = page.locator(f"{FIELD} canvas").bounding_box()
    assert box
    return [(box["x"] + x / 28 * box["width"], box["y"] + y / 28 * box["height"]) for x, y in parts]


def draw(page: Page, *parts: tuple[float, float]) -> None:
    """A stroke with the mouse."""
    first, *others = places(page, *parts)
    page.mouse.move(*first)
    page.mouse.down()
    for other in others:
        page.mouse.move(*other, steps=6)
    page.mouse.up()


def lit(picture: NDArray[np.uint8], *places: tuple[int, int]) -> list[bool]:
    """Whether there is full ink at places (row, column)."""
    return [bool(picture[place] > 200) for place in places]


def shortcuts(page: Page) -> str:
    return page.get_by_text("shortcuts ").inner_text()
