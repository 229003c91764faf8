"""A page with a film, for tests in a real browser: what it shows at each moment, and what Python knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, TimeoutError, expect

from tests.browser import page_without_errors, run_script

SCRIPT = """
import numpy as np
import streamlit as st

from lab.figures.board import Card, Chart, Head, Numbers, Pictures, Readout, Row, Table
from lab.figures.film import Film, FilmCard, Instant
from lab.figures.histograms import bar_chart
from lab.figures.pictures import tiles
from lab.figures.sheets import Sheet
from lab.ui.card_data import data_menu
from lab.ui.film import go_to, show_film

st.set_page_config(layout="wide")
key = st.text_input("film", "film")
count = st.number_input("moments", 1, 40, 8)
st.button("to step 3", on_click=go_to, args=(key, 3))
data_menu("data", [Sheet("Codes", {"codes": np.eye(3)})], "Run 7 at step 3")


def scene(kind, m):
    if kind == "maps":
        names = [f"unit {i}" for i in range(6)]
        sheet = tiles([np.full((9, 9), 20 * m + i) for i in range(6)], names, 0, 255, picks=names, help=["Help"] * 6)
        return Pictures(sheet, 3, picked="unit 1")
    if kind == "bits":
        return Chart(bar_chart([1, 2, 3], [m, 1, 2], "x", "bits", "red", y_range=(0, 40)), picks=True)
    if kind == "numbers":
        return Numbers([Readout("step", str(3 * m), "a word " * (m % 4)), Readout("of", "99")])
    return Table([Head("name"), Head("number")], [Row(["a", str(10 ** (m % 6))], "green")])


def caption(kind, m):
    return f"{kind} at moment {m}." + " More words." * 5 * (m % 5)


@st.fragment
def body():
    cards = [
        FilmCard([
            Card(kind, kind.title(), scene(kind, m), caption(kind, m), f"{kind} told {m}", row=kind[:1])
            for m in range(count)
        ])
        for kind in ("maps", "bits", "numbers", "table")
    ]
    film = Film(f"film {count}", [Instant(3 * m, m / 4, "kept" if m % 2 else "") for m in range(count)], cards, "Run 7")
    picks = st.session_state.setdefault(f"{key}.picks", [])
    shown = show_film(key, film, picks.append)
    st.text(f"Python is at {shown.moment.step}, newest {shown.newest}")
    st.text("Picked " + ", ".join(f"{pick.card} {pick.name}" for pick in picks))


if not st.checkbox("away"):
    body()
"""
SCRUBBER, MAPS, BITS = ".lab-range", "[data-card=maps]", "[data-card=bits]"
SHOWN = """() => {
    const red = picture => {
        const copy = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight).getContext("2d")
        copy.drawImage(picture, 0, 0)
        return copy.getImageData(4, 4, 1, 1).data[0]
    }
    const pixel = [...document.querySelectorAll("[data-card=maps] .lab-frame img")].map(red)
    const bars = document.querySelector("[data-card=bits] .lab-chart").data
    const text = (selector) => document.querySelector(selector).textContent
    return {
        pixel, bar: bars?.[0].y[0], caption: text("[data-card=maps] .lab-caption").slice(0, 16),
        number: text("[data-card=numbers] .lab-value"), cell: text("[data-card=table] td:last-child"),
        alt: document.querySelector("[data-card=bits] .lab-chart").getAttribute("aria-label"),
        said: document.querySelector(".lab-range").getAttribute("aria-valuetext"), text: text(".lab-when"),
    }
}"""


@pytest.fixture(scope="session")
def film_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's address, for all files of tests."""
    with run_script(tmp_path_factory.mktemp("film"), SCRIPT) as address:
        yield address


@contextmanager
def film_tab(browser: BrowserContext, address: str) -> Iterator[Page]:
    """The page in a tab, which must not complain of anything."""
    with page_without_errors(browser, 1200) as page:
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address)
        page.wait_for_selector(f"{BITS} .main-svg")
        yield page
        assert errors == []


def new_film(tab: Page, name: str) -> None:
    """Show a film that nobody has touched, of 8 moments, after steps 0, 3, and so on to 21."""
    scrubber(tab).press("End")
    expect(tab.get_by_text("newest True")).to_be_visible()  # else its address would ask for a moment of the next film
    tab.evaluate("window.before = document.querySelector('.lab-board')")
    fill(tab, "film", name)
    tab.wait_for_function("![null, window.before].includes(document.querySelector('.lab-board'))")
    fill(tab, "moments", "8")
    tab.wait_for_selector(f"{BITS} .main-svg")
    stands_at(tab, 7)
    knows(tab, 21, newest=True)


def fill(page: Page, label: str, text: str) -> None:
    page.get_by_label(label, exact=True).fill(text)
    page.get_by_label(label, exact=True).press("Enter")


def scrubber(page: Page) -> Locator:
    return page.get_by_role("slider", name="Moment of training")


def stands_at(page: Page, moment: int) -> None:
    """Everything of the page shows this moment."""
    said = f"step {3 * moment} · epoch {moment / 4:.2f}" + (" · kept" if moment % 2 else "")
    told: dict[str, Any] = {
        "pixel": [20 * moment + tile for tile in range(6)],
        "bar": moment,
        "caption": f"maps at moment {moment}",
        "number": str(3 * moment),
        "cell": str(10 ** (moment % 6)),
        "alt": f"bits told {moment}",
        "said": said,
        "text": said,
    }
    expect(scrubber(page)).to_have_value(str(moment))
    with suppress(TimeoutError):  # the comparison below says what else is shown
        page.wait_for_function(f"told => JSON.stringify(({SHOWN})()) === JSON.stringify(told)", arg=told)
    assert page.evaluate(SHOWN) == told


def knows(page: Page, step: int, newest: bool = False) -> None:
    expect(page.get_by_text(f"Python is at {step}, newest {newest}")).to_be_visible()
