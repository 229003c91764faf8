"""`python -m lab bench pages`: how fast the pages that look inside nets answer, in a real browser.

Two nets are trained for it, each for an app of its own that has no other run. A page has more to do the more moments a
run has: they are trained for a part of their usual length, and evaluated as often as in all of it. First views are
timed in new tabs, from the click in the navigation, and the first of them finds an app that has just started. What is
switched, and the scrubber, are timed in a tab that has come to rest.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

from lab.bench.contestants import CASES
from lab.bench.live import APP
from lab.bench.race import finished
from lab.bench.serving import running_app, running_browser
from lab.bench.stopwatch import Scrubbed, Took, scrub, timed
from lab.bench.telling import page_explained, tell
from lab.bench.watching import PATIENCE, watched_page
from lab.data import Dataset, default_dataset
from lab.experiment import Experiment
from lab.presets import PRESETS
from lab.store import RUNS_VARIABLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

VIEW_ASKED, SWITCH_ASKED = 1.0, 0.3
"""Seconds at most from the click to the first pictures of a page, and to what is switched to."""
MOMENTS_ASKED = 10.0
"""Moments a second at least that a page shows while a reader scrubs."""
FIRST_VIEW = "first view"
BIT = re.compile("^Bit, ")
"""How the field for the number of a bit begins to be called."""

Press = Callable[["Page", int], None]
"""Does something on a page for the so manieth time, counted from 1."""


class Switch(NamedTuple):
    """How a reader switches to something else, each time to something new."""

    press: Press
    """What is timed."""
    prepare: Press
    """What comes before."""


@dataclass(frozen=True)
class Length:
    """How long to measure."""

    views: int = 5
    switches: int = 9
    scrubs: int = 3
    seconds: float = 3.0
    """Of a scrub."""
    epochs: Mapping[str, float] | None = None
    """How long each net is trained; None for one epoch, and a quarter for the autoencoder."""


class Measured(NamedTuple):
    """What was measured on a page with a net."""

    net: str
    page: str
    times: dict[str, list[Took]]
    """Of its first view, and of everything that is switched."""
    scrubs: list[Scrubbed]


def _next_image() -> Switch:
    def button(page: Page) -> Locator:
        return page.get_by_role("button", name="Next", exact=True)

    return Switch(lambda page, time: button(page).click(), lambda page, time: button(page).scroll_into_view_if_needed())


def _tile(card: str) -> Switch:
    """Picks another tile of a card."""

    def tile(page: Page, time: int) -> Locator:
        return page.locator(f"[data-card^='{card}'] button.lab-frame").nth(time)

    return Switch(lambda page, time: tile(page, time).click(), lambda page, time: tile(page, time).hover())


def _number(page: Page, time: int) -> None:
    """Type the number of another bit."""
    field = page.get_by_role("spinbutton", name=BIT)
    field.fill(str(time) if field.input_value() != str(time) else "0")


def _enter(page: Page, time: int) -> None:
    page.get_by_role("spinbutton", name=BIT).press("Enter")


def _number_and_enter(page: Page, time: int) -> None:
    _number(page, time)
    _enter(page, time)


def _flip(page: Page, time: int) -> None:
    page.get_by_role("button", name="Flip it").click()


PAGES: Mapping[str, Mapping[str, Switch]] = {
    "Heatmaps": {"image": _next_image(), "channel": _tile("after")},
    "Codes": {"image": _next_image(), "bit": Switch(_enter, _number)},
    "Reconstructions": {"image": _next_image(), "bit": Switch(_flip, _number_and_enter)},
}
"""What can be switched on each page, by its title in the navigation."""
SHOWN = {"conv": ("Heatmaps", "Codes"), "autoencoder": ("Codes", "Reconstructions")}
"""On which pages each net is looked at."""
EPOCHS = {"conv": 1.0, "autoencoder": 0.25}


def main(json: bool = False, length: Length | None = None) -> None:
    """Measure, and print a table or one line of JSON.

    Raises:
        DataError: LAB_DATA is set and names no folder.
        typer.Exit: there is no app or no browser, or a page shows nothing.
    """
    length = length or Length()
    dataset = default_dataset()
    with page_explained():
        measured = [each for net in SHOWN for each in measure(net, dataset, length)]
    tell(figures(measured) | {"dataset": dataset.name}, json, _print_table)


def measure(net: str, dataset: Dataset, length: Length) -> list[Measured]:
    """Train a net, and look at it on its pages.

    Raises:
        NotStarted: there is no app or no browser.
        NothingShown: a page shows nothing.
    """
    epochs = (length.epochs or EPOCHS)[net]
    _say(f"{net}: trained for {epochs:g} epochs")
    with TemporaryDirectory() as folder:
        run = finished([_experiment(net, dataset, epochs)], Path(folder))
        with running_app(APP, {RUNS_VARIABLE: folder}) as app, running_browser() as browser:
            _bring_back(browser, app.address, run.id)
            return [look_at(browser, app.address, net, title, length) for title in SHOWN[net]]


def _experiment(net: str, dataset: Dataset, epochs: float) -> Experiment:
    preset = PRESETS[CASES[net].preset].experiment(dataset)
    every = preset.evaluate_every * epochs / preset.budget
    return preset.with_changes([f"budget={epochs}", "budget_unit=epochs", f"evaluate_every={every}"])


def _bring_back(browser: Browser, address: str, run: str) -> None:
    """Let an app know of a run that it finds on disk."""
    with watched_page(browser) as page:
        page.goto(f"{address}/?run={run}")
        page.locator(".lab-card").first.wait_for(timeout=1000 * PATIENCE)
        page.close()


def look_at(browser: Browser, address: str, net: str, title: str, length: Length) -> Measured:
    """Time a page with the newest run of an app.

    Raises:
        NothingShown: it shows nothing, or not what is asked for.
    """
    times: dict[str, list[Took]] = {FIRST_VIEW: []}
    for _ in range(length.views):
        with watched_page(browser) as page:
            times[FIRST_VIEW].append(_open(page, address, title))
            page.close()
    with watched_page(browser) as page:
        _open(page, address, title)
        for what, switch in PAGES[title].items():
            times[what] = [_switched(page, switch, time, f"{title}, {what}") for time in range(1, length.switches + 1)]
        scrubs = [scrub(page, length.seconds) for _ in range(length.scrubs)]
        page.close()
    measured = Measured(net, title, times, scrubs)
    _say(f"{net}, {title}: " + ", ".join(f"{what} {_told(row)}" for what, row in _rows(measured).items()))
    return measured


def _switched(page: Page, switch: Switch, time: int, what: str) -> Took:
    switch.prepare(page, time)
    return timed(page, partial(switch.press, page, time), what)


def _open(page: Page, address: str, title: str) -> Took:
    """Open the app, and one of its pages as a person does."""
    page.goto(address)
    page.get_by_role("link", name=title, exact=True).wait_for(timeout=1000 * PATIENCE)
    return timed(page, page.get_by_role("link", name=title, exact=True).click, title)


def figures(measured: Sequence[Measured]) -> dict[str, Any]:
    """All figures as plain data."""
    return {
        "pages": [{"page": each.page, "net": each.net, **_rows(each)} for each in measured],
        "asked": {"first_view_seconds": VIEW_ASKED, "switch_seconds": SWITCH_ASKED, "moments_a_second": MOMENTS_ASKED},
        "load": [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "processors": os.cpu_count(),
    }


def _rows(measured: Measured) -> dict[str, dict[str, Any]]:
    rows = {what: _of_times(times) for what, times in measured.times.items()}
    moments = [each.moments for each in measured.scrubs]
    charts = round(median(each.charts for each in measured.scrubs), 1)
    scrubbing = {"median": round(median(moments), 1), "worst": round(min(moments), 1), "charts": charts}
    return rows | {"scrubbing": scrubbing}


def _of_times(times: Sequence[Took]) -> dict[str, Any]:
    first, whole = [each.first for each in times], [each.whole for each in times]
    return {
        "median": round(median(first), 3),
        "worst": round(max(first), 3),
        "whole": round(median(whole), 3),
        "seconds": [round(each, 3) for each in first],
    }


def _told(row: Mapping[str, Any]) -> str:
    return f"{row['median']} (worst {row['worst']})"


def _print_table(result: dict[str, Any]) -> None:
    columns = "Page", "Net", "What", "Median", "Worst", "Asked", "All drawn"
    table = Table(*columns, title="Looking inside nets, in a browser")
    for page in result["pages"]:
        for what, row in page.items():
            if isinstance(row, dict):
                table.add_row(page["page"], page["net"], what, *_cells(what, row))
    load = f", load {result['load'][0]}, everything counted" if result["load"] else ""
    table.caption = f"On {result['dataset']}; {result['processors']} processors{load}."
    Console().print(table)


def _cells(what: str, row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    if what == "scrubbing":
        return f"{row['median']:.0f} / s", f"{row['worst']:.0f} / s", f"≥ {MOMENTS_ASKED:g} / s", ""
    asked = VIEW_ASKED if what == FIRST_VIEW else SWITCH_ASKED
    told = [f"{1000 * row[name]:.0f} ms" for name in ("median", "worst", "whole")]
    return told[0], told[1], f"≤ {1000 * asked:.0f} ms", told[2]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
