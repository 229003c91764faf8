"""What changes on a board in a browser keeps its room: what is below does not move, and nothing lies on a label."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import new_page, run_script

SCRIPT = """
import numpy as np
import streamlit as st

from lab.figures.board import Board, Card, Pictures
from lab.figures.pictures import tiles
from lab.ui.live_board import live_board

st.set_page_config(layout="wide")
long = "Many words that take more than a line where a window is as narrow as this one. " * 3
title, caption = st.text_input("title", "First"), st.text_input("caption", "short")
sheet = Pictures(tiles(np.eye(8)[None].repeat(3, 0), ["one", "two", "three"], picks=["1", "2", "3"]), 3, picked="2")
live_board("board", Board(f"{title} {caption}", [
    Card("above", title, sheet, long if caption == "long" else caption, "pictures", wide=True),
    Card("below", "Below", sheet, "It.", "pictures", wide=True),
]))
"""
TOP = "() => document.querySelector('[data-card=below]').getBoundingClientRect().top + window.scrollY"


@pytest.fixture(scope="module")
def page(browser: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with run_script(tmp_path_factory.mktemp("rooms"), SCRIPT) as address:
        page = new_page(browser, 700)
        page.goto(address)
        page.wait_for_selector("[data-card=below] img")
        yield page
        page.close()


def told(page: Page, field: str, text: str) -> float:
    """Where the lower card is when the upper one says something else."""
    page.get_by_label(field).fill(text)
    page.get_by_label(field).press("Enter")
    where = ".lab-title" if field == "title" else ".lab-caption"
    words = "Many words" if text == "long" else text
    expect(page.locator(f"[data-card=above] {where}")).to_contain_text(words)
    return float(page.evaluate(TOP))


def test_a_caption_that_gets_shorter_again_moves_nothing_below_until_another_thing_is_shown(page: Page) -> None:
    before = float(page.evaluate(TOP))
    long = told(page, "caption", "long")
    assert long > before + 10
    assert told(page, "caption", "brief") == pytest.approx(long, abs=1)
    assert page.locator("[data-card=above] .lab-caption").inner_text().strip() == "brief"
    assert told(page, "title", "Second") == pytest.approx(before, abs=1)


def test_the_outline_of_a_picked_tile_does_not_touch_its_label(page: Page) -> None:
    picked = page.locator("[data-card=below] [aria-pressed=true]")
    outline = picked.evaluate(
        "node => node.getBoundingClientRect().bottom + parseFloat(getComputedStyle(node).outlineWidth)"
    )
    label = picked.evaluate("node => node.nextElementSibling.getBoundingClientRect().top")
    assert label >= outline
