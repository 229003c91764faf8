"""A process that only trains: `python -m lab.bench.headless LINK WARM_UP SECONDS` prints one line of JSON.

The live page is measured against it, in a process of its own because the app is one too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from lab.bench.contestants import engine_steps
from lab.links import decode
from lab.training import Training


class Work(NamedTuple):
    """Images trained on, the seconds that took, and the processor's seconds it took; None where nobody counts them."""

    images: float
    seconds: float
    processor_seconds: float | None

    @property
    def rate(self) -> float:
        """Images per second."""
        return self.images / self.seconds


def train_headless(link: str, warm_up: float, seconds: float) -> Work:
    """Train the experiment of a link in a new process, for so many seconds after those to warm up."""
    command = [sys.executable, "-m", "lab.bench.headless", link, str(warm_up), str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Work(*json.loads(done.stdout.splitlines()[-1]))


def _train(training: Training, warm_up: float, seconds: float) -> Work:
    steps = engine_steps(training, None)
    _for(steps, warm_up)
    started, processor = time.perf_counter(), time.process_time()
    images = _for(steps, seconds)
    return Work(images, time.perf_counter() - started, time.process_time() - processor)


def _for(steps: Iterator[int], seconds: float) -> int:
    images, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        images += next(steps)
    return images


if __name__ == "__main__":
    text, *durations = sys.argv[1:]
    print(json.dumps(_train(Training(decode(text)), *map(float, durations))))
