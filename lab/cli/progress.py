"""Progress of a run on standard error."""

from __future__ import annotations

from time import monotonic

from rich.progress import TaskID, TextColumn, TimeRemainingColumn

from lab.cli.meter import Meter
from lab.events import Evaluated, Step
from lab.training import Training

SECONDS_BETWEEN_UPDATES = 0.1


class RunMeter(Meter):
    """Shows a download and a run while it goes on."""

    def __init__(self) -> None:
        super().__init__(TextColumn("{task.fields[figures]}", markup=False), TimeRemainingColumn())
        self._run: TaskID | None = None
        self._updated = 0.0

    def stepped(self, step: Step, training: Training) -> None:
        """Show how far the run is."""
        now = monotonic()
        if now - self._updated < SECONDS_BETWEEN_UPDATES:
            return
        self._updated = now
        if self._run is None:
            self._run = self.bars.add_task("Training", total=1.0, figures="")
        rate = training.images_seen / training.seconds if training.seconds else 0.0
        figures = f"epoch {step.epoch:.2f}  {_scores(step.loss, step.accuracy)}  {rate:,.0f} images/s"
        self.bars.update(self._run, completed=training.progress.fraction, figures=figures)

    def evaluated(self, event: Evaluated) -> None:
        """Print the scores on the validation images."""
        self.say(f"epoch {event.epoch:.2f}  step {event.step}  validation {_scores(*event.scores)}")


def _scores(loss: float, accuracy: float | None) -> str:
    return f"loss {loss:.4f}" if accuracy is None else f"loss {loss:.4f}  accuracy {accuracy:.2%}"
