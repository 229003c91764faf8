"""Whether packed nets are their nets on all test images: worked out in the background, some after the other."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from lab.boards.seen import Seen
from lab.boards.wording import WAITING
from lab.boards.xnor_layers import Compared
from lab.devices import computing_with
from lab.jobs.moments import Moment, start_of
from lab.packed import Agreement, PackedNet
from lab.probes.xnor_layers import Facts, at_once, compared
from lab.ui.background import answer, failure
from lab.ui.inside.asking import moment_again
from lab.ui.inside.look import Look, could_not, wait_for
from lab.ui.inside.sides import Side
from lab.ui.inside.waiting import Answered, in_training, named
from lab.ui.picture.images import images_of
from lab.ui.told import told
from lab.ui.xnor.choices import choose_images

BEGUN, LAST = "xnor.exact.begun", "xnor.exact.last"
"""Of a tab: the packed nets that are compared, and what was found last, by their nets."""


class _Packed(NamedTuple):
    """A packed net, and the moment that it is of."""

    step: int
    weights_step: int
    net: PackedNet


def exactness(look: Look, known: Sequence[Seen[Facts]], step: int | None) -> list[Seen[Compared] | str]:
    """The choice of how many images, and for each net how it compares on as many of them as are there by now.

    Of a net for which there is nothing yet, what is to be said in its place. A page that is left asks for no more.

    Args:
        look: which nets.
        known: their packed forms.
        step: that a reader rests at; None for the newest.
    """
    there = [images_of(side.run.experiment.dataset).count for side in look.sides]
    images = choose_images(max(there))
    found: list[Seen[Compared] | str] = []
    for side, facts, tests in zip(look.sides, known, there, strict=True):
        one = _compared(side, facts, min(images, tests), tests, newest=step is None)
        found.append(one if isinstance(one, str) else Seen(side.run, *one))
    return found


def _compared(side: Side, known: Seen[Facts], asked: int, tests: int, newest: bool) -> Answered[Compared] | str:
    place = side.id, start_of(side.job, side.place)
    begun: dict[Hashable, _Packed] = st.session_state.setdefault(BEGUN, {})
    last: dict[Hashable, Answered[Compared]] = st.session_state.setdefault(LAST, {})
    packed = _Packed(known.step, known.weights_step, known.answer.packed)
    if newest and in_training(side):  # a moment is compared to its end: there would be a new one before it is done
        packed = begun.get(place, packed)
    meanwhile = last.get(place, WAITING) if newest else WAITING
    at = moment_again(side, Seen(side.run, *packed))
    if at is None:
        begun.pop(place, None)
        return meanwhile
    begun[place] = packed
    parts, under_way = _parts(side, at, packed.net, asked)
    if isinstance(parts, str):
        return parts
    if not under_way:
        del begun[place]
    if not parts:
        return meanwhile
    last[place] = Answered(packed.step, packed.weights_step, Compared(Agreement.together(parts), asked, tests))
    return last[place]


def _parts(side: Side, at: Moment, packed: PackedNet, asked: int) -> tuple[list[Agreement] | str, bool]:
    """What there is by now, or why it cannot be; and whether more is to come."""
    parts: list[Agreement] = []
    for start in range(0, asked, at_once(packed)):
        stop = min(asked, start + at_once(packed))
        name = at.weights, "xnor.exact", start, stop
        part = answer(name, partial(_part, at, packed, start, stop))
        if not part.done():
            wait_for([part])
            return parts, True
        if (why := failure(part)) is not None:
            problem = told(f"{side.run.name} could not be compared with its packed form: {named(why)}.")
            could_not(name, problem)
            return problem, False
        parts.append(part.result())
    return parts, False


def _part(at: Moment, packed: PackedNet, start: int, stop: int) -> Agreement:
    with computing_with(1):  # the others are for nets that train, and for what a reader waits for
        return compared(at.copied(), packed, start, stop)
