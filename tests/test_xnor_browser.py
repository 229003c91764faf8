"""The XNOR page in a real browser: units and pictures are chosen, a net is timed and taken away, at any width."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from lab.data import Dataset
from lab.packed.runner import opened
from tests.browser import page_without_errors
from tests.inside_app import InsideApp

PHONE = 420
DRAWN = "[...document.querySelectorAll(\"[data-card='bits.0'] .lab-frame img\")].map(picture => picture.src)"


@pytest.fixture
def tab(browser: BrowserContext, inside_app: InsideApp) -> Iterator[Page]:
    with page_without_errors(browser, 1300, 2200) as page:  # what is out of sight is not drawn
        page.goto(f"{inside_app.page('xnor', 'binary-mlp')}&img=t3&layer=hidden+1")
        expect(card(page, "exact")).to_contain_text("classes that agree")
        expect(card(page, "bits")).to_contain_text("test image 3")
        yield page


def card(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-card='{kind}.0']")


def test_unit_and_picture_and_moment_are_chosen(tab: Page) -> None:
    units = tab.get_by_label(re.compile("^Unit, 0 to"))
    units.fill("5")
    units.press("Enter")
    expect(card(tab, "counted")).to_contain_text("unit 5")
    expect(tab).to_have_url(re.compile("unit=5"))
    before = tab.evaluate(DRAWN)
    tab.get_by_role("button", name="Next", exact=True).click()
    expect(card(tab, "bits")).to_contain_text("test image 4")
    tab.wait_for_function(f"before => ({DRAWN})[0] !== before", arg=before[0])
    assert len(tab.evaluate(DRAWN)) == len(before) == 9  # pixels over weights, and each of their bits over its XNOR
    expect(card(tab, "bits")).not_to_contain_text("At step 6.")  # of a run that has ended, its best weights are now
    tab.get_by_role("slider", name="Moment").press("ArrowLeft")
    for kind in ("bits", "counted", "costs", "binary", "exact"):
        expect(card(tab, kind)).to_contain_text("At step 6.")
    expect(tab).to_have_url(re.compile("at=6"))


def test_all_columns_are_in_sight(tab: Page) -> None:
    for kind in ("costs", "binary", "planes"):
        assert card(tab, kind).locator(".lab-table").evaluate("table => table.scrollWidth <= table.clientWidth")


def test_a_net_is_timed_here(tab: Page) -> None:
    tab.get_by_role("button", name="Measure here").click()
    expect(card(tab, "speed")).to_contain_text("times as fast")
    expect(card(tab, "speed")).to_contain_text("numkong")


def test_a_net_is_taken_away(tab: Page) -> None:
    tab.get_by_role("button", name="Take it away").click()
    with tab.expect_download() as download:
        tab.get_by_text("Packed net with its runner (zip)").click()
    assert re.fullmatch(r"packed-net-of-run-\d+-at-step-\d+\.zip", download.value.suggested_filename)
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        assert set(archive.namelist()) == {"net.safetensors", "runner.py"}
        net = opened(archive.read("net.safetensors"))
    pictures = Dataset.members["digits"]().images().test[:2].numpy()
    assert net.logits(pictures).shape == (2, 10)
    assert np.isfinite(net.logits(pictures)).all()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it(tab: Page, scheme: str) -> None:
    tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    tab.set_viewport_size({"width": PHONE, "height": 3200})
    expect(card(tab, "costs")).to_be_visible()
    for kind in ("bits", "counted", "exact", "costs", "binary"):
        box = card(tab, kind).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE
    for tile in card(tab, "bits").locator(".lab-frame img").all():
        shown = tile.bounding_box()
        assert shown
        assert shown["width"] >= 72
    for answer in card(tab, "binary").locator("td:nth-child(2)").all():
        answer.scroll_into_view_if_needed()
        expect(answer).to_be_in_viewport(ratio=1)
    assert card(tab, "binary").locator(".lab-table").evaluate("table => table.scrollLeft") == 0
    # A table that is wider is moved in its card, down to its last column.
    last = card(tab, "costs").locator("th").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=0.9)
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE
