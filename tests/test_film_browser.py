"""A film in a real browser: it scrubs and plays by itself, and Python learns where a reader rests and what he picks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser import launch_browser, new_page, run_app
from tests.test_live_board import CONFIG

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


body()
"""
SCRUBBER, MAPS, BITS = ".lab-range", "[data-card=maps]", "[data-card=bits]"
SHOWN = """() => {
    const pixel = [...document.querySelectorAll("[data-card=maps] canvas")]
        .map(node => node.getContext("2d").getImageData(4, 4, 1, 1).data[0])
    const bars = document.querySelector("[data-card=bits] .lab-chart").data
    const text = (selector) => document.querySelector(selector).textContent
    return {
        pixel, bar: bars?.[0].y[0], caption: text("[data-card=maps] .lab-caption").slice(0, 16),
        number: text("[data-card=numbers] .lab-value"), cell: text("[data-card=table] td:last-child"),
        alt: document.querySelector("[data-card=bits] .lab-chart").getAttribute("aria-label"),
        said: document.querySelector(".lab-range").getAttribute("aria-valuetext"), text: text(".lab-when"),
    }
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    with launch_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("film")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(CONFIG)
    (folder / "script.py").write_text(SCRIPT)
    with run_app(folder / "script.py") as address:
        yield address


@pytest.fixture(scope="module")
def tab(browser: BrowserContext, app: str) -> Iterator[Page]:
    page = new_page(browser, 1200)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(app)
    page.wait_for_selector(f"{BITS} .main-svg")
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def page(tab: Page, request: pytest.FixtureRequest) -> Page:
    """The tab with a film that nobody has touched, of 8 moments, after steps 0, 3, and so on to 21."""
    scrubber(tab).press("End")
    expect(tab.get_by_text("newest True")).to_be_visible()  # else its address would ask for a moment of the next film
    tab.evaluate("window.before = document.querySelector('.lab-board')")
    fill(tab, "film", request.node.name)
    tab.wait_for_function("![null, window.before].includes(document.querySelector('.lab-board'))")
    fill(tab, "moments", "8")
    tab.wait_for_selector(f"{BITS} .main-svg")
    stands_at(tab, 7)
    knows(tab, 21, newest=True)
    return tab


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
    page.wait_for_function(f"moment => ({SHOWN})().bar === moment", arg=moment)
    assert page.evaluate(SHOWN) == told


def knows(page: Page, step: int, newest: bool = False) -> None:
    expect(page.get_by_text(f"Python is at {step}, newest {newest}")).to_be_visible()


def test_keys_scrub_and_rest_where_python_learns_of_it(page: Page) -> None:
    scrubber(page).focus()
    for key, moment in (("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2), ("ArrowLeft", 1), ("End", 7), ("PageDown", 6)):
        page.keyboard.press(key)
        stands_at(page, moment)
    knows(page, 18)
    assert page.url.endswith("at=18")
    page.keyboard.press("End")
    stands_at(page, 7)
    knows(page, 21, newest=True)
    assert "at=" not in page.url


def test_the_mouse_scrubs_in_one_sweep_of_which_python_learns_the_end(page: Page) -> None:
    box = page.locator(SCRUBBER).bounding_box()
    assert box
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 10, height)
    page.mouse.down()
    stands_at(page, 0)
    page.mouse.move(box["x"] + box["width"] / 2 - 8, height, steps=9)
    page.mouse.up()
    stands_at(page, 3)
    knows(page, 9)


def test_it_plays_to_the_end_and_can_be_held_by_the_space_key(page: Page) -> None:
    page.evaluate(
        """() => {
            window.seen = []
            const range = document.querySelector(".lab-range")
            new MutationObserver(() => window.seen.push(Number(range.value))).observe(range, { attributes: true })
        }"""
    )
    page.get_by_role("combobox", name="Moments a second").select_option("30")
    page.get_by_role("button", name="Play", exact=True).click()
    knows(page, 21, newest=True)
    page.wait_for_function("window.seen.at(-1) === 7")
    assert page.evaluate("window.seen") == list(range(8))
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    stands_at(page, 7)
    page.get_by_role("combobox", name="Moments a second").select_option("1")
    scrubber(page).focus()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.wait_for_function("document.querySelector('.lab-range').value === '1'")
    page.keyboard.press(" ")
    stands_at(page, 1)
    knows(page, 3)


def test_who_wants_little_motion_sees_a_slow_film(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("combobox", name="Moments a second").select_option("30")
    fill(page, "moments", "4")
    page.evaluate("window.begin = performance.now()")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("document.querySelector('.lab-range').value === '2'")
    took = page.evaluate("performance.now() - window.begin")
    page.emulate_media(reduced_motion="no-preference")
    assert took > 900


def test_new_moments_leave_the_reader_where_he_is_unless_that_is_the_newest(page: Page) -> None:
    fill(page, "moments", "10")
    stands_at(page, 9)
    knows(page, 27, newest=True)
    scrubber(page).focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    knows(page, 3)
    page.evaluate("document.querySelector('.lab-range').mine = true")
    fill(page, "moments", "12")
    page.wait_for_function("document.querySelector('.lab-range').max === '11'")
    stands_at(page, 1)
    knows(page, 3)
    assert page.evaluate("document.querySelector('.lab-range').mine")
    scrubber(page).focus()
    page.get_by_role("combobox", name="Moments a second").select_option("1")
    page.keyboard.press(" ")
    fill(page, "moments", "14")
    page.wait_for_function("document.querySelector('.lab-range').max === '13'")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


def test_python_and_links_send_the_reader_somewhere(page: Page, browser: BrowserContext, app: str) -> None:
    page.get_by_role("button", name="to step 3").click()
    stands_at(page, 1)
    knows(page, 3)
    scrubber(page).press("End")
    knows(page, 21, newest=True)
    page.get_by_role("button", name="to step 3").click()
    stands_at(page, 1)
    knows(page, 3)
    linked = new_page(browser, 1200)
    linked.goto(f"{app}?at=13")
    stands_at(linked, 4)
    knows(linked, 12)
    linked.close()


def test_tiles_are_picked_by_mouse_and_keys(page: Page) -> None:
    def tile(number: int) -> Locator:
        return page.get_by_role("button", name=f"unit {number}, Help")

    expect(tile(1)).to_have_attribute("aria-pressed", "true")
    tile(4).click()
    expect(tile(4)).to_have_attribute("aria-pressed", "true")
    expect(tile(1)).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text("Picked maps unit 4", exact=True)).to_be_visible()
    tile(4).click()
    expect(page.get_by_text("Picked maps unit 4, maps unit 4", exact=True)).to_be_visible()
    tile(4).focus()
    for key in ("ArrowUp", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("maps unit 4, maps unit 0")).to_be_visible()
    expect(tile(0)).to_be_focused()
    stops = page.locator(f"{MAPS} button.lab-frame[tabindex='0']")
    expect(stops).to_have_count(1)
    scrubber(page).press("Home")
    stands_at(page, 0)
    expect(tile(0)).to_have_attribute("aria-pressed", "true")


def test_bars_are_picked_by_mouse_and_keys(page: Page) -> None:
    page.locator(BITS).evaluate("node => node.scrollIntoView({ block: 'center' })")
    box = page.locator(f"{BITS} .nsewdrag").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 6, box["y"] + box["height"] - 4)
    page.mouse.click(box["x"] + box["width"] / 6, box["y"] + box["height"] - 4)
    expect(page.get_by_text("Picked bits 0", exact=True)).to_be_visible()
    page.locator(f"{BITS} .lab-chart").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("Picked bits 0, bits 2", exact=True)).to_be_visible()
    assert page.locator(f"{BITS} .lab-spoken").inner_text() == "2, 3 of 3"


def test_nothing_moves_while_pictures_change(page: Page) -> None:
    places = """() => [...document.querySelectorAll(".lab-card, .lab-film, .lab-readout, .lab-tile, td")].map(node => {
        const { x, y, width, height } = node.getBoundingClientRect()
        return [x, y, width, height].map(Math.round)
    })"""
    scrubber(page).focus()
    page.keyboard.press("Home")
    before = page.evaluate(places)
    for moment in range(1, 8):
        page.keyboard.press("ArrowRight")
        stands_at(page, moment)
        assert page.evaluate(places) == before


def test_every_card_is_saved_with_its_title_caption_and_step(page: Page) -> None:
    scrubber(page).press("Home")
    scrubber(page).press("ArrowRight")
    stands_at(page, 1)
    for kind, title in (("maps", "Maps"), ("bits", "Bits"), ("numbers", "Numbers"), ("table", "Table")):
        name, svg = saved(page, kind, "SVG")
        assert name == f"{kind}-of-run-7-at-step-3.svg"
        assert f">{title}</text>".encode() in svg
        assert f">{kind} at moment 1.".encode() in svg
        assert {"maps": b">unit 5<", "bits": b"bars", "numbers": b">99<", "table": b">10<"}[kind] in svg
        name, png = saved(page, kind, "PNG")
        assert name.endswith("at-step-3.png")
        assert png.startswith(b"\x89PNG")
    assert saved(page, "maps", "SVG")[1].count(b"data:image/png") == 6


def saved(page: Page, card: str, format: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.locator(f"[data-card={card}] .lab-save button", has_text=format).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_the_data_of_a_card_are_saved(page: Page) -> None:
    page.get_by_role("button", name="Data").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Codes").or_(page.get_by_role("option", name="Codes")).click()
    assert download.value.suggested_filename == "codes-of-run-7-at-step-3.npz"


def test_it_fits_a_phone_and_the_scrubber_stays_in_sight_in_dark_colors(browser: BrowserContext, app: str) -> None:
    page = new_page(browser, 420)
    page.emulate_media(color_scheme="dark")
    page.goto(app)
    stands_at(page, 7)
    page.locator("[data-card=table]").scroll_into_view_if_needed()
    page.mouse.wheel(0, 3000)
    page.wait_for_function("document.querySelector('[data-card=maps]').getBoundingClientRect().bottom < 60")
    box = page.locator(".lab-film").bounding_box()
    assert box
    assert 0 <= box["y"] < 120
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    dark = page.evaluate("getComputedStyle(document.querySelector('.lab-film')).backgroundColor")
    page.emulate_media(color_scheme="light")
    page.wait_for_function(
        "dark => getComputedStyle(document.querySelector('.lab-film')).backgroundColor !== dark", arg=dark
    )
    stands_at(page, 7)
    page.close()
