"""Reconstructions in a real browser: bits and test images are picked on the cards, and the page follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser import page_without_errors
from tests.inside_app import InsideApp

BROKEN = """() => [...document.querySelectorAll(".lab-label")].flatMap(label => {
    const walker = document.createTreeWalker(label, NodeFilter.SHOW_TEXT), found = []
    while (walker.nextNode()) for (const word of walker.currentNode.data.matchAll(/[^\\s]+/g)) {
        const range = new Range()
        range.setStart(walker.currentNode, word.index)
        range.setEnd(walker.currentNode, word.index + word[0].length)
        if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) found.push(word[0])
    }
    return found
})"""
"""The words of labels that go on in the next line."""
WAITING = ".lab-caption:has-text('Being worked out')"


@pytest.fixture
def tab(browser: BrowserContext, inside_app: InsideApp) -> Iterator[Page]:
    with page_without_errors(browser, 1300) as page:
        page.goto(f"{inside_app.page('reconstructions', 'autoencoder')}&img=t3")
        expect(caption(page, "picture")).to_contain_text("Test image 3")
        expect(page.locator(WAITING)).to_have_count(0)
        yield page


def caption(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-card='{kind}.0'] .lab-caption")


def test_bits_are_picked_on_tiles_and_cells_and_by_their_number(tab: Page) -> None:
    tile = tab.locator("[data-card='strongest.0'] button.lab-frame").first
    bit = re.search(r"Flip bit (\d+)", tile.get_attribute("title") or "")
    assert bit
    tile.click()
    expect(caption(tab, "picture")).to_contain_text(f"Bit {bit[1]} is flipped")
    expect(tab).to_have_url(re.compile(rf"flip={bit[1]}\b"))
    tile.click()
    expect(caption(tab, "picture")).to_contain_text("Pick a bit")
    cells = tab.locator("[data-card='code.0'] .nsewdrag")
    cells.scroll_into_view_if_needed()
    box = cells.bounding_box()
    assert box
    tab.mouse.click(box["x"] + box["width"] * 5.5 / 8, box["y"] + box["height"] / 2)  # the sixth of eight
    expect(caption(tab, "picture")).to_contain_text("Bit 5 is flipped")
    tab.get_by_label("Bit, 0 to 7").fill("2")
    tab.get_by_label("Bit, 0 to 7").press("Enter")
    tab.get_by_role("button", name="Flip it").click()
    expect(caption(tab, "picture")).to_contain_text("Bits 5, 2 are flipped")
    tab.go_back()
    expect(caption(tab, "picture")).to_contain_text("Bit 5 is flipped")


def test_a_test_image_that_is_picked_is_looked_at(tab: Page) -> None:
    tile = tab.locator("[data-card='worst.0'] button.lab-frame").first
    number = re.search(r"test image (\d+)", tile.get_attribute("title") or "")
    assert number
    tile.click()
    expect(caption(tab, "picture")).to_contain_text(f"Test image {number[1]} ")
    expect(tab).to_have_url(re.compile(rf"img=t{number[1]}\b"))
    expect(tab.get_by_text(f"All pages look at test image {number[1]}")).to_be_visible()


def test_below_the_film_is_the_moment_at_which_a_reader_rests(tab: Page) -> None:
    expect(caption(tab, "probes")).to_contain_text("At step 6.")
    tab.get_by_role("slider", name="Moment of training").press("Home")
    expect(caption(tab, "probes")).to_contain_text("At step 0.")
    expect(caption(tab, "picture")).to_contain_text("At step 0.")
    expect(tab).to_have_url(re.compile(r"at=0\b"))


def test_no_word_below_a_picture_is_broken_on_a_phone(tab: Page) -> None:
    tab.set_viewport_size({"width": 420, "height": 3200})
    expect(tab.locator("[data-card='picture.0'] .lab-label").first).to_be_visible()
    tab.wait_for_timeout(500)
    assert tab.evaluate(BROKEN) == []
