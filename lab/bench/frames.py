"""`python -m lab bench frames`: what share of the training time of a run goes into its frames, and how large they are.

The same run is made twice, side by side, with frames and without, a few steps of each in turn. Most frames are of the
first steps, so the share of a run that is shorter than an epoch is larger, and that of a longer one smaller.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table

from lab.bench.contestants import CASES, Case, experiment
from lab.bench.plain import require_mnist
from lab.bench.processor import disturbance
from lab.bench.telling import tell
from lab.events import Step
from lab.probes import Frame
from lab.recorder import Recorder
from lab.training import Training

BAR = 0.05
"""The share of the training time that frames may take."""
NETS = ("conv", "autoencoder")


@dataclass(frozen=True)
class Length:
    """How long to measure."""

    epochs: float = 1.0
    """Of each run; an epoch or more says what frames cost where anybody waits for a run."""
    steps: int = 20
    """Of a turn."""


class Seconds(NamedTuple):
    """What something took."""

    elapsed: float
    processor: float
    """Of all processors together, which others that keep them busy do not add to."""

    def __add__(self, other: tuple[float, ...]) -> Seconds:  # type: ignore[override]
        return Seconds(*(one + more for one, more in zip(self, other, strict=True)))

    def __sub__(self, other: Seconds) -> Seconds:
        return Seconds(*(one - less for one, less in zip(self, other, strict=True)))

    def shares(self, of: Seconds) -> dict[str, float]:
        """Of other seconds, rounded for a file."""
        return {name: round(getattr(self, name) / getattr(of, name), 4) for name in self._fields}


def now() -> Seconds:
    """Two clocks."""
    return Seconds(time.perf_counter(), time.process_time())


class _Run:
    """One of the two, which is timed but for its evaluations."""

    def __init__(self, case: Case, length: Length, frames: bool) -> None:
        budget = f"budget={length.epochs}", "budget_unit=epochs", "evaluate_every=0.5"
        self.training = Training(experiment(case, "float32", *budget), frames=frames)
        self.recorder = Recorder()
        self.seconds = self.in_frames = Seconds(0.0, 0.0)
        self._steps = self._timed()

    def turn(self, steps: int) -> bool:
        """Make some steps; returns whether there are more."""
        return sum(1 for _ in islice(self._steps, steps)) == steps

    def _timed(self) -> Iterator[None]:
        events, began = self.training.events(), now()
        for event in events:
            self.recorder.add(event)
            took = now() - began
            if isinstance(event, Frame):
                self.in_frames += took
            if isinstance(event, Frame | Step):
                self.seconds += took
            began = now()
            if isinstance(event, Step):
                yield
                began = now()


def main(json: bool = False, length: Length | None = None) -> None:
    """Measure, and print a table or one line of JSON.

    Args:
        json: print JSON.
        length: how long to measure.

    Raises:
        DataError: MNIST is not there.
    """
    require_mnist()
    result = measure({name: CASES[name] for name in NETS}, length or Length())
    tell(result, json, _print_table)


def measure(cases: Mapping[str, Case], length: Length) -> dict[str, Any]:
    """All figures of some cases as plain data."""
    before = torch.get_num_threads()
    try:
        with disturbance() as others:
            nets = {name: _figures(name, case, length) for name, case in cases.items()}
        return {"nets": nets, "bar": BAR, "epochs": length.epochs, "processors_taken_by_others": others.share}
    finally:
        torch.set_num_threads(before)


def _figures(name: str, case: Case, length: Length) -> dict[str, Any]:
    print(f"{name}: {length.epochs:g} epochs, twice", file=sys.stderr, flush=True)
    runs = [_Run(case, length, frames) for frames in (True, False)]
    going = [True, True]
    while any(going):
        for place in (0, 1):
            going[place] = runs[place].turn(length.steps)
        runs.reverse()  # the first to go changes from turn to turn
        going.reverse()
    with_frames, without = sorted(runs, key=lambda run: not run.in_frames.elapsed)
    frames = with_frames.recorder.frames(0)
    return {
        "share": (with_frames.seconds - without.seconds).shares(without.seconds),
        "share_within": with_frames.in_frames.shares(with_frames.seconds - with_frames.in_frames),
        "frames": len(frames),
        "steps": with_frames.training.step,
        "frame_bytes": max(frame.nbytes() for frame in frames),
        "bytes": sum(frame.nbytes() for frame in frames),
    }


def _print_table(result: dict[str, Any]) -> None:
    table = Table("Net", "Steps", "Frames", "More time, by turns", "Time in frames", "kB a frame", "MB", title="Frames")
    for name, net in result["nets"].items():
        shares = (f"{net[how]['elapsed']:.1%} ({net[how]['processor']:.1%})" for how in ("share", "share_within"))
        sizes = f"{net['frame_bytes'] / 1e3:.0f}", f"{net['bytes'] / 1e6:.1f}"
        table.add_row(name, f"{net['steps']:,}", str(net["frames"]), *shares, *sizes)
    console = Console()
    console.print(table)
    words = [f"Shares of the training time, and in brackets of that of processors; {result['bar']:.0%} is allowed."]
    if result["processors_taken_by_others"] is not None:
        words.append(f"Other processes took {result['processors_taken_by_others']:.0%} of the processors meanwhile.")
    console.print(" ".join(words), soft_wrap=True)
