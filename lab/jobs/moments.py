"""Moments of a run, under way or ended: what was seen inside a net after a step, and a net of that step to be asked.

A question goes to a net of its own, never to one that trains, and one question at a time goes to each net. What a net
is asked within a question to another one could wait for it without end: ask them one after the other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from lab.jobs.job import Job
from lab.jobs.loaded_nets import LoadedNet, Nets, Question
from lab.jobs.nearest_weights import nearest, weights_in
from lab.jobs.shown import Start
from lab.probes import Frame, Specimen
from lab.recorder import Snapshot

KEYS = 8
"""Questions to which the answers of a frame are remembered."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Moment:
    """A moment of a contestant."""

    contestant: int
    """Its place among those of the job."""
    frame: Frame
    """What was seen inside its net at this moment."""
    weights_step: int
    """The step that the weights of the net are of: that of the frame, or the nearest of which there are weights."""
    weights: tuple[int, int]
    """Names these weights among those of all runs: moments that have the same ones have the same name."""
    _net: LoadedNet

    def ask(self, question: Question[T]) -> T:
        """What a net with the weights, and the slope, of `weights_step` answers; asked in this thread.

        Args:
            question: may run the net, and must not change it or keep it.
        """
        return self._net.ask(question)

    def answer(self, question: Question[T], key: Hashable) -> T:
        """The same; what was answered to this key is not asked again."""
        answer = _remembered(self.frame, (self.weights_step, key), lambda: (self.ask(question),))
        assert answer is not None
        return answer[0]

    def copied(self) -> Specimen:
        """Such a net that belongs to who asks."""
        return self._net.copied().specimen


class Answered(NamedTuple):
    """What the net of a frame answered."""

    frame: Frame
    answer: Any


class _Contestant(NamedTuple):
    snapshot: Snapshot
    nets: Nets


_nets: WeakKeyDictionary[Start, dict[int, Nets]] = WeakKeyDictionary()
"""Of each start of a job, by the places of its contestants."""
_answers: WeakKeyDictionary[Frame, OrderedDict[Hashable, Any]] = WeakKeyDictionary()
_lock = threading.Lock()


def moments(job: Job, contestant: int = 0) -> tuple[Frame, ...]:
    """What was seen inside the net of a contestant, oldest first. What is lost of it is in its snapshot."""
    return _contestant(job, contestant).snapshot.frames


def moment(job: Job, contestant: int = 0, step: int | None = None) -> Moment | None:
    """A moment of a contestant; None where nothing was seen by then.

    Args:
        job: under way, ended, or here to be looked at alone.
        contestant: its place among those of the job.
        step: the newest look is taken that is not later; None for the newest of all, which is not always kept.
    """
    snapshot, nets = _contestant(job, contestant)
    frame = snapshot.frame
    if step is not None:
        frame = next((look for look in reversed(snapshot.looks) if look.step <= step), None)
    if frame is None:
        return None
    net = nearest(job, contestant, snapshot, nets, frame)
    step = net.specimen.step
    return Moment(contestant, frame, step, (nets.number, step), net)


def start_of(job: Job, contestant: int) -> int:
    """Tells the start of a contestant from all others: where it began anew it is another one."""
    return _contestant(job, contestant).nets.number


def at_each(job: Job, contestant: int, question: Question[T], key: Hashable) -> list[Answered]:
    """What the nets of all frames answer that have weights, oldest first; of large nets none has.

    Args:
        job: under way, ended, or here to be looked at alone.
        contestant: its place among those of the job.
        question: may run the net, and must not change it or keep it.
        key: tells this question from others: what was answered to it is not asked again.
    """
    snapshot, nets = _contestant(job, contestant)
    told = (
        (frame, _remembered(frame, (frame.step, key), partial(_asked, nets, frame, question)))
        for frame in snapshot.frames
    )
    return [Answered(frame, *answer) for frame, answer in told if answer]


def unanswered(job: Job, contestant: int, key: Hashable) -> int:
    """How many frames have weights whose answer is not remembered: those of which `at_each` has to ask a net."""
    snapshot, nets = _contestant(job, contestant)
    with _lock:
        new = [frame for frame in snapshot.frames if (frame.step, key) not in _answers.get(frame, ())]
    return sum(1 for frame in new if weights_in(frame, nets) is not None)


def _contestant(job: Job, place: int) -> _Contestant:
    experiment, recorder, start = job.remembered(place)
    with _lock:
        nets = _nets.setdefault(start, {}).setdefault(place, Nets(experiment))
    return _Contestant(recorder.snapshot(), nets)


def _asked(nets: Nets, frame: Frame, question: Question[T]) -> tuple[T] | None:
    weights = weights_in(frame, nets)
    return None if weights is None else (nets.spare().answer_with(*weights, frame.step, question),)


def _remembered(frame: Frame, key: Hashable, ask: Callable[[], tuple[T] | None]) -> tuple[T] | None:
    with _lock:
        answers = _answers.setdefault(frame, OrderedDict())
        if key in answers:
            answers.move_to_end(key)
            return answers[key]
    answer = ask()
    if answer is None:  # the frame has no weights, but another net may answer for it
        return None
    with _lock:
        answers[key] = answer
        while len(answers) > KEYS:
            answers.popitem(last=False)
    return answer
