"""The engine: one run as a generator of events. Knows no threads, files, printing or user interface.

Pausing is not asking for the next event; a race asks several runs in turn.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import dropwhile
from time import perf_counter

import torch
from torch import Tensor

from lab.bit_watch import BitWatch
from lab.data import split
from lab.data.base import OnProgress
from lab.data.batches import Batches
from lab.devices import computing_with, resolve_device
from lab.evaluation import Scores, autocast, evaluate
from lab.events import Evaluated, Event, Finished, Health, Report, Step
from lab.experiment import Experiment
from lab.models import Rollout, stream
from lab.optimizers import split as split_parameters
from lab.probes import Frame, Specimen, probe
from lab.probes.frame import frame_due
from lab.probes.health import Checkup, checkup_steps
from lab.probes.specimen import initial_net
from lab.run_state import EpochStart, Kept
from lab.schedules import Progress


class _Diverged(Exception):
    """A loss that is no number any more."""


class Training:
    """One run: net, data, optimizer and random streams of an experiment. `events()` runs it.

    Args:
        experiment: what to run.
        on_progress: told of a download, (bytes so far, bytes in all).
        checkups: whether some steps are measured for gradient health; changes no number of the run.
        frames: whether the run shows what is inside its net now and then; changes no number either.

    Raises:
        DataError: the images cannot be had.
        DeviceMissing: the device is not there.
    """

    def __init__(
        self, experiment: Experiment, on_progress: OnProgress | None = None, checkups: bool = True, frames: bool = True
    ) -> None:
        self.experiment, self._frames = experiment, frames
        self.device = resolve_device(experiment.device)
        self.images = experiment.dataset.images(on_progress)
        self.scale = experiment.architecture.normalization(self.images)
        self.indices = split(experiment.dataset, self.images, stream(experiment.seed, "split"), experiment.subset)
        self.net = initial_net(experiment, self.device)
        self.state = experiment.estimator.new_state(experiment.architecture.shapes)
        if self.state is not None:
            self.state.to(self.device)
        self.noise, self.flips = self._generator("noise"), self._generator("flips")
        parameters, keeps_bits = split_parameters(self.net), experiment.optimizer.needs_binary_weights
        self.updates = experiment.optimizer.start(parameters, self.flips)
        self.order = torch.Generator().manual_seed(stream(experiment.seed, "order"))
        self.shifts = torch.Generator().manual_seed(stream(experiment.seed, "shifts")) if experiment.shift else None
        served = self.images.train, self.images.train_labels, self.indices.train, experiment.batch_size
        self.batches = Batches(*served, self.scale, self.device, self.order, experiment.shift, self.shifts)
        self.step = 0
        self.loss = 0.0
        """Of the last step."""
        self.epoch_start = EpochStart.at(0, self.order, self.shifts)
        self.evaluated_at = 0
        """The step of the last evaluation."""
        self.seconds = 0.0
        """Time spent training."""
        self.looking_seconds = 0.0
        """Time spent on evaluations, frames and checkups."""
        self.images_seen = 0
        self._validation = self.images.train[self.indices.validation]
        self._validation_labels = self.images.train_labels[self.indices.validation]
        self.kept: Kept | None = None
        self._last_weights: dict[str, Tensor] | None = None
        """The weights after the last step, where the net shows the reported ones in their place."""
        self._last = False
        """Whether the budget was used up after the last step: asked once, for looks take time of a budget too."""
        watched = stream(experiment.seed, "watched")
        self.watch = BitWatch(parameters.binary, keeps_bits, self.batches.steps_per_epoch, watched)
        self._parameters = list(self.net.parameters())
        self._checkups = checkup_steps(self.batches.steps_per_epoch) if checkups else iter(())
        self._checkup_due: int | None = None

    def events(self) -> Iterator[Event]:
        """Run to the end of the budget, one event at a time."""
        run = self._run()
        while (event := self._with_its_threads(run)) is not None:
            yield event

    def _with_its_threads(self, run: Iterator[Event]) -> Event | None:
        """The next event. Others take turns in this thread, so their number of threads is given back after each."""
        with computing_with(self.experiment.threads):
            try:
                return next(run, None)
            except _Diverged as diverged:
                return Finished("diverged", str(diverged), None)

    def _run(self) -> Iterator[Event]:
        self.net.train()
        pending = self.evaluated_at < self.step  # a resumed run has still to look at what its last step made
        self._checkups = dropwhile(lambda step: step <= self.step, self._checkups)
        self._checkup_due = next(self._checkups, None)
        self._last = self.step > 0 and self._spent()
        if self.step == 0 and self._frames:
            yield self._framed()
        if pending:
            yield from self._looks()
        for inputs, targets in self._batches():
            yield from self._train(inputs, targets)
            yield from self._looks()
        yield Finished("done", "The budget is used up.", self._report())

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches up to the end of the budget, from the step on where the run is."""
        self.epoch_start.draw_again(self.order, self.shifts)
        while not self._last:
            for batch in self.batches.epoch(skip=self.step - self.epoch_start.step):
                yield batch
                if self._last:
                    return
            self.epoch_start = EpochStart.at(self.step, self.order, self.shifts)

    def _looks(self) -> Iterator[Event]:
        """What follows a step: the evaluation and the frame that are due, and perhaps the end."""
        self._require_finite("training loss", self.loss)
        self._last = self._spent()
        every = max(1, round(self.experiment.evaluate_every * self.batches.steps_per_epoch))
        if self.step % every == 0 or self._last:
            evaluated = self._evaluated()
            yield evaluated
            self._require_finite("validation loss", evaluated.scores.loss)
            for what, total in self.net.sums():  # no loss tells: of a NaN binary units make a bit
                self._require_finite(what, total)
        if self._frames and (self._last or frame_due(self.step, every)):
            yield self._framed()

    def frame(self) -> Frame:
        """What can be seen inside the net now. Leaves no trace in the run."""
        specimen = self.specimen()
        return probe(specimen, specimen.step / self.batches.steps_per_epoch)

    def specimen(self) -> Specimen:
        """The net as it is now; it goes on training where the run does."""
        shown = self.kept if self._last_weights is not None else None
        # The step and the slope that belong to the weights of the net.
        step, slope = (shown.step, shown.slope) if shown else (self.step, self.slope)
        images, test = (self._validation, self._validation_labels), (self.images.test, self.images.test_labels)
        return Specimen(self.experiment, self.net, *images, self.scale, slope, step, *test)

    @property
    def progress(self) -> Progress:
        """Where the run is."""
        return self._progress_at(self.step)

    def _progress_at(self, step: int) -> Progress:
        budget, per_epoch = self.experiment.budget, self.batches.steps_per_epoch
        if self.experiment.budget_unit == "seconds":
            spent = self.seconds + self.looking_seconds
            steps = max(1.0, self.step * budget / spent) if self.step else math.inf
        else:
            steps = max(1.0, round(budget * (per_epoch if self.experiment.budget_unit == "epochs" else 1)))
        return Progress(step, steps, step / per_epoch, steps / per_epoch)

    @property
    def slope(self) -> float:
        """The slope of the units in the last step, which the weights are made for; in the first one before it."""
        return self.experiment.slope.at(self._progress_at(max(0, self.step - 1)))

    def _spent(self) -> bool:
        if self.experiment.budget_unit == "seconds":
            return self.seconds + self.looking_seconds >= self.experiment.budget
        return self.step >= self.progress.steps

    def _train(self, inputs: Tensor, targets: Tensor) -> list[Event]:
        started, looked = perf_counter(), self.looking_seconds
        progress = self.progress
        slope = self.experiment.slope.at(progress)
        rollout = Rollout(self.net, inputs, targets, self.experiment.estimator, slope, self.noise)
        with autocast(self.experiment, self.device):
            loss = self.experiment.estimator.loss(rollout, self.state)
        loss.backward()
        checkup = self._checkup(rollout)
        flips = self.watch.look(self.step + 1, self.updates.step(progress, self.watch.counts(self.step + 1)))
        self.loss, accuracy = self._measured(rollout)
        self._release()
        self.step += 1
        self.images_seen += len(inputs)
        epoch = self.step / self.batches.steps_per_epoch
        health: list[Event] = []
        if checkup is not None:
            with self._looking():
                health = [Health(self.step, epoch, checkup.layers(), checkup.sites)]
        self.seconds += perf_counter() - started - (self.looking_seconds - looked)
        return [*health, Step(self.step, epoch, self.loss, accuracy, slope, self.updates.rates, flips, self.seconds)]

    def _checkup(self, rollout: Rollout) -> Checkup | None:
        """The first half of a checkup of the step under way, if it is due."""
        if self.step + 1 != self._checkup_due:
            return None
        self._checkup_due = next(self._checkups)
        with self._looking():
            return Checkup(self.net, rollout, self.experiment.architecture.site_names)

    def _measured(self, rollout: Rollout) -> tuple[float, float | None]:
        """Loss and accuracy of the step's first pass."""
        first = rollout.first
        assert first is not None
        loss = first.loss.mean().item()
        if self.net.task == "reconstruction":
            return loss, None
        hits = first.output.argmax(1).view(-1, len(rollout.targets)) == rollout.targets
        return loss, hits.sum().item() / hits.numel()

    def _release(self) -> None:
        """Free what only this step needs, so that the next one finds the same memory, still in the cache."""
        for parameter in self._parameters:
            parameter.grad = None
        for norm in self.net.norms:
            norm.last = None

    def _framed(self) -> Frame:
        with self._looking():
            return self.frame()

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """Count the time of what is no training."""
        started = perf_counter()
        yield
        self.looking_seconds += perf_counter() - started

    def _evaluated(self) -> Evaluated:
        with self._looking():
            scores = self._scores(self._validation, self._validation_labels, self.slope)
            kept, self.evaluated_at = self.kept, self.step
            if kept is None or scores.better(kept.scores, self.experiment.report):
                self.kept = Kept(self.step, self.slope, scores, copy.deepcopy(self.net.state_dict()))
        return Evaluated(self.step, self.step / self.batches.steps_per_epoch, scores)

    @property
    def weights(self) -> dict[str, Tensor]:
        """Parameters and buffers after the last step, not copied."""
        return self.net.state_dict() if self._last_weights is None else self._last_weights

    def show_reported(self) -> Kept:
        """Give the net the weights that are reported, once the run has ended, so that pictures match."""
        assert self.kept is not None
        self._last_weights = copy.deepcopy(self.net.state_dict())
        self.net.load_state_dict(self.kept.weights)
        return self.kept

    def _report(self) -> Report:
        """Score the weights to be reported on the test images."""
        kept = self.show_reported()
        test = self._scores(self.images.test, self.images.test_labels, kept.slope)
        epochs = self.step / self.batches.steps_per_epoch
        rate = self.images_seen / self.seconds if self.seconds else 0.0
        return Report(self.step, epochs, test, kept.scores, kept.step, rate)

    def _scores(self, images: Tensor, labels: Tensor, slope: float) -> Scores:
        return evaluate(self.net, self.experiment, images, labels, self.scale, slope)

    def _require_finite(self, what: str, value: float) -> None:
        if not math.isfinite(value):
            raise _Diverged(
                f"The {what} became {value} at step {self.step}, and the run ended there. "
                "A smaller learning rate or slope usually helps."
            )

    def _generator(self, purpose: str) -> torch.Generator:
        return torch.Generator(self.device).manual_seed(stream(self.experiment.seed, purpose))


def train(experiment: Experiment) -> Iterator[Event]:
    """Run an experiment, one event at a time.

    Raises:
        DataError: the images cannot be had.
        DeviceMissing: the device is not there.
    """
    return Training(experiment).events()
