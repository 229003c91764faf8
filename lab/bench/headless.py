"""A process that only trains: `python -m lab.bench.headless WARM_UP SECONDS LINK...` prints one line of JSON.

Several experiments take turns, step by step, as in a race.

The live page is measured against it, in a process of its own because the app is one too.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lab.bench.contestants import engine_steps
from lab.links import decode
from lab.training import Training


class Work(NamedTuple):
    """What a process did."""

    images: float
    """Images trained on."""
    seconds: float
    """How long that took."""
    processor_seconds: float | None
    """Over all processors; None where nobody counts them."""

    @property
    def rate(self) -> float:
        """Images per second."""
        return self.images / self.seconds

    @property
    def processors(self) -> float:
        """Processors kept busy, in CPU seconds per second."""
        return (self.processor_seconds or math.nan) / self.seconds

    @property
    def per_processor_second(self) -> float:
        """Images per second of a processor."""
        return self.images / (self.processor_seconds or math.nan)


def train_headless(links: Sequence[str], warm_up: float, seconds: float) -> Work:
    """Train the experiments of some links in a new process, for so many seconds after those to warm up."""
    command = [sys.executable, "-m", "lab.bench.headless", str(warm_up), str(seconds), *links]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Work(*json.loads(done.stdout.splitlines()[-1]))


def _train(trainings: Sequence[Training], warm_up: float, seconds: float) -> Work:
    steps = _in_turn([engine_steps(training, None) for training in trainings])
    _for(steps, warm_up)
    started, processor = time.perf_counter(), time.process_time()
    images = _for(steps, seconds)
    return Work(images, time.perf_counter() - started, time.process_time() - processor)


def _in_turn(runs: Sequence[Iterator[int]]) -> Iterator[int]:
    while True:
        for steps in runs:
            yield next(steps)


def _for(steps: Iterator[int], seconds: float) -> int:
    images, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        images += next(steps)
    return images


if __name__ == "__main__":
    durations, texts = sys.argv[1:3], sys.argv[3:]
    print(json.dumps(_train([Training(decode(text)) for text in texts], *map(float, durations))))
