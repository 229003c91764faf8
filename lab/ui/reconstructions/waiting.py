"""What takes long to work out, of nets that may train meanwhile: what was begun is awaited before the next is."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from lab.boards.seen import Seen
from lab.jobs.moments import Moment, moment
from lab.probes import Specimen
from lab.ui.background import answer
from lab.ui.inside.look import Look, look_again
from lab.ui.inside.sides import Side

T = TypeVar("T")
Key = tuple[Hashable, ...]
WORK, LAST = "reconstructions.work", "reconstructions.last"
NOT_READY = ("opening", "preparing")
PAUSE = 10.0
"""Seconds from one beginning to the next at least, while a reader watches a net in training."""


class _Work(NamedTuple):
    """What was begun, of each net."""

    key: Key
    begun: float
    moments: list[Moment]
    futures: list[Future[Any]]

    @property
    def done(self) -> bool:
        return all(future.done() for future in self.futures)

    @property
    def goes_on(self) -> bool:
        """Whether it is too early for the next, of a net in training."""
        return not self.done or time.monotonic() < self.begun + PAUSE


def worked_out(look: Look, question: Callable[[Specimen], T], key: Key, step: int | None) -> list[Seen[T]] | None:
    """What each net answers, in the background; None until it is there, and then the page is drawn again.

    Who watches the newest moment of nets in training sees what was worked out last, until the next is there. They are
    asked at kept frames alone.

    Args:
        look: which nets.
        question: may run the net, and must not change it.
        key: what is asked, its first part in a word.
        step: that the reader rests at; None for the newest.
    """
    if any(side.job.status in NOT_READY for side in look.sides):
        return None  # the weights are still on their way; the page comes back when they are there
    name = (key[0], *(side.id for side in look.sides))
    work = _begun(look, question, key, step, name)
    last: dict[Hashable, Any] = st.session_state.setdefault(LAST, {})
    if work.done:
        found = [
            Seen(side.run, at.frame.step, at.weights_step, future.result())
            for side, at, future in zip(look.sides, work.moments, work.futures, strict=True)
        ]
        last[name] = (key, found)
        return found
    look_again(lambda: work.done)
    known = last.get(name)
    return known[1] if step is None and known is not None and known[0] == key else None


def _begun(
    look: Look, question: Callable[[Specimen], T], key: Key, step: int | None, name: tuple[Hashable, ...]
) -> _Work:
    """What is under way or done, if that is what is wanted; else it is begun."""
    newest = max((frame.step for side in look.sides for frame in side.run.snapshot.frames), default=None)
    wanted = newest if step is None else step
    works: dict[Hashable, _Work] = st.session_state.setdefault(WORK, {})
    work = works.get(name)
    trains = any(side.job.status == "running" for side in look.sides)
    if work is not None and work.key == key and step is None and trains and work.goes_on:
        return work
    moments = [_moment(side, wanted) for side in look.sides]
    if work is not None and work.key == key and [at.weights for at in work.moments] == [at.weights for at in moments]:
        work = works[name] = work._replace(moments=moments)  # of other frames, for which the same weights answer
        return work
    work = works[name] = _Work(key, time.monotonic(), moments, [_asked(at, question, key) for at in moments])
    return work


def _asked(at: Moment, question: Callable[[Specimen], T], key: Key) -> Future[T]:
    """Once for each net: all moments of a large one have the few weights that are kept."""
    future: Future[T] = answer((at.weights, key), lambda: question(at.copied()))
    return future


def _moment(side: Side, step: int | None) -> Moment:
    found = moment(side.job, side.place, step) or moment(side.job, side.place)
    assert found is not None, "a net into which nobody has looked yet"
    return found
