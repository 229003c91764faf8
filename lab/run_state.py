"""All that a run is made of between two steps: what a resumed run needs to go on bit for bit (CPU, same threads)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Generator, Tensor

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
    """Let a run that has not begun go on from a state of the same experiment."""
    training.step, training.loss, training.images_seen = state["step"], state["loss"], state["images_seen"]
    training.seconds, training.looking_seconds = state["seconds"], state["looking_seconds"]
    training.evaluated_at = state["evaluated_at"]
    training.epoch_start = EpochStart(*state["epoch_start"])
    training.order.set_state(training.epoch_start.order)
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
        step, slope, scores, weights = state["kept"]
        training.kept = Kept(step, slope, Scores(*scores), weights)
