"""The page of codes in a real browser: bits and images are picked, and a map shows what it is pointed at."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import new_page
from tests.inside_app import InsideApp


@pytest.fixture(scope="module")
def page(browser: BrowserContext, inside_app: InsideApp) -> Iterator[Page]:
    tab = new_page(browser, 1400, 1000)
    tab.goto(inside_app.page("codes", "autoencoder"))
    tab.wait_for_selector("[data-card='rates.0'] .main-svg")
    tab.wait_for_selector("[data-card='extremes.0'] .lab-frame img")
    yield tab
    tab.close()


def test_a_bar_of_the_film_and_a_tile_of_the_code_choose_the_bit(page: Page) -> None:
    page.get_by_role("button", name="bit 6 is").click()
    expect(page.locator("[data-card='bit.0'] .lab-title")).to_have_text("Bit 6, code")
    chart = page.locator("[data-card='rates.0'] .lab-chart")
    chart.focus()
    for key in ("Home", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("[data-card='bit.0'] .lab-title")).to_have_text("Bit 1, code")
    assert "bit=1" in page.url
    expect(page.locator("[data-card='rates.0'] .lab-spoken")).to_have_text(re.compile("^bit 1, on for .*, 2 of 8$"))


def test_a_neighbor_becomes_the_picture_of_all_pages(page: Page) -> None:
    tile = page.locator("[data-card='neighbors.0'] button.lab-frame").nth(2)
    image = (tile.get_attribute("title") or "").split()[2]
    tile.click()
    expect(page.locator("[data-card='code.0'] .lab-caption")).to_contain_text(f"test image {image} ")
    assert f"img=t{image}" in page.url


def test_the_picture_stands_out_on_the_map_where_it_is_one_of_its_images(page: Page) -> None:
    chart = page.locator("[data-card='map.0'] .lab-chart")
    chart.scroll_into_view_if_needed()
    page.wait_for_selector("[data-card='map.0'] .main-svg")
    marked = """() => document.querySelector("[data-card='map.0'] .lab-chart").data
        .flatMap(({ ids, selectedpoints }) => (selectedpoints ?? []).map((place) => ids[place])).join()"""
    for number in ("5", "2"):
        page.get_by_label("Test image, 0 to").fill(number)
        page.keyboard.press("Enter")
        page.wait_for_function(f"number => ({marked})() === number", arg=number)
        largest = chart.evaluate(
            "node => Math.max(...[...node.querySelectorAll('path.point')].map(each => each.getBBox().width))"
        )
        assert largest > 12
    page.get_by_text("Draw", exact=True).click()
    page.get_by_role("button", name=re.compile("^Begin with")).first.click()
    page.wait_for_function(f"() => ({marked})() === ''")


def test_a_point_of_the_map_shows_its_picture_to_mouse_and_keys(page: Page) -> None:
    chart = page.locator("[data-card='map.0'] .lab-chart")
    chart.scroll_into_view_if_needed()
    page.wait_for_selector("[data-card='map.0'] .main-svg")
    chart.focus()
    page.keyboard.press("ArrowRight")
    shown = page.locator("img.lab-thumbnail")
    expect(shown).to_be_visible()
    assert shown.evaluate("node => [node.naturalWidth, node.naturalHeight]") == [28, 28]
    said = re.compile(r"^test image \d+ \(class \d\), 1 of \d+$")
    expect(page.locator("[data-card='map.0'] .lab-spoken")).to_have_text(said)
    first = shown.get_attribute("src")
    page.keyboard.press("ArrowRight")
    expect(shown).not_to_have_attribute("src", first or "")
    chart.blur()
    expect(shown).to_be_hidden()


def test_numbers_of_bits_stand_beside_their_lines_of_the_correlations(page: Page) -> None:
    card = page.locator("[data-card='correlation.0']")
    card.scroll_into_view_if_needed()
    picture, own = card.locator("img").bounding_box(), card.bounding_box()
    assert picture
    assert own
    for side, along, size in (("left", "y", "height"), ("below", "x", "width")):
        ticks = card.locator(f".lab-tick.lab-{side}")
        assert ticks.all_inner_texts() == [str(bit) for bit in range(8)]
        for bit, tick in enumerate(ticks.all()):
            box = tick.bounding_box()
            assert box
            middle = box[along] + box[size] / 2  # type: ignore[literal-required]
            assert middle == pytest.approx(picture[along] + (bit + 0.5) / 8 * picture[size], abs=1.5)  # type: ignore[literal-required]
            assert own["x"] < box["x"]
            assert box["x"] + box["width"] <= picture["x"] or box["y"] >= picture["y"] + picture["height"]
