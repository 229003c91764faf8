"""Answers of nets that take longer than one likes to wait: worked out in the background, and shown when they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, Generic, NamedTuple, TypeVar

import streamlit as st

from lab.boards.seen import Seen
from lab.boards.wording import WAITING
from lab.devices import computing_with
from lab.jobs.moments import Moment, moments, start_of, unanswered
from lab.probes import Specimen
from lab.ui.background import answer, failure
from lab.ui.inside.asking import answers, film_answers, moment_of
from lab.ui.inside.look import Look, could_not, wait_for
from lab.ui.inside.sides import Side
from lab.ui.told import told

LAST = "inside.last"
"""Of a tab: what was worked out last, for the newest moment or to be shown meanwhile, by the net and the question."""
KEPT = 16
"""Of these."""
BEGUN = "inside.begun"
"""Of a tab: what is under way for the newest moment of nets that train, by the same."""

FEW = 4
"""Frames that are asked at once, such as those that came since the last look."""
BREATH = 0.3
"""Seconds before such an answer is begun: what the page shows at once would come later."""
FILM_BREATH = 0.1
"""The same for films, which are wanted sooner."""

T = TypeVar("T")


class Answered(NamedTuple, Generic[T]):
    """What a net has answered at a moment. It is kept, and so nothing of the run or the net."""

    step: int
    weights_step: int
    answer: T


class _Begun(NamedTuple):
    """What a net is asked at a moment."""

    step: int
    weights_step: int
    key: Hashable
    """Of the answer among all in the background."""
    answer: Future[Any]

    def answered(self, answer: Any) -> Answered[Any]:
        """What is told at that moment."""
        return Answered(self.step, self.weights_step, answer)


def later(
    look: Look, question: Callable[[Specimen], T], key: Hashable, step: int | None, meanwhile: bool = False
) -> list[Seen[T | str]]:
    """What each net answers at a step, or now for None; one does not wait for the other.

    Until that is there, or where it cannot be, what is to be said in its place; when it comes the page is drawn again.
    Who watches a net that trains sees what was worked out last until the next is there. Such a net is asked at its kept
    frames alone, and only when it has answered before: to ask it again and again would take too much from its run.

    Args:
        look: which nets.
        question: may run the net, and must not change it.
        key: tells this question from others, with the picture if it is about one.
        step: that a reader rests at.
        meanwhile: whether there is what was answered last, at whatever moment, until then.
    """
    return [later_of(side, question, key, step, meanwhile) for side in look.sides]


def later_of(
    side: Side, question: Callable[[Specimen], T], key: Hashable, step: int | None, meanwhile: bool = False
) -> Seen[T | str]:
    """The same of one net."""
    return Seen(side.run, *_later(side, question, key, step, meanwhile or step is None))


def _later(
    side: Side, question: Callable[[Specimen], T], key: Hashable, step: int | None, meanwhile: bool
) -> Answered[Any]:
    place = _start(side), key
    begun: dict[Hashable, _Begun] = st.session_state.setdefault(BEGUN, {})
    last: dict[Hashable, Answered[Any]] = st.session_state.setdefault(LAST, {})
    trains = step is None and in_training(side)
    asked = begun.pop(place, None)
    if asked is None or not trains:
        asked = _begun(moment_of(side, last_kept(side) if step is None else step), question, key)
    if not asked.answer.done():
        if trains:
            _remember(begun, place, asked)
        wait_for([asked.answer])
        return last[place] if meanwhile and place in last else asked.answered(WAITING)
    if (why := failure(asked.answer)) is not None:
        problem = told(f"{side.run.name} could not answer: {named(why)}.")
        could_not(asked.key, problem)
        return asked.answered(problem)
    found = asked.answered(asked.answer.result())
    if meanwhile:
        _remember(last, place, found)
    return found


def named(why: BaseException) -> str:
    """What went wrong, in some words."""
    first, *_ = str(why).splitlines() or [""]
    return f"{type(why).__name__}: {first}".rstrip(". :")


def _remember(of: dict[Hashable, Any], place: Hashable, value: Any) -> None:
    """Keep a value as the newest of a few."""
    of.pop(place, None)
    of[place] = value
    while len(of) > KEPT:
        of.pop(next(iter(of)))


def film_soon(look: Look, question: Callable[[Specimen], T], key: Hashable, step: int | None) -> list[list[Seen[T]]]:
    """What `film_answers` gives. To a new question there are at first only the answers at the step: they come sooner.

    Args:
        look: which nets.
        question: may run the net, and must not change it.
        key: tells this question from others, with the picture if it is about one.
        step: that a reader rests at; None for the newest.
    """
    if all(unanswered(side.job, side.place, key) <= FEW for side in look.sides):
        return film_answers(look, question, key, step)

    def work() -> None:
        film_answers(look, question, key, step)  # which every frame remembers

    film_later(("film", _place(look, key)), work)
    return [[seen] for seen in answers(look, question, key, step)]


def film_later(name: Hashable, work: Callable[[], None]) -> None:
    """Work out all moments of a film in the background; when that is done, the page is drawn again.

    Args:
        name: of the film.
        work: leaves it where the page finds it.
    """
    film = answer(name, _after(FILM_BREATH, work), kept=False)
    why = failure(film) if film.done() else None
    if why is None:
        wait_for([film])
    else:
        could_not(name, told(f"Not all moments of the film could be worked out: {named(why)}."))


def _place(look: Look, key: Hashable) -> Hashable:
    """Names a question to some nets as they train."""
    return tuple(map(_start, look.sides)), key


def _start(side: Side) -> Hashable:
    """Names a net as it trains: a run that began anew is another one."""
    return side.id, start_of(side.job, side.place)


def _after(breath: float, work: Callable[[], T]) -> Callable[[], T]:
    """The work, to be begun no sooner than so many seconds from now."""
    begins = time.monotonic() + breath

    def waited() -> T:
        time.sleep(max(0.0, begins - time.monotonic()))
        return work()

    return waited


def _begun(at: Moment, question: Callable[[Specimen], T], key: Hashable) -> _Begun:
    """Once for the same weights: all moments of a large net have the few that are kept."""

    def work() -> T:
        with computing_with(1):  # the others are for nets that train, and for what a reader waits for
            return question(at.copied())

    name = at.weights, key
    return _Begun(at.frame.step, at.weights_step, name, answer(name, _after(BREATH, work)))


def in_training(side: Side) -> bool:
    """Whether its net trains, here or in another process."""
    return side.job.status in ("running", "elsewhere")


def last_kept(side: Side) -> int | None:
    """The step of the last frame of a net that still changes; None for one that rests."""
    frames = () if side.job.ended else moments(side.job, side.place)
    return frames[-1].step if frames else None
