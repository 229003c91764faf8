"""The weights of a moment: those that its frame has, or of a net that is too large for that the nearest there are.

There are those of other frames, and those before the first step, drawn again from the seed. Of a job that trains there
are those of now, copied by its own thread between two steps; of one at rest those that it shows, those after its last
step and those it reports. What was loaded once is there, too, while it is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lab.jobs.job import Job
from lab.jobs.loaded_nets import LoadedNet, Nets
from lab.probes import Frame, Specimen
from lab.recorder import Snapshot
from lab.store.weights import KeptWeights, last_weights, reported_weights

PATIENCE = 5.0
"""Seconds to wait for a copy of the net that trains: others may be asking it, too."""


class _Source(NamedTuple):
    step: int
    """Of the weights; of a net that trains they may be a little later."""
    load: Callable[[], LoadedNet | None]
    """Gives a net with them, or None where they are not there any more."""


def nearest(job: Job, contestant: int, snapshot: Snapshot, nets: Nets, frame: Frame) -> LoadedNet:
    """A net with the weights of a frame, or those of the nearest step; of two that are as near, of the later.

    Args:
        job: under way, ended, or here to be looked at alone.
        contestant: its place among those of the job.
        snapshot: what is remembered of it.
        nets: its nets.
        frame: one of the contestant.
    """
    sources = [*_of_frames([frame, *snapshot.frames], nets), *_others(job, contestant, snapshot, nets)]
    for source in sorted(sources, key=lambda source: (abs(source.step - frame.step), -source.step)):
        if (net := source.load()) is not None:
            return net
    return nets.initial()


def weights_in(frame: Frame, nets: Nets) -> tuple[dict[str, Tensor], float] | None:
    """The weights that a frame has, with their slope; None where there are none, or those of another net."""
    if frame.weights is None or frame.slope is None:
        return None
    tensors = {name: torch.from_numpy(array) for name, array in frame.weights.items()}
    return (tensors, frame.slope) if nets.fits(tensors) else None


def _of_frames(frames: Iterable[Frame], nets: Nets) -> Iterator[_Source]:
    for frame in frames:
        if frame.weights is not None:
            yield _Source(frame.step, partial(_loaded, frame, nets))


def _loaded(frame: Frame, nets: Nets) -> LoadedNet | None:
    if (net := nets.at_hand(frame.step)) is not None:
        return net
    weights = weights_in(frame, nets)
    return None if weights is None else nets.loaded(*weights, frame.step)


def _others(job: Job, contestant: int, snapshot: Snapshot, nets: Nets) -> Iterator[_Source]:
    yield _Source(0, nets.initial)
    for step in nets.steps_at_hand():
        yield _Source(step, partial(nets.at_hand, step))
    last = int(snapshot.steps["step"][-1]) if len(snapshot.steps["step"]) else 0
    if not job.ended:
        if job.status in ("running", "queued", "paused"):
            yield _Source(last, lambda: _asked(job, contestant, nets))
        return
    if snapshot.frame is not None:  # of a job at rest the net that it shows
        yield _Source(snapshot.frame.step, lambda: _asked(job, contestant, nets))
    if (folder := job.kept_in) is not None:
        yield _Source(last, lambda: _read(last_weights(folder, contestant), snapshot, nets))
        if snapshot.report is not None:
            reported = snapshot.report.reported_step
            yield _Source(reported, lambda: _read(reported_weights(folder, contestant), snapshot, nets))


def _asked(job: Job, contestant: int, nets: Nets) -> LoadedNet | None:
    """With the weights of the job's own net, copied by whoever may touch it."""

    def copy(specimens: Sequence[Specimen]) -> tuple[Mapping[str, Tensor], float, int]:
        specimen = specimens[contestant]
        if specimen.experiment != nets.experiment:  # it was rewound meanwhile
            raise LookupError("the net is of another start")
        weights = {name: value.clone() for name, value in specimen.net.state_dict().items()}
        return weights, specimen.slope, specimen.step

    answer = job.questions.ask(copy)
    with suppress(TimeoutError, CancelledError, LookupError):
        weights, slope, step = answer.result(PATIENCE)
        return nets.loaded(weights, slope, step)
    answer.cancel()
    return None


def _read(kept: KeptWeights | None, snapshot: Snapshot, nets: Nets) -> LoadedNet | None:
    """With weights from the job's folder."""
    if kept is None or not nets.fits(kept.tensors):
        return None
    return nets.loaded(kept.tensors, _slope(snapshot, kept.step, nets), kept.step)


def _slope(snapshot: Snapshot, step: int, nets: Nets) -> float:
    """That of the last step which the weights have seen."""
    place = int(np.searchsorted(snapshot.steps["step"], step))
    known = place < len(snapshot.steps["step"]) and snapshot.steps["step"][place] == step
    return float(snapshot.steps["slope"][place]) if known else nets.first_slope
