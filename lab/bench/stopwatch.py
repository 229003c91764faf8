"""How fast a page of the app answers a reader, measured in the page by the browser's own clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lab.bench.watching import PATIENCE, NothingShown

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Page

SCRIPT = (Path(__file__).parent / "stopwatch.js").read_text(encoding="utf-8")
SCRUBBER = ".lab-range"
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"
EDGE = 8
"""Pixels from the end of the scrubber to the middle of its knob, where that is at its end."""
TAKEN = """patience => Promise.race([
  window.__labTook,
  new Promise((resolve) => setTimeout(() => resolve(null), 1000 * patience)),
])"""


class Took(NamedTuple):
    """Seconds from what a reader does."""

    first: float
    """Until the first picture or chart has changed."""
    whole: float
    """Until the last one has that changes by it."""


class Scrubbed(NamedTuple):
    """What a page showed while its scrubber was dragged."""

    moments: float
    """A second that it showed, different from those before."""
    charts: float
    """Drawings of a chart a second, all charts together."""


def timed(page: Page, action: Callable[[], None], what: str) -> Took:
    """How long it takes from the next click or key until pictures have changed by it.

    Args:
        page: of the app; it comes to rest before.
        action: clicks, or presses a key.
        what: it is, in words.

    Raises:
        NothingShown: no picture and no chart changes.
    """
    at_rest(page)
    page.evaluate(f"() => {{ {SCRIPT}; return settle() }}")
    page.evaluate(f"() => {{ {SCRIPT}; window.__labTook = timeNext() }}")
    action()
    took = page.evaluate(TAKEN, PATIENCE)
    if took is None:
        raise NothingShown(f"{what}: no picture and no chart of the page changed within {PATIENCE} s.")
    first, whole = took
    return Took(first / 1000, whole / 1000)


def at_rest(page: Page) -> None:
    """Wait until the app runs no script for a page."""
    page.locator(AT_REST).wait_for(state="attached", timeout=1000 * PATIENCE)


def scrub(page: Page, seconds: float) -> Scrubbed:
    """Drag the scrubber of a page to and fro, moment by moment, as fast as the page takes it.

    Raises:
        NothingShown: there are no moments to scrub through.
    """
    scrubber = page.locator(SCRUBBER)
    box = scrubber.bounding_box() if scrubber.count() else None
    if box is None:
        raise NothingShown("The page shows no moments to scrub through.")
    moments = int(scrubber.get_attribute("max") or 0) + 1
    places = _places(box, moments)
    page.mouse.move(*places[0])
    page.mouse.down()
    page.evaluate(f"() => {{ {SCRIPT}; window.__labCounted = countMoments() }}")
    began, step = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        step += 1
        page.mouse.move(*places[step % len(places)])
    took = time.perf_counter() - began
    counted = page.evaluate("() => Object.assign(window.__labCounted, { going: false })")
    page.mouse.up()
    return Scrubbed(counted["moments"] / took, counted["charts"] / took)


def _places(box: FloatRect, moments: int) -> list[tuple[float, float]]:
    """Where the pointer is at every moment, from the first to the last and back."""
    inner, height = box["width"] - 2 * EDGE, box["y"] + box["height"] / 2
    there = [(box["x"] + EDGE + inner * moment / max(1, moments - 1), height) for moment in range(moments)]
    return there + there[-2:0:-1]
