"""The whole app in a real browser, on the embedded digits: what only a person at a screen can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lab.links import encode
from tests.app_page import LOSS, focus_nothing, paused, points, step, stop, wait_beyond, wait_for
from tests.browser import new_page, page_without_errors
from tests.pages import on_digits
from tests.small import small

LONG_RUN = encode(on_digits("source-003-det-st-both", "budget=1000", "batch_size=16", "threads=1"))


@contextmanager
def opened(browser: BrowserContext) -> Iterator[Page]:
    """A tab, without errors until its end; the run that it shows then ends, too."""
    with page_without_errors(browser, 1300) as page:
        yield page
        stop(page)


@pytest.fixture
def blank(browser: BrowserContext) -> Iterator[Page]:
    with opened(browser) as page:
        yield page


@pytest.fixture(scope="module")
def tab(browser: BrowserContext) -> Iterator[Page]:
    """The tab of all tests of one long run: a new one takes seconds."""
    with opened(browser) as page:
        yield page


@pytest.fixture
def page(blank: Page, app: str) -> Page:
    """The front page."""
    blank.goto(app)
    return blank


@pytest.fixture
def running(tab: Page, app: str) -> Page:
    """The page with a long run of the conv net, its chart drawn: with that of the test before, while it trains."""
    pause = tab.get_by_role("button", name="Pause")
    if not run_of(tab.url):
        tab.goto(f"{app}?experiment={LONG_RUN}")
        tab.get_by_role("button", name="Train", exact=True).click()
    tab.wait_for_selector(f"{LOSS} .main-svg")
    expect(pause).to_be_visible()
    return tab


def test_the_front_page_starts_a_net_with_one_click_and_its_curve_grows(page: Page) -> None:
    page.locator(".st-key-preset-source-003-det-st-both").get_by_role("button", name="Start").click()
    page.wait_for_selector(f"{LOSS} .main-svg")
    before = points(page)
    wait_beyond(page, step(page) + 1)
    assert points(page) > before
    stop(page)
    expect(page.get_by_text("What was recorded is kept")).to_be_visible()
    assert points(page) > before


def test_a_zoom_survives_the_updates_of_a_run(running: Page) -> None:
    wait_beyond(running, 5)
    plot = running.locator(f"{LOSS} .nsewdrag").first
    plot.hover()  # once it stays where it is
    box = plot.bounding_box()
    assert box
    running.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    running.mouse.down()
    running.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    wait_beyond(running, step(running) + 5)  # also the updates while it is drawn
    running.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    running.mouse.up()
    expect(running.get_by_role("button", name="Reset the zoom of Loss")).to_be_visible()
    zoomed = running.eval_on_selector(LOSS, "chart => chart.layout.xaxis.range")
    newest = "chart => chart._fullData[0].x.at(-1)"
    before = running.eval_on_selector(LOSS, newest)
    wait_beyond(running, step(running) + 5)
    assert running.eval_on_selector(LOSS, newest) > before
    assert running.eval_on_selector(LOSS, "chart => chart.layout.xaxis.range") == zoomed
    assert running.eval_on_selector(LOSS, "chart => chart.layout.xaxis.autorange") is False


def test_keys_pause_step_and_rewind(running: Page) -> None:
    wait_beyond(running, 3)
    focus_nothing(running)
    running.keyboard.press("Space")
    held = paused(running)
    assert paused(running) == held
    running.keyboard.press("ArrowRight")
    wait_beyond(running, held)
    assert paused(running) == held + 1
    running.keyboard.press("ArrowUp")
    wait_beyond(running, held + 10)
    assert paused(running) == held + 11
    running.keyboard.press("Home")
    wait_for(running, """() => document.querySelector("[data-card=now]").innerText.includes("step 0")""")
    running.keyboard.press("Space")
    wait_beyond(running, 0)


def test_space_after_a_click_on_a_button_still_pauses(running: Page) -> None:
    running.get_by_role("button", name="Pause").click()
    held = paused(running)
    running.get_by_role("button", name="Step", exact=False).first.click()
    wait_beyond(running, held)
    running.keyboard.press("Space")
    expect(running.get_by_role("button", name="Pause")).to_be_visible()


def test_switching_pages_and_reloading_lose_nothing(running: Page) -> None:
    wait_beyond(running, 3)
    reached = step(running)
    running.get_by_role("link", name="Compare").click()
    expect(running.get_by_role("button", name="Race")).to_be_visible()
    running.get_by_role("link", name="Train").click()
    running.wait_for_selector(f"{LOSS} .main-svg")
    wait_beyond(running, reached)
    reached = step(running)
    running.reload()
    running.wait_for_selector(f"{LOSS} .main-svg")
    wait_beyond(running, reached)


def test_copy_link_copies_what_opens_the_same_experiment(running: Page) -> None:
    running.context.grant_permissions(["clipboard-read", "clipboard-write"])
    running.get_by_role("button", name="Copy link").click()
    expect(running.get_by_role("button", name="Copied")).to_be_visible()
    copied = str(running.evaluate("navigator.clipboard.readText()"))
    assert parse_qs(urlsplit(copied).query)["experiment"] == [LONG_RUN]
    assert copied.startswith(running.url.split("?")[0])


def test_the_projector_leaves_the_charts_and_the_controls(running: Page) -> None:
    focus_nothing(running)
    running.keyboard.press("p")
    expect(running.get_by_role("button", name="Leave projector")).to_be_visible()
    expect(running.get_by_role("button", name="Train", exact=True)).to_be_hidden()
    expect(running.locator("[data-testid=stSidebar]")).to_be_hidden()
    expect(running.locator(LOSS)).to_be_visible()
    expect(running.get_by_role("button", name="Pause")).to_be_visible()
    running.keyboard.press("p")
    expect(running.get_by_role("button", name="Train", exact=True)).to_be_visible()


def test_a_run_of_another_kind_takes_over_the_board(running: Page) -> None:
    stop(running)  # no test after this one needs it, and it would slow them down
    running.get_by_role("button", name="Presets").click()
    running.get_by_test_id("stMenuButtonBody").get_by_text("source-001: Binary autoencoder", exact=True).click()
    expect(running.locator("[data-card^=rebuilt]")).to_be_visible()
    expect(running.locator("[data-card=accuracy]")).to_have_count(0)
    running.wait_for_selector(f"{LOSS} .main-svg")
    wait_beyond(running, 0)
    stop(running)


def test_a_race_draws_every_contestant_and_the_table(page: Page) -> None:
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("button", name="Race").click()
    page.wait_for_selector(f"{LOSS} .main-svg")
    wait_for(page, f"() => document.querySelector('{LOSS}').data.filter(trace => trace.x.length > 2).length > 2")
    expect(page.locator("[data-card=standings] tbody tr")).to_have_count(3)
    assert page.locator("[data-card^='heatmaps']").count() == 3


def test_a_second_race_replaces_the_curves_of_the_first(page: Page) -> None:
    for rates in (("0.01", "0.02"), ("0.05", "0.1", "0.2")):
        link = "~".join(encode(on_digits("source-000", f"optimizer.lr={rate}", "budget=1000")) for rate in rates)
        page.goto(f"{page.url.split('?')[0].removesuffix('/compare').rstrip('/')}/compare?race={link}")
        page.get_by_role("button", name="Race").click()
        names = [f"lr {float(rate):g}" for rate in rates]
        drawn = f"names => names.every(name => document.querySelector('{LOSS}')?.data?.some(t => t.name === name))"
        wait_for(page, drawn, names)
        stop(page)
    assert page.get_by_text("Error").count() == 0


def run_of(url: str) -> list[str]:
    """The run that an address names."""
    return parse_qs(urlsplit(url).query).get("run", [])


def test_back_on_compare_shows_the_race_before_with_its_contestants(blank: Page, app: str) -> None:
    rows = blank.locator("[data-card=standings] tbody tr")
    blank.goto(f"{app}/compare?race={'~'.join(encode(small(slope=slope)) for slope in (1, 2, 3))}")
    blank.get_by_role("button", name="Race").click()
    blank.wait_for_url(lambda url: bool(run_of(url)))
    first = blank.url
    blank.get_by_text("Contestants", exact=True).first.click()
    blank.get_by_role("radio", name="2", exact=True).click()
    expect(blank).not_to_have_url(first)
    blank.get_by_role("button", name="Race").click()
    blank.wait_for_url(lambda url: run_of(url) != run_of(first))
    expect(rows).to_have_count(2)
    second = blank.url
    blank.go_back()  # before the second race
    expect(rows).to_have_count(3)
    blank.go_back()  # before its contestants were edited
    expect(blank).to_have_url(first)
    expect(blank.get_by_role("radio", name="3", exact=True)).to_be_checked()
    blank.go_forward()
    blank.go_forward()
    expect(rows).to_have_count(2)
    expect(blank).to_have_url(second)


def test_each_visit_of_a_page_is_one_place_in_the_history(page: Page) -> None:
    shown = {
        "Train": page.get_by_role("button", name="Train", exact=True),
        "Compare": page.get_by_text("What all contestants share"),
        "Gradients": page.get_by_role("radio", name="Bias"),
    }
    wait_for(page, "!String(history.pushState).includes('[native code]')")  # a new tab loads the lab's part late
    for name in ("Compare", "Gradients"):
        page.get_by_role("link", name=name).click()
        expect(shown[name]).to_be_visible()
        expect(page).to_have_url(re.compile(f"/{name.lower()}[?]"))
    for name in ("Compare", "Train"):
        page.go_back()
        expect(shown[name]).to_be_visible()


def test_back_and_forward_in_a_hurry_leave_no_page_empty(page: Page) -> None:
    compare, gradients = page.get_by_text("What all contestants share"), page.get_by_role("radio", name="Bias")
    for name, shown in (("Compare", compare), ("Gradients", gradients)):
        page.get_by_role("link", name=name).click()
        expect(shown).to_be_visible()
    for _ in range(4):
        page.evaluate("history.back()")
        page.evaluate("history.forward()")
        page.wait_for_timeout(200)  # in which a board of the page is drawn, and asks for what it lacks
        page.evaluate("history.back()")
        page.wait_for_timeout(1000)  # in which the answer to that would come
        expect(compare).to_be_visible(timeout=10_000)
        page.go_forward()
        expect(gradients).to_be_visible()
        page.wait_for_timeout(500)


@pytest.mark.parametrize("width", [430, 1600])
def test_nothing_is_wider_than_the_window(browser: BrowserContext, app: str, width: int) -> None:
    page = new_page(browser, width)
    page.goto(app)
    page.wait_for_selector("[data-testid=stMainBlockContainer] button")
    page.wait_for_timeout(1000)
    overflow = page.eval_on_selector("[data-testid=stMain]", "main => main.scrollWidth - main.clientWidth")
    wide = page.eval_on_selector_all(
        "[data-testid=stMain] *",
        "(all, width) => all.filter(e => e.getBoundingClientRect().right > width).map(e => e.outerHTML.slice(0, 200))",
        width,
    )
    page.close()
    assert overflow <= 0, wide
