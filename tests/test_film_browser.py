"""A film in a real browser: it scrubs and plays by itself, and Python learns where a reader rests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import new_page
from tests.film_page import SCRUBBER, fill, film_tab, knows, new_film, scrubber, stands_at


@pytest.fixture(scope="module")
def tab(browser: BrowserContext, film_app: str) -> Iterator[Page]:
    with film_tab(browser, film_app) as page:
        yield page


@pytest.fixture
def page(tab: Page, request: pytest.FixtureRequest) -> Page:
    new_film(tab, request.node.name)
    return tab


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


def test_what_the_page_has_is_not_sent_again_and_what_it_has_lost_is(browser: BrowserContext, film_app: str) -> None:
    page, frames = new_page(browser, 1200), list[bytes | str]()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))

    def content_was_sent() -> bool:
        return any(b'"moving"' in frame for frame in frames if isinstance(frame, bytes))

    page.goto(film_app)
    stands_at(page, 7)
    assert content_was_sent()
    frames.clear()
    page.get_by_role("button", name="to step 3").click()
    knows(page, 3)
    stands_at(page, 1)
    assert frames
    assert not content_was_sent()
    for away in (True, False):
        page.get_by_text("away").click()
        expect(page.locator(".lab-film")).to_have_count(0 if away else 1)
    stands_at(page, 1)
    assert content_was_sent()
    page.close()


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


def test_python_and_links_send_the_reader_somewhere(page: Page, browser: BrowserContext, film_app: str) -> None:
    page.get_by_role("button", name="to step 3").click()
    stands_at(page, 1)
    knows(page, 3)
    scrubber(page).press("End")
    knows(page, 21, newest=True)
    page.get_by_role("button", name="to step 3").click()
    stands_at(page, 1)
    knows(page, 3)
    linked = new_page(browser, 1200)
    linked.goto(f"{film_app}?at=13")
    stands_at(linked, 4)
    knows(linked, 12)
    linked.close()


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


def test_it_fits_a_phone_and_the_scrubber_stays_in_sight_in_dark_colors(browser: BrowserContext, film_app: str) -> None:
    page = new_page(browser, 420)
    page.emulate_media(color_scheme="dark")
    page.goto(film_app)
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
