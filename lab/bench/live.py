"""`python -m lab bench live`: how fast a run is under the running app with a browser watching, against one alone."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

import lab
from lab.bench.alternating import Ratio, as_json
from lab.bench.contestants import CASES, experiment
from lab.bench.headless import Work, train_headless
from lab.bench.processor import below, counted, of_machine, of_processes
from lab.bench.serving import App, running_app, running_browser
from lab.bench.telling import page_explained, tell
from lab.bench.watching import end_run, start_run, steps_per_second, watched_page
from lab.links import encode
from lab.store import RUNS_VARIABLE

if TYPE_CHECKING:
    from playwright.sync_api import Page

APP = Path(lab.__file__).resolve().parents[1] / "app.py"
BAR = 0.9
"""The rate under the app that is asked for, in units of the rate alone."""


@dataclass(frozen=True)
class Length:
    """How long to measure: rounds, in each of which both sides train for so many seconds after warming up."""

    rounds: int = 7
    seconds: float = 20.0
    warm_up: float = 6.0


class Watched(NamedTuple):
    """A run under the app, and who else kept processors busy meanwhile, in CPU seconds per second."""

    work: Work
    """Of the app's process."""
    browser: float | None
    others: float | None
    """Everything on this machine but the app and the browser."""


class Round(NamedTuple):
    """Both sides, one after the other."""

    alone: Work
    live: Watched

    @property
    def ratio(self) -> float:
        """The rate under the app in units of the rate alone."""
        return self.live.work.rate / self.alone.rate


def main(json: bool = False, length: Length | None = None) -> None:
    """Measure, and print a table or one line of JSON.

    Raises:
        DataError: MNIST is not there.
        typer.Exit: there is no app or no browser.
    """
    length = length or Length()
    case = experiment(CASES["conv"], "float32")
    with page_explained():
        result = figures(measure(encode(case), case.batch_size, length), length)
    tell(result, json, _print_table)


def measure(link: str, batch_size: int, length: Length) -> list[Round]:
    """Train the experiment of a link by turns alone and under the app; who goes first changes from round to round.

    Raises:
        NotStarted: there is no app or no browser.
        NothingShown: the page shows no run.
    """
    rounds: list[Round] = []
    with (
        TemporaryDirectory() as runs,
        running_app(APP, {RUNS_VARIABLE: runs}) as app,
        running_browser() as browser,
        watched_page(browser) as page,
    ):
        for number in range(length.rounds):
            live = _watched(app, page, link, batch_size, length) if number % 2 else None
            alone = train_headless([link], length.warm_up, length.seconds)
            live = live or _watched(app, page, link, batch_size, length)
            rounds.append(Round(alone, live))
            rates = f"{alone.rate:,.0f} images/s alone, {live.work.rate:,.0f} live"
            print(f"round {number + 1} of {length.rounds}: {rates}", file=sys.stderr, flush=True)
    return rounds


def _watched(app: App, page: Page, link: str, batch_size: int, length: Length) -> Watched:
    start_run(page, app.address, link)
    time.sleep(length.warm_up)
    browser = below(os.getpid()) - {app.pid} if counted() else set()
    before, started = _used(app, browser), time.perf_counter()
    time.sleep(length.seconds)
    seconds = time.perf_counter() - started
    used = [now - then for now, then in zip(_used(app, browser), before, strict=True)]
    images = steps_per_second(page, seconds) * batch_size * seconds
    end_run(page)
    if not used:
        return Watched(Work(images, seconds, None), None, None)
    of_app, of_browser, of_all = used
    return Watched(Work(images, seconds, of_app), of_browser / seconds, (of_all - of_app - of_browser) / seconds)


def _used(app: App, browser: set[int]) -> list[float]:
    """What the app, the browser and all together have used of the processors so far; nothing where nobody counts."""
    return [of_processes({app.pid}), of_processes(browser), of_machine()] if counted() else []


def figures(rounds: list[Round], length: Length) -> dict[str, Any]:
    """All figures as plain data; processors are counted in CPU seconds per second."""
    result = {
        "ratio": as_json(Ratio.of([each.ratio for each in rounds])),
        "bar": BAR,
        "images_per_second": {
            "alone": round(median(each.alone.rate for each in rounds)),
            "live": round(median(each.live.work.rate for each in rounds)),
        },
        "rounds": length.rounds,
        "seconds_a_turn": length.seconds,
    }
    return result | (_of_processors(rounds) if counted() else {})


def _of_processors(rounds: list[Round]) -> dict[str, Any]:
    there = os.cpu_count() or 1
    per_second = [each.live.work.per_processor_second / each.alone.per_processor_second for each in rounds]
    on_what_is_left = [each.ratio * there / (there - (each.live.browser or 0.0)) for each in rounds]
    return {
        "processors": there,
        "processors_used": {
            "alone": round(median(each.alone.processors for each in rounds), 2),
            "app": round(median(each.live.work.processors for each in rounds), 2),
            "browser": round(median(each.live.browser or 0.0 for each in rounds), 2),
            "others": round(median(each.live.others or 0.0 for each in rounds), 2),
        },
        "ratio_per_processor_second": as_json(Ratio.of(per_second)),
        "ratio_on_processors_left": as_json(Ratio.of(on_what_is_left)),
    }


def _print_table(result: dict[str, Any]) -> None:
    table = Table(title="A run under the app with a browser watching, against the same run alone", show_header=False)
    rates = result["images_per_second"]
    table.add_row("Images per second, alone / live", f"{rates['alone']:,} / {rates['live']:,}")
    table.add_row(f"Ratio (at least {result['bar']} is asked for)", _told(result["ratio"]))
    if "processors" in result:
        used = result["processors_used"]
        busy = f"{used['alone']} alone; live {used['app']} app, {used['browser']} browser, {used['others']} others"
        table.add_row(f"Processors kept busy, of {result['processors']}", busy)
        table.add_row("Ratio on the processors that the browser leaves", _told(result["ratio_on_processors_left"]))
        table.add_row("Ratio of images per processor second, app / alone", _told(result["ratio_per_processor_second"]))
    table.add_row("Measured", f"{result['rounds']} rounds of {result['seconds_a_turn']:g} s each")
    Console().print(table)


def _told(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.2f} ({ratio['low']:.2f} … {ratio['high']:.2f})"
