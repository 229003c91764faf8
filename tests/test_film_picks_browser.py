"""A film in a real browser: what is picked reaches Python, and what is shown can be taken along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from lab import figures
from tests.film_page import BITS, MAPS, film_tab, new_film, scrubber, stands_at


@pytest.fixture(scope="module")
def tab(browser: BrowserContext, film_app: str) -> Iterator[Page]:
    with film_tab(browser, film_app) as page:
        yield page


@pytest.fixture
def page(tab: Page, request: pytest.FixtureRequest) -> Page:
    new_film(tab, request.node.name)
    return tab


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


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("test image 1 (class 2)", "filters-imaginary-layers-1-2-of-heatmaps-of-test-image-1-class-2"),
        ("the picture with a name", "filters-imaginary-layers-1-2-of-heatmaps-of-the-picture-with-a-name"),
        ("the picture" + " so long" * 6, "filters-of-heatmaps-of-the-picture" + "-so-long" * 6),
    ],
)
def test_a_long_name_of_a_card_keeps_what_it_shows_both_runs_and_the_step(page: Page, words: str, name: str) -> None:
    code = (Path(figures.__file__).parent / "board_saving.js").read_text("utf-8")
    board: dict[str, Any] = {
        "film": {"place": 0},
        "message": {"moments": [{"step": 844}], "subject": f"heatmaps of {words}, run 2 beside run 3"},
    }
    card = {"id": "filters.0", "title": "Filters · Imaginary, layers 1, 2"}
    board["message"]["cards"] = [card]
    made = page.evaluate(
        "([code, board, slot]) => new Function(`${code}; return fileName`)()(board, slot)",
        [code, board, {"card": card}],
    )
    assert made.startswith(f"{name}-")
    assert made.endswith("-run-2-beside-run-3-at-step-844")
    assert len(made) <= 120
