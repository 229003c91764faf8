"""The live page as a person uses it: started, watched and stopped in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

WINDOW: ViewportSize = {"width": 1440, "height": 900}
PATIENCE = 120
"""Seconds until a run must have started."""
STEPS_ON_PAGE = """() => {
  const seen = (window.__labSteps = [])
  const look = () => {
    for (const readout of document.querySelectorAll(".lab-readout")) {
      const step = /^step (.+)$/.exec(readout.querySelector(".lab-help").textContent)
      if (!step) continue
      const count = Number(step[1].replace(/\\D/g, ""))
      if (seen.at(-1)?.[1] !== count) seen.push([performance.now() / 1000, count])
    }
  }
  // The whole page: a board that shows an earlier run is replaced when the new one starts.
  new MutationObserver(look).observe(document.body, { childList: true, characterData: true, subtree: true })
}"""
"""Notes when the page showed which step: (seconds, step)."""

BOARDS_ON_PAGE = """() => {
  const seen = (window.__labBoards = [])
  let shown = null
  const look = () => {
    const version = window.__labBoard?.version ?? null
    if (version !== shown) seen.push(performance.now() / 1000)
    shown = version
  }
  setInterval(look, 50)
}"""
"""Notes in seconds when the page drew a board that showed something new."""


class NothingShown(RuntimeError):
    """The page does not show how a run goes."""


@contextmanager
def watched_page(browser: Browser) -> Iterator[Page]:
    """An empty page to start runs on.

    Raises:
        NothingShown: it does not do what it should.
    """
    from playwright.sync_api import Error

    try:
        page = browser.new_page(viewport=WINDOW)
        page.set_default_timeout(1000 * PATIENCE)
        yield page
    except Error as error:
        raise NothingShown(f"The page did not do what is asked of it: {error.message}") from None


def start_run(page: Page, address: str, link: str) -> None:
    """Open an experiment's link in the app and press Train, as a person does; returns when the board counts steps."""
    page.goto(f"{address}/?experiment={link}")
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator(".lab-readout .lab-help").first.wait_for(timeout=1000 * PATIENCE)
    page.evaluate(STEPS_ON_PAGE)


def end_run(page: Page) -> None:
    """Stop the run and leave the app, which then idles."""
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True)
    stop.click()
    page.locator("button:disabled", has_text="Stop").wait_for()
    page.goto("about:blank")


def steps_per_second(page: Page, since: float) -> float:
    """How fast the run goes that the page shows, over all it has shown in the last so many seconds."""
    seen = page.evaluate("since => window.__labSteps.filter(([at]) => at >= performance.now() / 1000 - since)", since)
    if len(seen) < 2:
        raise NothingShown(f"The page showed no progress within {since:.0f} s.")
    (first, start), (last, end) = seen[0], seen[-1]
    return (end - start) / (last - first)


def watch_race(page: Page, address: str, run: str) -> None:
    """Open a race that there is; returns when its board is drawn."""
    page.goto(f"{address}/compare?run={run}")
    page.locator(".lab-card").first.wait_for(timeout=1000 * PATIENCE)
    page.evaluate(BOARDS_ON_PAGE)


def boards_seen(page: Page, since: float) -> list[float]:
    """When the page showed something new in the last so many seconds, in seconds after their beginning."""
    script = "since => window.__labBoards.map((at) => at - performance.now() / 1000 + since).filter((at) => at >= 0)"
    seen: list[float] = page.evaluate(script, since)
    return seen
