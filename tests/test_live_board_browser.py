"""The live board in a real browser: what is drawn changes in place, and nothing a reader did to it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from lab.figures.drawing import script
from tests.browser import new_page, page_without_errors, run_script

SCRIPT = """
import numpy as np
import streamlit as st

from lab.figures.board import Board, Card, Chart, Numbers, Pictures, Readout
from lab.figures.curves import Curve, line_chart
from lab.figures.pictures import tiles
from lab.ui.live_board import live_board

st.set_page_config(layout="wide")
name = st.text_input("a field", "board")


def chart(name: str, values: np.ndarray) -> Chart:
    curves = [Curve(kind, np.arange(len(values)), values * (i + 1), "#0072B2") for i, kind in enumerate("ab")]
    return Chart(line_chart(curves, "step", name + " (1)"), link="time")


@st.fragment(run_every=0.3)
def live() -> None:
    step = st.session_state.step = st.session_state.get("step", 20) + (0 if st.query_params.get("still") else 5)
    values = np.exp(-np.arange(step) / 50)
    sheet = Pictures(tiles(np.eye(8)[None].repeat(12, 0), [f"unit {index}" for index in range(12)]), 12)
    live_board(name, Board(step, [
        Card("now", "Now", Numbers([Readout("step", str(step), "of 1000", "red")] * 6), wide=True),
        Card("loss", "Loss", chart("loss", values), "Falls.", f"loss at step {step}"),
        Card("error", "Error", chart("error", values), "Falls too.", f"error at step {step}"),
        Card("maps", "Maps", sheet, "An identity.", "12 maps", wide=True),
        Card("left", "Left", chart("left", values), row="pair"),
        Card("right", "Right", chart("right", values), row="pair"),
    ]))


