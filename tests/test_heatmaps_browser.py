"""The Heatmaps page in a real browser: tiles are clicked, moments scrubbed, and the address keeps what was chosen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser import page_without_errors
from tests.inside_app import InsideApp

DRAWN = "selector => [...document.querySelectorAll(`${selector} .lab-frame img`)].map(picture => picture.src)"


@pytest.fixture(scope="module")
def page(browser: BrowserContext, inside_app: InsideApp) -> Iterator[Page]:
    with page_without_errors(browser, 1400, 2600) as page:  # what is out of sight is not drawn
        page.goto(inside_app.page("heatmaps", "convnet"))
        expect(card(page, "patches").locator(".lab-frame img").first).to_be_visible()
        yield page


def card(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-card='{kind}.0']")


def tile(page: Page, kind: str, number: int) -> Locator:
    return card(page, kind).locator(".lab-tile").nth(number - 1).get_by_role("button")


def drawn(page: Page, kind: str) -> list[str]:
    found: list[str] = page.evaluate(DRAWN, f"[data-card='{kind}.0']")
    return found


def test_tiles_choose_channel_and_layer(page: Page) -> None:
    tile(page, "after", 4).click()
    expect(card(page, "channel")).to_contain_text("Channel 4, conv 1")
    expect(tile(page, "before", 4)).to_have_attribute("aria-pressed", "true")
    expect(card(page, "patches")).to_contain_text("Excite channel 4 of conv 1 most")
    page.wait_for_url("**channel=4**")
    assert drawn(page, "channel")[1] == drawn(page, "after")[3]
    tile(page, "means", 3).click()
    expect(card(page, "channel")).to_contain_text("Channel 4, conv 2")
    expect(card(page, "after").locator(".lab-frame img")).to_have_count(32)
    page.wait_for_url("**layer=conv**2**")
    tile(page, "means", 2).click()
    expect(card(page, "channel")).to_contain_text("Channel 4, conv 1")


def test_all_that_moves_is_scrubbed(page: Page) -> None:
    expect(card(page, "grad-cam")).to_contain_text("At step 6.")
    newest = {kind: drawn(page, kind) for kind in ("means", "before", "latent")}
    page.get_by_role("slider", name="Moment of training").press("Home")
    expect(card(page, "grad-cam")).not_to_contain_text("At step 6.")
    for kind, before in newest.items():
        now = drawn(page, kind)
        assert len(now) == len(before)
        assert now != before, kind
    page.get_by_role("slider", name="Moment of training").press("End")
    expect(card(page, "grad-cam")).to_contain_text("At step 6.")
    assert {kind: drawn(page, kind) for kind in newest} == newest


def test_another_picture_is_looked_at_in_all_panels(page: Page) -> None:
    before = {kind: drawn(page, kind) for kind in ("means", "grad-cam", "occlusion")}
    page.get_by_role("button", name="Next", exact=True).click()
    page.wait_for_function(
        f"([selector, was]) => ({DRAWN})(selector)[0] !== was", arg=["[data-card='means.0']", before["means"][0]]
    )
    for kind, was in before.items():
        page.wait_for_function(
            f"([selector, was]) => {{ const now = ({DRAWN})(selector); return now.length && now[0] !== was }}",
            arg=[f"[data-card='{kind}.0']", was[0]],
        )
    assert drawn(page, "means")[0] == drawn(page, "grad-cam")[0] == drawn(page, "occlusion")[0]


def test_on_a_projector_the_fields_are_as_large_as_what_is_written_beside_them(page: Page) -> None:
    label = page.get_by_test_id("stSelectbox").first.locator("label p")
    before = label.evaluate("node => getComputedStyle(node).fontSize")
    page.get_by_role("button", name="Projector").click()
    expect(label).not_to_have_css("font-size", before)
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    for kind, name in (("stSelectbox", "Net"), ("stNumberInput", "Channel")):
        field = page.get_by_test_id(kind).filter(has_text=name).first
        written = field.locator("input")
        expect(written).to_be_visible()
        assert written.evaluate(size) >= field.locator("label p").evaluate(size)
        assert written.evaluate("node => node.scrollHeight - node.clientHeight") <= 1, "nothing is cut off"
    page.get_by_role("button", name="Leave projector").click()
