"""Files that are saved from a board in a real browser: what they are called, and what other programs read in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import BrowserContext, Page

from lab import figures
from tests.browser import new_page, run_script

SCRIPT = """
import numpy as np
import streamlit as st

from lab.figures.board import Board, Card, Chart, Head, Numbers, Pictures, Readout, Row, Table
from lab.figures.curves import Curve, line_chart
from lab.figures.pictures import tiles
from lab.ui.live_board import live_board

names = [f"a net with a name that takes nearly the whole line, number {n}" for n in range(3)]
curves = [Curve(name, [0, 1], [n, 2 * n], "#0072B2", faint_y=[n, n]) for n, name in enumerate(names)]
sheet = Pictures(tiles(np.eye(8)[None].repeat(2, 0), ["one", "two"], picks=["1", "2"]), 2)
live_board("board", Board(1, [
    Card("chart", "Chart", Chart(line_chart(curves, "x", "y", height=400)), "Its caption.", wide=True),
    Card("pictures", "Pictures", sheet, "Its caption."),
    Card("numbers", "Numbers", Numbers([Readout("of", "99", "a word", "hsl(120 50% 50% / 0.5)")]), "Its caption."),
    Card("table", "Table", Table([Head("name")], [Row(["a"], "color(srgb 0.2 0.4 0.6)")]), "Its caption."),
], "Run 7"))
"""
KINDS = ("chart", "pictures", "numbers", "table")
PLAIN = re.compile(r"#[0-9a-f]{6}|rgb\(\d+, ?\d+, ?\d+\)|none|url\(.*\)", re.IGNORECASE)
NAMES = """([code, message]) => {
    const fileName = new Function(`${code}; return fileName`)()
    return message.cards.map(card => fileName({ message }, { card }))
}"""


@pytest.mark.parametrize(
    ("nets", "subject"),
    [
        (["Imaginary, layers 1, 2", "layers 1, 2, 3"], "the picture" + " so long" * 9),
        (["slope -0.5", "slope 0.5"], "test image 1"),
        (["slope -0.5" * 20, "slope 0.5" * 20], "the picture" + " so long" * 20),
    ],
    ids=["too long", "a sign apart", "both"],
)
def test_no_file_of_a_card_takes_the_place_of_that_of_another_net(
    browser: BrowserContext, nets: list[str], subject: str
) -> None:
    code = (Path(figures.__file__).parent / "board_saving.js").read_text("utf-8")
    cards = [{"id": f"filters.{place}", "title": f"Filters · {net}"} for place, net in enumerate(nets)]
    cards.append({"id": "other.0", "title": "Maps"})
    page = browser.new_page()
    one, other, alone = page.evaluate(NAMES, [code, {"cards": cards, "subject": f"{subject}, run 2 beside run 3"}])
    page.close()
    assert one.startswith("filters-")
    assert one.endswith("-run-2-beside-run-3-net-1-of-2")
    assert other.endswith("-run-2-beside-run-3-net-2-of-2")
    assert alone.endswith("-run-2-beside-run-3")
    assert max(map(len, (one, other, alone))) <= 120


@pytest.fixture(scope="module")
def page(browser: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with run_script(tmp_path_factory.mktemp("saving"), SCRIPT) as address:
        page = new_page(browser, 700, 2200)
        page.goto(address)
        page.wait_for_selector("[data-card=chart] .legend")
        yield page
        page.close()


def saved(page: Page, kind: str) -> ElementTree.Element:
    with page.expect_download() as download:
        page.locator(f"[data-card={kind}] .lab-save button", has_text="SVG").click()
    return ElementTree.fromstring(Path(download.value.path()).read_text("utf-8"))


def colors(node: ElementTree.Element) -> list[str]:
    style = dict(part.split(":", 1) for part in node.get("style", "").split(";") if ":" in part)
    named = {**node.attrib, **{name.strip(): value.strip() for name, value in style.items()}}
    return [named[name] for name in ("fill", "stroke", "stop-color") if name in named]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_picture_has_a_title_and_colors_that_all_programs_read(page: Page, kind: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    drawing = saved(page, kind)
    assert drawing[0].tag.endswith("}title")
    assert drawing[0].text == f"{kind.title()} of Run 7"
    found = {color for node in drawing.iter() for color in colors(node)}
    assert len(found) > 1
    assert [color for color in found if not PLAIN.fullmatch(color)] == []
    if kind == "numbers":
        (mark,) = [node for node in drawing.iter() if node.get("fill-opacity")]
        assert (mark.get("fill"), float(mark.get("fill-opacity", ""))) == (
            "rgb(64, 191, 64)",
            pytest.approx(0.5, abs=0.01),
        )


def test_texts_of_a_saved_chart_are_as_long_as_on_the_page_whose_font_a_file_has_not(page: Page) -> None:
    lengths = "[...document.querySelectorAll('.legend text')].map(text => text.getComputedTextLength())"
    shown = page.evaluate(lengths)
    drawing = saved(page, "chart")
    texts = [node for node in drawing.iter() if node.tag.endswith("}text") and node.text]
    own = [node for node in texts if (node.text or "").startswith("a net with a name")]
    assert [float(node.get("textLength", "nan")) for node in own] == pytest.approx(shown, abs=1)
    assert all(float(node.get("textLength", "nan")) > 0 for node in texts)
    with page.expect_download() as download:
        page.locator("[data-card=chart] .lab-save button", has_text="PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
