"""What the nets of a page answer: at every moment of a film, or at the one that a reader rests at."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from lab.boards.seen import Seen
from lab.figures.film import Instant
from lab.jobs.moments import Moment, at_each, moment
from lab.probes import Specimen
from lab.ui.inside.look import Look
from lab.ui.inside.sides import Side

T = TypeVar("T")


def instants(look: Look) -> list[Instant]:
    """The moments at which something was seen inside a net, and that of the newest look."""
    epochs = {frame.step: frame.epoch for side in look.sides for frame in side.run.snapshot.looks}
    return [Instant(step, epochs[step]) for step in sorted(epochs)]


def version_of(look: Look, *parts: object) -> str:
    """A name for what is shown: the nets with their moments, and what else the content depends on."""
    nets = [
        (side.id, side.run.name, side.run.experiment.seed, side.job.version if side.job.ended else None)
        for side in look.sides
    ]
    content = repr((nets, [instant.step for instant in instants(look)], look.picture.key, parts))
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def moments_of(found: Sequence[Seen[Any]]) -> list[tuple[int, int, str]]:
    """Of which moments answers are and by what weights, and what is said in their place: for the version of a board."""
    return [(each.step, each.weights_step, each.answer if isinstance(each.answer, str) else "") for each in found]


def film_answers(look: Look, question: Callable[[Specimen], T], key: Hashable, step: int | None) -> list[list[Seen[T]]]:
    """For each net its answers at all moments of which it has weights, oldest first.

    Of a net that is too large for that there is one answer, at `step`, by the nearest weights that are kept.

    Args:
        look: which nets.
        question: may run the net, and must not change it.
        key: tells this question from others, with the picture if it is about one.
        step: that a reader rests at; None for the newest.
    """
    return [_film_of(side, question, key, step) for side in look.sides]


def answers(look: Look, question: Callable[[Specimen], T], key: Hashable, step: int | None) -> list[Seen[T]]:
    """What each net answers at a step, or now for None."""
    return [answer_of(side, question, key, step) for side in look.sides]


def answer_of(side: Side, question: Callable[[Specimen], T], key: Hashable, step: int | None) -> Seen[T]:
    """What one net answers at a step, or now for None."""
    at = moment_of(side, step)
    return Seen(side.run, at.frame.step, at.weights_step, at.answer(question, key))


def asked_step(look: Look, step: int | None) -> int | None:
    """The step to ask for where a reader rests at one, or at the newest moment for None.

    Now, a net that has ended has the weights that it reports, which need not be those of its newest moment.
    """
    trains = any(not side.job.ended for side in look.sides)
    return instants(look)[-1].step if step is None and not trains else step


def _film_of(side: Side, question: Callable[[Specimen], T], key: Hashable, step: int | None) -> list[Seen[T]]:
    told = [
        Seen(side.run, frame.step, frame.step, found) for frame, found in at_each(side.job, side.place, question, key)
    ]
    if not told:
        return [answer_of(side, question, key, step)]
    newest = side.run.snapshot.frame
    if newest is not None and newest.step > told[-1].step:
        told.append(answer_of(side, question, key, None))
    return told


def moment_of(side: Side, step: int | None) -> Moment:
    """The moment of a net at a step, or now for None."""
    found = moment(side.job, side.place, step) or moment(side.job, side.place)
    assert found is not None, "a net into which nobody has looked yet"
    return found


def moment_again(side: Side, seen: Seen[Any]) -> Moment | None:
    """The moment of an answer, with the very weights that gave it; None where they are not at hand any more."""
    found = (moment_of(side, step) for step in (seen.step, None))
    return next((at for at in found if at.weights_step == seen.weights_step), None)
