"""Answers of nets that take longer than one likes to wait: worked out in the background, and shown when they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

import streamlit as st

from lab.boards.seen import Seen
from lab.devices import computing_with
from lab.jobs.moments import Moment, moments
from lab.probes import Specimen
from lab.ui.background import answer
from lab.ui.inside.asking import answers, film_answers, moment_of
from lab.ui.inside.look import Look, wait_for
from lab.ui.inside.sides import Side

LAST = "inside.last"
"""Of a tab: what was worked out last for the newest moment, by the nets and the question."""
KEPT = 16
"""Of these."""
BEGUN = "inside.begun"
"""Of a tab: what is under way for the newest moment of nets that train, by the same."""

FILMS = "inside.films"
"""Of a tab: what is asked at all moments, by the nets and the question."""
BREATH = 0.3
"""Seconds before such an answer is begun: what the page shows at once would come later."""
FILM_BREATH = 0.1
"""The same for films, which are wanted sooner."""

T = TypeVar("T")


def later(look: Look, question: Callable[[Specimen], T], key: Hashable, step: int | None) -> list[Seen[T]] | None:
    """What each net answers at a step, or now for None; None until that is there, and then the page is drawn again.

    Who watches a net that trains sees what was worked out last until the next is there. Such a net is asked at its kept
    frames alone, and only when it has answered before: to ask it again and again would take too much from its run.

    Args:
        look: which nets.
        question: may run the net, and must not change it.
        key: tells this question from others, with the picture if it is about one.
        step: that a reader rests at.
    """
    place = tuple(side.id for side in look.sides), key
    begun: dict[Hashable, Any] = st.session_state.setdefault(BEGUN, {})
    trains = step is None and any(side.job.status == "running" for side in look.sides)
    asked = begun.pop(place, None)
    if asked is None or not trains:
        at_step = [moment_of(side, _last_kept(side) if step is None else step) for side in look.sides]
        asked = [(at, _begun(at, question, key)) for at in at_step]
    futures = [future for _, future in asked]
    last: dict[Hashable, Any] = st.session_state.setdefault(LAST, {})
    if all(future.done() for future in futures):
        found = [
            Seen(side.run, at.frame.step, at.weights_step, future.result())
            for side, (at, future) in zip(look.sides, asked, strict=True)
        ]
        if step is None:
            last.pop(place, None)
            last[place] = found
            while len(last) > KEPT:
                last.pop(next(iter(last)))
        return found
    if trains:
        begun[place] = asked
        while len(begun) > KEPT:
            begun.pop(next(iter(begun)))
    wait_for(futures)
    return last.get(place) if step is None else None


def film_soon(look: Look, question: Callable[[Specimen], T], key: Hashable, step: int | None) -> list[list[Seen[T]]]:
    """What `film_answers` gives. To a new question there are at first only the answers at the step: they come sooner.

    Args:
        look: which nets.
        question: may run the net, and must not change it.
        key: tells this question from others, with the picture if it is about one.
        step: that a reader rests at; None for the newest.
    """
    place = tuple(side.id for side in look.sides), key
    begun: dict[Hashable, Future[Any]] = st.session_state.setdefault(FILMS, {})
    if place not in begun:
        begun[place] = answer(("film", place), _after(FILM_BREATH, partial(film_answers, look, question, key, step)))
        while len(begun) > KEPT:
            begun.pop(next(iter(begun)))
    if begun[place].done():
        return film_answers(look, question, key, step)
    wait_for([begun[place]])
    return [[seen] for seen in answers(look, question, key, step)]


def _after(breath: float, work: Callable[[], T]) -> Callable[[], T]:
    """The work, to be begun no sooner than so many seconds from now."""
    begins = time.monotonic() + breath

    def waited() -> T:
        time.sleep(max(0.0, begins - time.monotonic()))
        return work()

    return waited


def _begun(at: Moment, question: Callable[[Specimen], T], key: Hashable) -> Future[T]:
    """Once for each net: all moments of a large one have the few weights that are kept."""

    def work() -> T:
        with computing_with(1):  # the others are for nets that train, and for what a reader waits for
            return question(at.copied())

    future: Future[T] = answer((at.weights, key), _after(BREATH, work))
    return future


def _last_kept(side: Side) -> int | None:
    """The step of the last frame of a net that still changes; None for one that rests."""
    frames = () if side.job.ended else moments(side.job, side.place)
    return frames[-1].step if frames else None
