"""The app in a process of its own, and a real browser that watches a run in it. Nobody looks at its window."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

APP = Path(lab.__file__).resolve().parents[1] / "app.py"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
START_SECONDS = 120
STEPS_ON_PAGE = """() => {
  const board = document.querySelector(".lab-readout").closest(".lab-board")
  const seen = (window.__labSteps = [])
  const look = () => {
    for (const readout of board.querySelectorAll(".lab-readout")) {
      const step = /^step (.+)$/.exec(readout.querySelector(".lab-help").textContent)
      if (!step) continue
      const count = Number(step[1].replace(/\\D/g, ""))
      if (seen.at(-1)?.[1] !== count) seen.push([performance.now() / 1000, count])
    }
  }
  new MutationObserver(look).observe(board, { childList: true, characterData: true, subtree: true })
}"""
"""Notes when the page showed which step: (seconds, step)."""


class NotWatchable(RuntimeError):
    """The live page cannot be measured here: what is missing, and how to get it."""


class App(NamedTuple):
    """A running app."""

    address: str
    pid: int


@contextmanager
def running_app() -> Iterator[App]:
    """Serve the app on a free port of this machine; it ends with the block.

    Raises:
        NotWatchable: it is not beside this package, or does not start.
    """
    if not APP.is_file():
        raise NotWatchable(f"The app is not there: {APP} is missing. Run this from a checkout of the lab.")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), *options]
    server = subprocess.Popen(command, cwd=APP.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    app = App(f"http://127.0.0.1:{port}", server.pid)
    try:
        _wait_until_healthy(server, app.address)
        yield app
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def browser_page() -> Iterator[Page]:
    """An empty page of the system's Chromium, else of Playwright's own.

    Raises:
        NotWatchable: there is no Playwright or no browser, or the page hangs.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError:
        raise NotWatchable("This benchmark needs Playwright: pip install -r requirements-test.txt.") from None
    with sync_playwright() as playwright:
        try:
            browser = _launch(playwright)
        except Error as error:
            reason = str(error).splitlines()[0]
            raise NotWatchable(f"This benchmark needs Chromium, and none starts here ({reason}).") from None
        try:
            yield browser.new_page(viewport={"width": 1440, "height": 900})
        except Error as error:
            raise NotWatchable(f"The page did not do what is asked of it: {error.message}") from None
        finally:
            browser.close()


def start_run(page: Page, address: str, link: str) -> None:
    """Open an experiment's link in the app and press Train, as a person does; returns when the board counts steps."""
    page.goto(f"{address}/?experiment={link}")
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator(".lab-readout .lab-help").first.wait_for(timeout=1000 * START_SECONDS)
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
        raise NotWatchable(f"The page showed no progress within {since:.0f} s.")
    (first, start), (last, end) = seen[0], seen[-1]
    return (end - start) / (last - first)


def _launch(playwright: Playwright) -> Browser:
    system = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=system, args=FLAGS)


def _wait_until_healthy(server: subprocess.Popen[bytes], address: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise NotWatchable(f"The app did not start; try it alone: streamlit run {os.path.relpath(APP)}")
