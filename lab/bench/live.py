"""`python -m lab bench live`: how fast a run is under the running app with a browser watching, against one alone."""

from __future__ import annotations

import json as json_text
import os
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

from lab.bench.alternating import Ratio, as_json
from lab.bench.contestants import CASES, experiment
from lab.bench.headless import Work, train_headless
from lab.bench.processor import below, counted, of_processes
from lab.bench.watching import App, NotWatchable, browser_page, end_run, running_app, start_run, steps_per_second
from lab.cli.errors import REFUSED
from lab.links import encode

if TYPE_CHECKING:
    from playwright.sync_api import Page

BAR = 0.9
"""The rate under the app that is asked for, in units of the rate alone."""


@dataclass(frozen=True)
class Length:
    """How long to measure: rounds, in each of which both sides train for so many seconds after warming up."""

    rounds: int = 5
    seconds: float = 15.0
    warm_up: float = 6.0


@dataclass(frozen=True)
class Round:
    """Both sides, one after the other, and the processor's seconds that the browser took in one second of it."""

    alone: Work
    live: Work
    browser: float | None


def main(json: bool = False, length: Length | None = None) -> None:
    """Measure, and print a table or one line of JSON.

    Raises:
        DataError: MNIST is not there.
        typer.Exit: there is no app or no browser.
    """
    length = length or Length()
    case = experiment(CASES["conv"], "float32")
    try:
        result = figures(measure(encode(case), case.batch_size, length), length)
    except NotWatchable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from None
    if json:
        typer.echo(json_text.dumps(result, allow_nan=False))
    else:
        _print_table(result)


def measure(link: str, batch_size: int, length: Length) -> list[Round]:
    """Train the experiment of a link by turns alone and under the app; who goes first changes from round to round.

    Raises:
        NotWatchable: there is no app or no browser.
    """
    rounds = []
    with running_app() as app, browser_page() as page:
        for number in range(length.rounds):
            if number % 2:
                live, browser = _watched(app, page, link, batch_size, length)
            alone = train_headless(link, length.warm_up, length.seconds)
            if not number % 2:
                live, browser = _watched(app, page, link, batch_size, length)
            rounds.append(Round(alone, live, browser))
            rates = f"{alone.rate:,.0f} images/s alone, {live.rate:,.0f} live"
            print(f"round {number + 1} of {length.rounds}: {rates}", file=sys.stderr, flush=True)
    return rounds


def _watched(app: App, page: Page, link: str, batch_size: int, length: Length) -> tuple[Work, float | None]:
    start_run(page, app.address, link)
    time.sleep(length.warm_up)
    browser = below(os.getpid()) - {app.pid} - below(app.pid) if counted() else set()
    before, started = [of_processes({app.pid}), of_processes(browser)], time.perf_counter()
    time.sleep(length.seconds)
    seconds = time.perf_counter() - started
    used = [of_processes({app.pid}) - before[0], of_processes(browser) - before[1]]
    images = steps_per_second(page, seconds) * batch_size * seconds
    end_run(page)
    if not counted():
        return Work(images, seconds, None), None
    return Work(images, seconds, used[0]), used[1] / seconds


def figures(rounds: list[Round], length: Length) -> dict[str, Any]:
    """All figures as plain data; processors are counted in CPU seconds per second."""
    result = {
        "ratio": as_json(Ratio.of([each.live.rate / each.alone.rate for each in rounds])),
        "bar": BAR,
        "images_per_second": {
            "alone": round(median(each.alone.rate for each in rounds)),
            "live": round(median(each.live.rate for each in rounds)),
        },
        "rounds": length.rounds,
        "seconds_a_turn": length.seconds,
    }
    return result | (_of_processors(rounds) if counted() else {})


def _of_processors(rounds: list[Round]) -> dict[str, Any]:
    there = os.cpu_count() or 1
    counts = [(each, each.alone.processor_seconds or 0.0, each.live.processor_seconds or 0.0, each.browser or 0.0)
              for each in rounds]  # fmt: skip
    return {
        "processors": there,
        "processors_used": {
            "alone": round(median(alone / each.alone.seconds for each, alone, _, _ in counts), 2),
            "app": round(median(app / each.live.seconds for each, _, app, _ in counts), 2),
            "browser": round(median(browser for *_, browser in counts), 2),
        },
        "ratio_per_processor_second": as_json(
            Ratio.of([(each.live.images / app) / (each.alone.images / alone) for each, alone, app, _ in counts])
        ),
        "ratio_on_processors_left": as_json(
            Ratio.of([each.live.rate / each.alone.rate * there / (there - browser) for each, _, _, browser in counts])
        ),
    }


def _print_table(result: dict[str, Any]) -> None:
    table = Table(title="A run under the app with a browser watching, against the same run alone", show_header=False)
    rates = result["images_per_second"]
    table.add_row("Images per second, alone / live", f"{rates['alone']:,} / {rates['live']:,}")
    table.add_row(f"Ratio (at least {result['bar']} is asked for)", _told(result["ratio"]))
    if "processors" in result:
        used = result["processors_used"]
        busy = f"{used['alone']} alone; {used['app']} the app, {used['browser']} the browser"
        table.add_row(f"Processors kept busy, of {result['processors']}", busy)
        table.add_row("Ratio on the processors that the browser leaves", _told(result["ratio_on_processors_left"]))
        table.add_row("Ratio of images per processor second, app / alone", _told(result["ratio_per_processor_second"]))
    table.add_row("Measured", f"{result['rounds']} rounds of {result['seconds_a_turn']:g} s each")
    Console().print(table)


def _told(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.2f} ({ratio['low']:.2f} … {ratio['high']:.2f})"
