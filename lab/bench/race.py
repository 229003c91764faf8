"""`python -m lab bench race`: what a race costs, against its contestants one after the other."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

import torch
from rich.console import Console
from rich.table import Table

from lab.bench.alternating import Ratio, as_json
from lab.bench.contestants import CASES, experiment
from lab.bench.plain import require_mnist
from lab.bench.processor import disturbance
from lab.bench.telling import tell
from lab.experiment import Experiment
from lab.jobs import Job, Jobs

BAR = 1.1
"""The cost of a race that is allowed, in units of the sum of its separate runs."""
ESTIMATORS = ("identity", "hard-sigmoid", "bernoulli", "saturated", "approx-sign", "reinmax")


@dataclass(frozen=True)
class Length:
    """How long to measure: rounds, in each of which every contestant makes so many steps in a race and alone."""

    counts: tuple[int, ...] = (2, 4, 6)
    """How many contestants race."""
    rounds: int = 5
    steps: int = 400


class Cost(NamedTuple):
    """What jobs took."""

    seconds: float
    processor: float
    """Seconds of all processors together, which others that keep them busy do not add to."""


class Round(NamedTuple):
    """What the same contestants took."""

    race: Cost
    separate: Cost
    """The sum."""


def main(json: bool = False, length: Length | None = None) -> None:
    """Measure, and print a table or one line of JSON.

    Args:
        json: print JSON.
        length: how long to measure.

    Raises:
        DataError: MNIST is not there.
    """
    require_mnist()
    length = length or Length()
    contestants = [
        experiment(CASES["conv"], "float32", f"estimator={name}", f"budget={length.steps}") for name in ESTIMATORS
    ]
    result = measure(contestants, length)
    tell(result, json, _print_table)


def measure(contestants: Sequence[Experiment], length: Length) -> dict[str, Any]:
    """Let the first of some contestants race each other, and run alone; all figures as plain data.

    Both are jobs as the app has them, from the initial weights to the report on the test images, and kept on disk.
    """
    with TemporaryDirectory() as folder, disturbance() as others:
        runs = Path(folder)
        cost_of(contestants[:1], runs)  # reads the images, and lets the library choose its kernels
        rounds = {count: _rounds(contestants[:count], length.rounds, runs) for count in length.counts}
    return {
        "ratios": {str(count): _ratio(of, "seconds") for count, of in rounds.items()},
        "bar": BAR,
        "processor_ratios": {str(count): _ratio(of, "processor") for count, of in rounds.items()},
        "seconds": {
            str(count): {
                "race": round(median(each.race.seconds for each in of), 3),
                "separate": round(median(each.separate.seconds for each in of), 3),
            }
            for count, of in rounds.items()
        },
        "rounds": length.rounds,
        "steps": int(contestants[0].budget),
        "threads": contestants[0].threads,
        "torch": torch.__version__,
        "processors_taken_by_others": others.share,
        "load": [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def cost_of(contestants: Sequence[Experiment], runs: Path) -> Cost:
    """What a job of these takes.

    Raises:
        RuntimeError: it did not come to its end.
    """
    started, used = time.perf_counter(), time.process_time()
    finished(contestants, runs)
    return Cost(time.perf_counter() - started, time.process_time() - used)


def finished(contestants: Sequence[Experiment], runs: Path) -> Job:
    """A job of these that has come to its end, and is kept in a folder.

    Raises:
        RuntimeError: it did not.
    """
    jobs = Jobs(running_at_once=1)
    jobs.runs_folder = runs
    job = jobs.start(contestants, "benchmark")
    job.wait()
    if job.status != "finished":
        raise RuntimeError(f"A job of the benchmark {job.status}: {job.view().message}")
    return job


def _rounds(contestants: Sequence[Experiment], rounds: int, runs: Path) -> list[Round]:
    """Who goes first changes from round to round, so that a machine that gets busier slows both alike."""
    found = []
    for number in range(rounds):
        before = cost_of(contestants, runs) if number % 2 else None
        apart = [cost_of([contestant], runs) for contestant in contestants]
        separate = Cost(sum(each.seconds for each in apart), sum(each.processor for each in apart))
        found.append(Round(before or cost_of(contestants, runs), separate))
        told = f"{found[-1].race.seconds:.2f} s, {separate.seconds:.2f} s apart"
        print(f"race of {len(contestants)}, round {number + 1} of {rounds}: {told}", file=sys.stderr, flush=True)
    return found


def _ratio(rounds: Sequence[Round], of: Literal["seconds", "processor"]) -> dict[str, float]:
    return as_json(Ratio.of([getattr(each.race, of) / getattr(each.separate, of) for each in rounds]))


def _print_table(result: dict[str, Any]) -> None:
    columns = "Contestants", "Race (s)", "Apart (s)", "Ratio", "Low … high", "Ratio of processor seconds"
    table = Table(*columns, title="A race against separate runs")
    for count, ratio in result["ratios"].items():
        seconds = result["seconds"][count]
        low_high = f"{ratio['low']:.2f} … {ratio['high']:.2f}"
        figures = f"{seconds['race']:.2f}", f"{seconds['separate']:.2f}", f"{ratio['median']:.2f}", low_high
        table.add_row(count, *figures, f"{result['processor_ratios'][count]['median']:.2f}")
    table.caption = (
        f"At most {result['bar']} is asked for. {result['rounds']} rounds of {result['steps']} steps each, "
        f"{result['threads']} threads, PyTorch {result['torch']}."
    )
    console = Console()
    console.print(table)
    if result["processors_taken_by_others"] is not None:
        console.print(f"Other processes took {result['processors_taken_by_others']:.0%} of the processors meanwhile.")
