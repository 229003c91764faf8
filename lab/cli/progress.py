"""Progress of a run on standard error: a bar where someone watches, plain lines where none does."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from lab.events import Evaluated, Step
from lab.training import Training

SECONDS_BETWEEN_UPDATES = 0.1
MEGABYTE = 1e6


class Meter:
    """Shows a download and a run while it goes on. Standard output is left alone."""

    def __init__(self) -> None:
        # Rich takes some environment variables for a terminal, and a log file must get no control characters.
        console = Console(stderr=True, force_terminal=sys.stderr.isatty())
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.fields[figures]}", markup=False),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._download: TaskID | None = None
        self._run: TaskID | None = None
        self._updated = 0.0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._bars.console.print(Text(line), soft_wrap=True)

    def downloaded(self, done: int, total: int) -> None:
        """Show a download: bytes so far, bytes in all."""
        if self._download is None:
            self.say(f"Downloading the images, {total / MEGABYTE:.1f} MB.")
            self._download = self._bars.add_task("Download", total=total, figures="")
        self._bars.update(self._download, completed=done, total=total, figures=f"{done / MEGABYTE:.1f} MB")

    def stepped(self, step: Step, training: Training) -> None:
        """Show how far the run is."""
        now = monotonic()
        if now - self._updated < SECONDS_BETWEEN_UPDATES:
            return
        self._updated = now
        if self._run is None:
            self._run = self._bars.add_task("Training", total=1.0, figures="")
        rate = training.images_seen / training.seconds if training.seconds else 0.0
        figures = f"epoch {step.epoch:.2f}  {_scores(step.loss, step.accuracy)}  {rate:,.0f} images/s"
        self._bars.update(self._run, completed=training.progress.fraction, figures=figures)

    def evaluated(self, event: Evaluated) -> None:
        """Print the scores on the validation images."""
        self.say(f"epoch {event.epoch:.2f}  step {event.step}  validation {_scores(*event.scores)}")


def _scores(loss: float, accuracy: float | None) -> str:
    return f"loss {loss:.4f}" if accuracy is None else f"loss {loss:.4f}  accuracy {accuracy:.2%}"
