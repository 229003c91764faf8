"""What a person reads on a page of the app that shows a run, and does there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import REPOSITORY, run_app

LOSS = "[data-card=loss] .lab-chart"
READOUT = "[data-card=now]"
STOP = "[class*='st-key-train-Stop'] button, [class*='st-key-race-Stop'] button"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on the embedded digits. It ends with a file of tests, and so does what trains in it."""
    with run_app(REPOSITORY / "app.py", env={"HOME": str(tmp_path_factory.mktemp("home")), "LAB_DATA": ""}) as address:
        yield address


def step(page: Page) -> int:
    """The step that the page says the run is at."""
    found = re.search(r"step ([\d\u2009]+)", page.locator(READOUT).inner_text())
    assert found
    return int(found[1].replace("\u2009", ""))


def points(page: Page) -> int:
    """Points of the smoothed loss curve that are drawn."""
    return int(page.eval_on_selector(LOSS, "chart => Math.max(...chart.data.map(trace => trace.x.length))"))


def wait_for(page: Page, condition: str, argument: object = None) -> None:
    page.wait_for_function(condition, arg=argument)


def wait_beyond(page: Page, reached: int) -> None:
    """Wait until the page shows a later step."""
    wait_for(
        page,
        """reached => {
            const found = document.querySelector("[data-card=now]")?.innerText.match(/step ([\\d\\u2009]+)/)
            return found && Number(found[1].replace("\\u2009", "")) > reached
        }""",
        reached,
    )


def stop(page: Page) -> None:
    """End the run that a page shows, which would slow down all that follows."""
    button = page.locator(STOP)
    if button.count() and button.is_enabled():
        button.click()
        expect(button).to_be_disabled()


def focus_nothing(page: Page) -> None:
    page.evaluate("document.activeElement?.blur()")


def paused(page: Page) -> int:
    """The step at which the page holds, once it has."""
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator("[data-testid=stProgress]")).to_contain_text("Paused")
    page.wait_for_timeout(1500)
    return step(page)
