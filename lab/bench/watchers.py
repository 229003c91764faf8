"""`python -m lab bench watchers`: a race that many watch, against the same race alone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

from lab.bench.alternating import Ratio, as_json
from lab.bench.audience import Audience
from lab.bench.contestants import CASES, experiment
from lab.bench.headless import Work, train_headless
from lab.bench.live import APP
from lab.bench.processor import PROC, counted, of_processes
from lab.bench.serving import App, running_app, running_browser
from lab.bench.telling import page_explained, tell
from lab.bench.watching import boards_seen, watch_race, watched_page
from lab.experiment import Experiment
from lab.links import encode
from lab.store import RUNS_VARIABLE

if TYPE_CHECKING:
    from playwright.sync_api import Page

ESTIMATORS = ("identity", "hard-sigmoid", "bernoulli")
RATIO_ASKED = 0.8
"""The rate with all watchers, in units of the rate alone."""
WAIT_ASKED = 3.0
"""Seconds until any watcher is shown something new."""
GROWTH_ASKED = 0.05
"""Memory is flat if its median over the last quarter of the time lies at most this share above that over the second.

What the recorders of a race keep by design, some 80 bytes a step and contestant, is far below that, and so is the noise
of the allocator; one board in a thousand that was kept by mistake would be above it.
"""
SECONDS_BETWEEN_SAMPLES = 1.0


@dataclass(frozen=True)
class Length:
    """How many watch, and how long: rounds, in each of which they watch for a while, then the race trains alone."""

    watchers: int = 30
    minutes: float = 30.0
    """Watched, over all rounds."""
    round: float = 60.0
    """Seconds watched in each round, and half as many alone."""
    warm_up: float = 10.0

    @property
    def rounds(self) -> int:
        """At least one."""
        return max(1, round(60 * self.minutes / self.round))


class Turn(NamedTuple):
    """The race under the app with everybody watching."""

    steps_per_second: float
    """Of all contestants together."""
    waits: list[float]
    """Seconds: the longest of every watcher between two updates, that of the browser last."""
    updates: int
    memory: list[int]
    """Resident bytes of the app, sampled; none where the system does not tell."""
    processors: float | None
    """CPU seconds per second that the app uses."""
    load: float
    """Processes on this machine that want a processor, everything counted."""


class Round(NamedTuple):
    """Both sides, one after the other."""

    watched: Turn
    alone: Work


def main(json: bool = False, length: Length | None = None) -> None:
    """Measure, and print a table or one line of JSON.

    Raises:
        DataError: MNIST is not there.
        typer.Exit: there is no app or no browser.
    """
    length = length or Length()
    with page_explained():
        result = figures(measure(race(), length), length)
    tell(result, json, _print_table)


def race() -> list[Experiment]:
    """The contestants: the convolutional net on MNIST, under the estimators that the Compare page proposes.

    Raises:
        DataError: MNIST is not there.
    """
    return [experiment(CASES["conv"], "float32", f"estimator.name={name}") for name in ESTIMATORS]


def measure(contestants: Sequence[Experiment], length: Length) -> list[tuple[float, Round]]:
    """Let a race train by turns watched and alone; gives the ratio of their rates with each round.

    Raises:
        NotStarted: there is no app or no browser.
        NothingShown: a watcher sees no race.
    """
    rounds: list[tuple[float, Round]] = []
    links, batch_size = [encode(contestant) for contestant in contestants], contestants[0].batch_size
    with (
        raced(links, length.watchers - 1) as (app, audience),
        running_browser() as browser,
        watched_page(browser) as page,
    ):
        watch_race(page, app.address, audience.run)
        for number in range(1, length.rounds + 1):
            audience.sleep(False)
            time.sleep(length.warm_up)
            watched = _turn(app, audience, page, length.round)
            audience.press("Pause")
            audience.sleep(True)
            alone = train_headless(links, length.warm_up / 2, length.round / 2)
            audience.press("Play")
            ratio = watched.steps_per_second * batch_size / alone.rate
            rounds.append((ratio, Round(watched, alone)))
            told = f"ratio {ratio:.2f}, longest wait {max(watched.waits):.1f} s, {watched.memory[-1] / 2**20:,.0f} MiB"
            print(f"round {number} of {length.rounds}: {told}; load {watched.load:.1f}", file=sys.stderr, flush=True)
    return rounds


@contextmanager
def raced(links: Sequence[str], watchers: int) -> Iterator[tuple[App, Audience]]:
    """A race under an app of its own, with so many watchers.

    Raises:
        NotStarted: there is no app.
        NothingShown: a watcher sees no race.
    """
    with (
        TemporaryDirectory() as runs,
        running_app(APP, {RUNS_VARIABLE: runs}) as app,
        Audience(app.address) as audience,
    ):
        audience.start(links)
        audience.join(watchers - 1)
        yield app, audience


def _turn(app: App, audience: Audience, page: Page, seconds: float) -> Turn:
    started, (first_at, first), used = time.monotonic(), audience.steps(), _used(app)
    memory: list[int] = []
    while time.monotonic() < started + seconds:
        memory += [_resident_bytes(app.pid)] if counted() else []
        time.sleep(SECONDS_BETWEEN_SAMPLES)
    ended, (last_at, last) = time.monotonic(), audience.steps()
    seen = [[update.at for update in watcher.updates] for watcher in audience.watchers]
    waits = [longest_wait(times, started, ended) for times in seen]
    in_browser = boards_seen(page, ended - started)
    waits.append(longest_wait(in_browser, 0.0, ended - started))
    return Turn(
        (last - first) / (last_at - first_at) if last_at > first_at else 0.0,
        waits,
        sum(started <= at <= ended for times in seen for at in times) + len(in_browser),
        memory,
        None if used is None else (of_processes({app.pid}) - used) / (ended - started),
        os.getloadavg()[0],
    )


def longest_wait(times: Sequence[float], started: float, ended: float) -> float:
    """The longest time between two updates from one moment to another, both of which count as updates too."""
    inside = [at for at in times if started < at < ended]
    return max(later - earlier for earlier, later in pairwise([started, *inside, ended]))


def _used(app: App) -> float | None:
    return of_processes({app.pid}) if counted() else None


def _resident_bytes(pid: int) -> int:
    pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def growth(memory: Sequence[float]) -> float:
    """How far the median of the last quarter of the samples lies above that of the second, as a share of this."""
    quarter = max(1, len(memory) // 4)
    before, after = median(memory[quarter : 2 * quarter] or memory), median(memory[-quarter:])
    return after / before - 1


def figures(rounds: Sequence[tuple[float, Round]], length: Length) -> dict[str, Any]:
    """All figures as plain data."""
    turns = [each.watched for _, each in rounds]
    memory = [sample for turn in turns for sample in turn.memory]
    waits = [wait for turn in turns for wait in turn.waits]
    result = {
        "watchers": length.watchers,
        "minutes": length.minutes,
        "rounds": len(rounds),
        "ratio": as_json(Ratio.of([ratio for ratio, _ in rounds])),
        "ratio_asked": RATIO_ASKED,
        "longest_wait_seconds": round(max(waits), 2),
        "longest_wait_asked": WAIT_ASKED,
        "longest_wait_typical": round(median(waits), 2),
        "updates": sum(turn.updates for turn in turns),
        "processors": os.cpu_count(),
        "load": round(median(turn.load for turn in turns), 1),
    }
    used = [turn.processors for turn in turns if turn.processors is not None]
    if not used:
        return result
    counts = {
        "memory_mib": {"first": round(memory[0] / 2**20), "last": round(memory[-1] / 2**20)},
        "memory_growth": round(growth(memory), 3),
        "memory_growth_asked": GROWTH_ASKED,
        "processors_used_by_app": round(median(used), 2),
    }
    return result | counts


def _print_table(result: dict[str, Any]) -> None:
    table = Table(title=f"A race that {result['watchers']} watch, against the same race alone", show_header=False)
    ratio = result["ratio"]
    told = f"{ratio['median']:.2f} ({ratio['low']:.2f} … {ratio['high']:.2f})"
    table.add_row(f"Ratio of rates (at least {result['ratio_asked']} is asked for)", told)
    waits = f"{result['longest_wait_seconds']} s; typically {result['longest_wait_typical']} s"
    table.add_row(f"Longest wait for an update (at most {result['longest_wait_asked']:g} s)", waits)
    if "memory_mib" in result:
        memory = result["memory_mib"]
        grown = f"{memory['first']:,} … {memory['last']:,} MiB, growth {100 * result['memory_growth']:.1f} %"
        table.add_row(f"Memory (growth of at most {100 * result['memory_growth_asked']:g} %)", grown)
        table.add_row("Processors kept busy by the app", str(result["processors_used_by_app"]))
    table.add_row("Load of the machine, everything counted", f"{result['load']} on {result['processors']} processors")
    table.add_row("Measured", f"{result['rounds']} rounds, {result['minutes']:g} minutes watched")
    Console().print(table)
