"""The pad and the choice of a picture in a real browser: strokes, keys and touch, and that nothing drawn is lost."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import new_page, page_without_errors, run_script
from tests.pad_page import FIELD, PIXELS, SCRIPT, arrived, draw, lit, pixels, places, shortcuts


@pytest.fixture(scope="module")
def app(browser: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_script(tmp_path_factory.mktemp("pad"), SCRIPT) as address:
        yield address


@pytest.fixture(scope="module")
def tab(browser: BrowserContext, app: str) -> Iterator[Page]:
    """The tab of all tests: a new one takes seconds."""
    with page_without_errors(browser, 1200) as page:
        page.goto(f"{app}/?img=d")
        page.wait_for_selector(FIELD)
        yield page


@pytest.fixture
def page(tab: Page) -> Page:
    """The tab with a blank pad."""
    if not tab.locator(FIELD).count():
        tab.get_by_role("radio", name="Draw").click()
    tab.locator(FIELD).scroll_into_view_if_needed()
    clear = tab.get_by_role("button", name="Clear")
    if clear.is_enabled():
        clear.click()
    if tab.get_by_role("button", name="Draw", exact=True).get_attribute("aria-pressed") != "true":
        tab.get_by_role("button", name="Draw", exact=True).click()
    arrived(tab)
    assert not pixels(tab).any()
    return tab


def test_a_stroke_is_soft_and_round_and_reaches_the_page(page: Page) -> None:
    draw(page, (6, 8), (18, 8))
    picture = pixels(page)
    assert picture[8, 7:18].min() == 255
    assert 0 < picture[6, 8:16].min() <= picture[6, 8:16].max() < 255  # its edge fades
    assert not picture[:5].any()
    assert not picture[12:].any()
    arrived(page)
    expect(page.get_by_text("looks at your drawing")).to_be_visible()
    light = page.get_by_text("looks at your drawing").inner_text()
    page.get_by_text("Center as MNIST does").click()
    expect(page.get_by_text(f"looks at your drawing, light {picture.sum()}")).to_be_visible()
    assert light != f"looks at your drawing, light {picture.sum()}"
    page.get_by_text("Center as MNIST does").click()
    expect(page.get_by_text(light)).to_be_visible()


def test_undo_redo_and_clear(page: Page) -> None:
    draw(page, (5, 5), (20, 5))
    one = pixels(page)
    draw(page, (5, 20), (20, 20))
    two = pixels(page)
    page.get_by_role("button", name="Undo").click()
    assert np.array_equal(pixels(page), one)
    page.get_by_role("button", name="Redo").click()
    assert np.array_equal(pixels(page), two)
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    page.get_by_role("button", name="Clear").click()
    assert not pixels(page).any()
    expect(page.get_by_text("The pad is blank.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    assert np.array_equal(pixels(page), two)
    arrived(page)


def test_the_eraser_takes_ink_away(page: Page) -> None:
    draw(page, (3, 14), (25, 14))
    page.get_by_role("button", name="Erase").click()
    draw(page, (14, 5), (14, 24))
    assert lit(pixels(page), (14, 6), (14, 14), (14, 21)) == [True, False, True]
    arrived(page)


def test_the_brush_can_be_wider(page: Page) -> None:
    slider = page.get_by_label("Width of the brush in pixels")
    light = []
    for width in ("1", "5"):
        slider.fill(width)
        draw(page, (5, 14), (23, 14))
        light.append(int(pixels(page).sum()))
        page.get_by_role("button", name="Clear").click()
    slider.fill("2.5")
    assert light[1] > 2 * light[0]


def test_keys_draw_undo_and_clear_and_are_no_keys_of_the_page(page: Page) -> None:
    before = shortcuts(page)
    field = page.locator(FIELD)
    field.focus()
    said = page.get_by_role("status").filter(has_text="Row")
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    expect(said).to_have_text("Row 10, column 15: 0 % ink")
    page.keyboard.down(" ")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.up(" ")
    page.keyboard.press("Shift+ArrowDown")  # the pen is up
    assert lit(pixels(page), (9, 15), (9, 20), (12, 20)) == [True, True, False]
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    two = pixels(page)
    assert lit(two, (13, 20), (13, 19)) == [True, True]
    page.keyboard.press("Control+z")
    assert lit(pixels(page), (9, 15), (13, 20)) == [True, False]
    page.keyboard.press("Control+Shift+z")
    assert np.array_equal(pixels(page), two)
    page.keyboard.press("Delete")
    assert not pixels(page).any()
    page.get_by_role("button", name="Undo").press(" ")
    assert np.array_equal(pixels(page), two)
    arrived(page)
    assert shortcuts(page) == before
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    expect(page.get_by_text(before)).to_have_count(0)  # of the page it is one


def test_samples_are_reached_by_keys_and_can_be_changed(page: Page) -> None:
    samples = page.get_by_role("group", name="Or begin with a sample").get_by_role("button")
    expect(samples).to_have_count(10)
    expect(samples.nth(3)).to_have_accessible_name("Begin with test image 2 (class 3)")
    for width in (250, 290, 700):  # of a side bar, and more
        page.locator(".pad").evaluate("(pad, width) => { pad.style.width = `${width}px` }", width)
        sizes = [sample.evaluate("node => Math.min(node.offsetWidth, node.offsetHeight)") for sample in samples.all()]
        assert min(sizes) >= 24, width
    page.locator(".pad").evaluate("pad => { pad.style.width = '' }")
    page.get_by_label("Width of the brush in pixels").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    nought = pixels(page)
    assert nought.sum() > 5000
    draw(page, (14, 2), (14, 26))
    assert lit(pixels(page), (3, 14), (24, 14)) == [True, True]
    arrived(page)
    page.get_by_role("button", name="Undo").click()
    assert np.array_equal(pixels(page), nought)


def test_reruns_lose_no_stroke(page: Page) -> None:
    def ran() -> int:
        return int(page.get_by_text("run ", exact=False).filter(has_text=".").first.inner_text()[4:-1])

    before = ran()
    (x, y), *_ = places(page, (3, 4))
    page.mouse.move(x, y)
    page.mouse.down()
    for turn, (x, y) in enumerate(places(page, *[(3 + turn % 2 * 20, 4 + turn) for turn in range(20)])):
        page.mouse.move(x, y, steps=3)
        page.wait_for_timeout(60)
        if turn == 10:
            page.wait_for_function("before => !document.body.innerText.includes(`run ${before}.`)", arg=before)
    middle = pixels(page)
    page.mouse.up()
    assert np.array_equal(pixels(page), middle)
    for row in range(4, 24):
        assert middle[row].max() == 255, row
    arrived(page)
    assert ran() > before + 1
    assert np.array_equal(pixels(page), middle)


def test_other_pages_show_the_same_pad(page: Page) -> None:
    draw(page, (6, 6), (20, 20))
    before = pixels(page)
    arrived(page)
    page.get_by_role("link", name="Two").click()
    page.wait_for_url("**/two?**")
    page.wait_for_selector(FIELD)
    expect(page.get_by_text("looks at your drawing")).to_be_visible()
    assert np.array_equal(pixels(page), before)
    page.get_by_role("link", name="One").click()
    page.wait_for_url(lambda url: "/two" not in url)
    page.wait_for_selector(FIELD)
    page.get_by_role("button", name="Undo").click()
    assert not pixels(page).any()


def test_the_link_opens_the_drawing_in_another_tab(page: Page, browser: BrowserContext) -> None:
    draw(page, (6, 20), (20, 6))
    arrived(page)
    assert len(parse_qs(urlsplit(page.url).query)["img"][0]) < 600
    other = new_page(browser, 1200)
    other.goto(page.url)
    other.wait_for_selector(FIELD)
    expect(other.get_by_text("looks at your drawing")).to_be_visible()
    assert np.array_equal(pixels(other), pixels(page))
    other.close()


def test_a_drawing_of_many_strokes_is_one_place_in_the_history(page: Page) -> None:
    page.get_by_role("radio", name="Test images").click()
    page.wait_for_url("**img=t*")
    page.get_by_role("radio", name="Draw").click()
    page.wait_for_selector(FIELD)
    page.wait_for_url("**img=d*")
    before = page.evaluate("history.length")
    for row in (5, 10, 15):
        draw(page, (5, row), (20, row))
        arrived(page)
    assert page.evaluate("history.length") == before
    page.go_back()
    expect(page.get_by_text("looks at test image")).to_be_visible()
    page.go_forward()
    page.wait_for_selector(FIELD)
    expect(page.get_by_text("looks at your drawing")).to_be_visible()
    page.wait_for_function(f"({PIXELS})().some(Boolean)")
    assert lit(pixels(page), (5, 10), (10, 10), (15, 10)) == [True, True, True]


def test_a_test_image_is_chosen_by_click_and_by_keys_and_put_on_the_pad(page: Page) -> None:
    page.get_by_role("radio", name="Test images").click()
    thumbnails = page.get_by_role("group", name="Test images", exact=True).get_by_role("button")
    expect(thumbnails).to_have_count(20)
    thumbnails.nth(5).click()
    expect(page.get_by_text("looks at test image 5 (class")).to_be_visible()
    expect(thumbnails.nth(5)).to_have_attribute("aria-pressed", "true")
    before = shortcuts(page)
    page.keyboard.press("ArrowRight")
    expect(thumbnails.nth(6)).to_be_focused()
    page.keyboard.press(" ")
    expect(page.get_by_text("looks at test image 6 (class")).to_be_visible()
    expect(thumbnails.nth(6)).to_be_focused()
    assert shortcuts(page) == before
    shown = page.get_by_role("img", name="What is looked at: test image 6")
    expect(shown).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["img"] == ["t6"]
    page.get_by_role("button", name="Change it on the pad").click()
    page.wait_for_selector(FIELD)
    expect(page.get_by_text("looks at your drawing")).to_be_visible()
    page.wait_for_function(f"({PIXELS})().some(Boolean)")
    arrived(page)


@pytest.fixture
def phone(browser: BrowserContext, app: str) -> Iterator[Page]:
    assert browser.browser
    context = browser.browser.new_context(has_touch=True, viewport={"width": 420, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{app}/?img=d")
    page.wait_for_selector(FIELD)
    yield page
    context.close()


def test_a_finger_draws_and_does_not_scroll_and_all_fits_a_phone(phone: Page) -> None:
    phone.locator(FIELD).scroll_into_view_if_needed()
    top = phone.locator(FIELD).bounding_box()
    path = places(phone, *[(14, row) for row in range(6, 23, 2)])
    finger = phone.context.new_cdp_session(phone)
    for turn, (x, y) in enumerate(path):
        touch = {"type": "touchMove" if turn else "touchStart", "touchPoints": [{"x": x, "y": y}]}
        finger.send("Input.dispatchTouchEvent", touch)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert pixels(phone)[6:22, 14].min() == 255
    assert phone.locator(FIELD).bounding_box() == top
    arrived(phone)
    (place,) = places(phone, (5, 5))
    phone.touchscreen.tap(*place)
    assert lit(pixels(phone), (4, 4)) == [True]
    edges = "pad => [...pad.querySelectorAll('*')].map(node => node.getBoundingClientRect().right)"
    assert max(phone.eval_on_selector(".pad", edges)) <= 420
