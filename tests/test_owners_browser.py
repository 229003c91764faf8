"""A lab that is open to others, in a real browser: one starts a run, another one watches it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from lab.links import encode
from tests.browser import REPOSITORY, new_page, run_app
from tests.pages import on_digits

LONG = encode(on_digits("source-000", "budget=1000", "threads=1"))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    env = {"HOME": str(tmp_path), "LAB_DATA": "", "STREAMLIT_SERVER_ALLOWED_HOSTS": "*"}
    with run_app(REPOSITORY / "app.py", env=env) as address:
        yield address


def test_only_the_browser_that_started_a_run_decides_about_it(app: str, browser: BrowserContext) -> None:
    page = new_page(browser, 1300)
    page.goto(f"{app}?experiment={LONG}")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Pause").click()  # what trains would slow down all that follows
    play = page.get_by_role("button", name="Play")
    expect(play).to_be_enabled()
    expect(page).to_have_url(re.compile("[?&]run="))
    mine = browser.cookies()
    browser.clear_cookies()  # from here on it is another browser, as far as the lab can tell
    page.reload()
    expect(play).to_be_disabled()
    expect(page.get_by_text("was started in another browser")).to_be_visible()
    for name in ("Step", "Stop", "Rewind"):
        expect(page.get_by_role("button", name=name).first).to_be_disabled()
    secret = next(cookie["value"] for cookie in mine if cookie["name"] == "lab-browser")
    assert len(secret) == 64
    assert secret not in page.content() + page.url
    browser.clear_cookies()
    browser.add_cookies(mine)
    page.reload()
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")  # Streamlit has one, too
    expect(stop).to_be_enabled()
    stop.click()
    expect(page.get_by_role("button", name="Go on")).to_be_enabled()
    assert secret not in page.content() + page.url