live()
"""
LOSS, ERROR = "[data-card=loss] .lab-chart", "[data-card=error] .lab-chart"


@pytest.fixture(scope="module")
def app(browser: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_script(tmp_path_factory.mktemp("board"), SCRIPT, base="deep/lab") as address:
        yield f"{address}/"


@pytest.fixture(scope="module")
def tab(browser: BrowserContext, app: str) -> Iterator[Page]:
    yield from opened(browser, app)


@pytest.fixture
def page(tab: Page, request: pytest.FixtureRequest) -> Page:
    """The tab with a new board, as if nobody had touched it: to open another tab for each takes much longer."""
    tab.mouse.move(5, 5)
    tab.evaluate("window.before = document.querySelector('.lab-board')")
    tab.get_by_label("a field").fill(request.node.name)
    tab.get_by_label("a field").press("Enter")
    tab.wait_for_function("![null, window.before].includes(document.querySelector('.lab-board'))")
    tab.evaluate("document.querySelector('.lab-board').scrollIntoView()")
    tab.wait_for_selector(f"{ERROR} .main-svg")
    return tab


def opened(browser: BrowserContext, address: str, width: int = 1200) -> Iterator[Page]:
    with page_without_errors(browser, width) as page:
        page.goto(address)
        page.wait_for_selector(f"{ERROR} .main-svg")
        yield page


def after_updates(page: Page, count: int = 3) -> None:
    """Wait until the board was drawn `count` more times."""
    page.wait_for_function("draws => window.__labBoard.draws >= draws", arg=draws(page) + count)


def draws(page: Page) -> int:
    return page.evaluate("window.__labBoard.draws")


def x_range(page: Page, selector: str) -> list[float]:
    return page.evaluate("selector => document.querySelector(selector)._fullLayout.xaxis.range", selector)


def zoom(page: Page, start: float, end: float) -> None:
    """Drag with the mouse over a part of the loss chart, given as shares of its plot."""
    box = page.locator(f"{LOSS} .nsewdrag").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, middle, steps=5)
    page.mouse.up()


def test_the_curve_grows_in_the_same_node(page: Page) -> None:
    page.evaluate(f"document.querySelector('{LOSS}').mine = true")
    points = f"document.querySelector('{LOSS}').data[0].x.length"
    before = page.evaluate(points)
    after_updates(page)
    assert page.evaluate(points) >= before + 10
    assert page.evaluate(f"document.querySelector('{LOSS}').mine")


def test_zoom_by_mouse_survives_updates_moves_the_sibling_and_is_reset_by_double_click(page: Page) -> None:
    zoom(page, 0.2, 0.5)
    page.wait_for_function(f"document.querySelector('{LOSS}')._fullLayout.xaxis.range[0] > 0")
    zoomed = x_range(page, LOSS)
    after_updates(page)
    assert x_range(page, LOSS) == x_range(page, ERROR) == zoomed
    page.locator(f"{ERROR} .nsewdrag").dblclick()
    after_updates(page)
    assert x_range(page, LOSS)[0] == x_range(page, ERROR)[0] == 0
    assert x_range(page, LOSS)[1] > zoomed[1]


def test_zoom_by_relayout_survives_and_the_reset_button_ends_it(page: Page) -> None:
    button = page.get_by_role("button", name="Reset the zoom of Error")
    assert not button.is_visible()
    page.evaluate(
        f"Plotly.relayout(document.querySelector('{LOSS}'), {{'xaxis.range': [3, 7], 'yaxis.range': [0, 9]}})"
    )
    after_updates(page)
    assert x_range(page, LOSS) == x_range(page, ERROR) == [3, 7]
    assert page.evaluate(f"document.querySelector('{LOSS}')._fullLayout.yaxis.range") == [0, 9]
    button.click()
    after_updates(page)
    assert x_range(page, LOSS)[0] == 0
    assert not button.is_visible()


def test_a_hidden_curve_stays_hidden(page: Page) -> None:
    page.locator(f"{LOSS} .legendtoggle").first.click()
    after_updates(page, 4)  # plotly waits a moment for a second click
    states = [
        trace["visible"]
        for trace in page.evaluate(f"document.querySelector('{LOSS}')._fullData.map(t => ({{visible: t.visible}}))")
    ]
    assert states == ["legendonly", True]


def test_hover_shows_on_the_sibling_and_survives_updates(page: Page) -> None:
    page.locator(f"{LOSS} .nsewdrag").hover()
    page.wait_for_selector(f"{ERROR} .hoverlayer .legend")
    after_updates(page)
    assert page.locator(f"{LOSS} .hoverlayer .legend").count() == 1
    assert page.locator(f"{ERROR} .hoverlayer .legend").count() == 1
    page.mouse.move(5, 5)
    page.wait_for_selector(f"{ERROR} .hoverlayer .legend", state="detached")


def test_alternative_text_tells_the_current_values(page: Page) -> None:
    chart = page.get_by_role("img", name="loss at step")
    before = chart.get_attribute("aria-label")
    after_updates(page)
    assert chart.get_attribute("aria-label") != before
    assert page.get_by_role("img", name="12 maps").count() == 1


def test_an_update_leaves_focus_and_scroll_alone(page: Page) -> None:
    after_updates(page, 1)  # all cards have their size
    page.get_by_label("a field").focus()
    page.locator("[data-card=right]").scroll_into_view_if_needed()
    where = "[document.activeElement.tagName, document.querySelector('[data-card=right]').getBoundingClientRect().top]"
    before = page.evaluate(where)
    after_updates(page)
    assert page.evaluate(where) == before
    assert before[0] == "INPUT"


def test_the_cleanup_of_an_overtaken_update_takes_nothing_away(page: Page) -> None:
    """Streamlit calls what an update returned when it is unmounted, and also when a newer update overtook it."""
    kept, left = page.evaluate(
        """async source => {
          const { default: mount } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))
          const parentElement = document.body.appendChild(document.createElement("div"))
          const message = (version) => new TextEncoder().encode(JSON.stringify({ plotly: "", version, cards: [] }))
          const cleanUpOvertaken = mount({ data: message(1), parentElement })
          const board = parentElement.firstChild
          const cleanUp = mount({ data: message(2), parentElement })
          cleanUpOvertaken()
          const kept = board.isConnected
          parentElement.remove()
          cleanUp()
          return [kept, parentElement.childElementCount]
        }""",
        script(),
    )
    assert kept
    assert left == 0


def contrast(page: Page) -> float:
    """The contrast between the text of the chart's axis and the page's background (WCAG; 4.5 is readable)."""
    return page.evaluate(
        """selector => {
          const light = color => {
            const parts = color.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
            const [r, g, b] = parts.map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
            return 0.2126 * r + 0.7152 * g + 0.0722 * b
          }
          const text = light(getComputedStyle(document.querySelector(selector + " .xtick text")).fill)
          const ground = light(getComputedStyle(document.querySelector(".stApp")).backgroundColor)
          return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05)
        }""",
        LOSS,
    )


def test_charts_follow_a_change_of_theme_also_when_the_data_stand_still(browser: BrowserContext, app: str) -> None:
    for page in opened(browser, f"{app}?still=1"):
        page.wait_for_timeout(700)
        assert contrast(page) > 4.5
        still = draws(page)
        page.wait_for_timeout(700)
        assert draws(page) == still  # the same version draws nothing
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("draws => window.__labBoard.draws > draws", arg=still)
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") != "rgb(255, 255, 255)"
        )
        assert contrast(page) > 4.5


def test_text_and_charts_grow_with_the_scale(page: Page) -> None:
    def sizes() -> Any:
        return page.evaluate(
            f"[document.querySelector('{LOSS}')._fullLayout.font.size, document.querySelector('{LOSS}').clientHeight]"
        )

    font, height = sizes()
    larger = page.add_style_tag(content=":root { --lab-scale: 1.5 }")
    after_updates(page, 2)
    grown = sizes()
    larger.evaluate("node => node.remove()")  # the next test has the same tab
    assert grown == pytest.approx([font * 1.5, height * 1.5], abs=1)


def test_nothing_is_cut_on_a_narrow_screen(browser: BrowserContext, app: str) -> None:
    for page in opened(browser, app, width=400):
        after_updates(page, 1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        right = "Math.max(...[...document.querySelectorAll('.lab-board *')].map(n => n.getBoundingClientRect().right))"
        assert page.evaluate(right) <= 400
        tops = page.evaluate("['left', 'right'].map(c => document.querySelector(`[data-card=${c}]`).offsetTop)")
        assert tops[0] < tops[1]  # a pair stacks


def test_cards_of_a_row_stand_side_by_side(page: Page) -> None:
    places = "['left', 'right'].map(c => document.querySelector(`[data-card=${c}]`).getBoundingClientRect().toJSON())"
    left, right = page.evaluate(places)
    assert left["y"] == right["y"]
    assert left["width"] == pytest.approx(right["width"], abs=1)


def test_a_chart_is_saved_as_svg(page: Page) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download Loss as SVG").click()
    assert download.value.suggested_filename == "loss.svg"
    assert "<svg" in Path(download.value.path()).read_text()


def test_without_plotly_each_chart_says_so(browser: BrowserContext, app: str) -> None:
    page = new_page(browser, 1200)
    page.route("**/plotly.min.js*", lambda route: route.abort())
    page.goto(app)
    page.wait_for_selector("text=This chart cannot be drawn")
    assert "loss at step" in page.locator(LOSS).inner_text()
    assert not page.locator("[data-card=loss] .lab-save").is_visible()
    page.close()
