"""All that a run is made of between two steps: what a resumed run needs to go on bit for bit (CPU, same threads)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Generator, Size, Tensor

from lab.evaluation import Scores

if TYPE_CHECKING:
    from lab.training import Training

State = dict[str, Any]
"""Dictionaries, lists and tuples of tensors, numbers, strings and None."""


class Kept(NamedTuple):
    """The weights that would be reported if the run ended now."""

    step: int
    slope: float
    scores: Scores
    weights: dict[str, Tensor]


class EpochStart(NamedTuple):
    """Where an epoch began, for a resumed run to draw the same order again."""

    step: int
    order: Tensor
    """State of the generator of orders before it drew this epoch's."""
    shifts: Tensor | None = None
    """The same of the generator of shifts, where images are shifted."""

    @classmethod
    def at(cls, step: int, order: Generator, shifts: Generator | None) -> EpochStart:
        """An epoch that begins now."""
        return cls(step, order.get_state(), None if shifts is None else shifts.get_state())

    def draw_again(self, order: Generator, shifts: Generator | None) -> None:
        """Put the generators back to where they were."""
        order.set_state(self.order)
        if shifts is not None and self.shifts is not None:
            shifts.set_state(self.shifts)


def state_of(training: Training) -> State:
    """The state of a run, not copied. What it still has to do at its step it does when it goes on."""
    kept = training.kept
    return {
        "step": training.step,
        "loss": training.loss,
        "images_seen": training.images_seen,
        "seconds": training.seconds,
        "looking_seconds": training.looking_seconds,
        "evaluated_at": training.evaluated_at,
        "epoch_start": tuple(training.epoch_start),
        "noise": training.noise.get_state(),
        "flips": training.flips.get_state(),
        "net": training.weights,
        "estimator": None if training.state is None else training.state.state_dict(),
        "updates": training.updates.state_dict(),
        "watch": training.watch.state_dict(),
        "kept": None if kept is None else (kept.step, kept.slope, tuple(kept.scores), kept.weights),
    }


def restore(training: Training, state: State) -> None:
    """Let a run that has not begun go on from a state of the same experiment.

    Raises:
        ValueError, TypeError, RuntimeError, LookupError: it is of another one, or was spoiled.
    """
    training.step, training.images_seen = int(state["step"]), int(state["images_seen"])
    training.evaluated_at, training.loss = int(state["evaluated_at"]), float(state["loss"])
    training.seconds, training.looking_seconds = float(state["seconds"]), float(state["looking_seconds"])
    began, *orders = state["epoch_start"]
    training.epoch_start = EpochStart(int(began), *orders)
    training.epoch_start.draw_again(training.order, training.shifts)
    training.noise.set_state(state["noise"])
    training.flips.set_state(state["flips"])
    training.net.load_state_dict(state["net"])
    if training.state is not None:
        training.state.load_state_dict(state["estimator"])
    training.updates.load_state_dict(state["updates"])
    if "watch" in state:
        training.watch.load_state_dict(state["watch"])
    else:  # of a lab that did not watch bits yet
        training.watch.begin(training.step)
    if state["kept"] is not None:
        step, slope, (loss, accuracy), weights = state["kept"]
        if _shapes(weights) != _shapes(training.net.state_dict()):
            raise ValueError("the kept weights are of another net")
        scores = Scores(float(loss), None if accuracy is None else float(accuracy))
        training.kept = Kept(int(step), float(slope), scores, weights)


def _shapes(weights: dict[str, Tensor]) -> dict[str, Size]:
    return {name: weight.shape for name, weight in weights.items()}
