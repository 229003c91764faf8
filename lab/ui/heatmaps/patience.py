"""Slow questions about nets that train, one at a time: those about moments gone by would hold up the next ones."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any, NamedTuple, TypeVar

from lab.boards.seen import Seen
from lab.ui.heatmaps.questions import Question
from lab.ui.inside.asking import instants
from lab.ui.inside.look import Look
from lab.ui.inside.waiting import later

T = TypeVar("T")


class _Steps(NamedTuple):
    shown: int | None
    """That was answered last."""
    asked: int


def patiently(
    look: Look, question: Question[T], step: int | None, remembered: MutableMapping[Any, Any]
) -> Sequence[Seen[T]] | None:
    """What the nets answer, worked out in the background; None until there is anything.

    Of the newest moment of nets that train, another one is asked about only when the last one has been answered, which
    is shown meanwhile.

    Args:
        look: the nets.
        question: for each.
        step: that a reader rests at; None for the newest.
        remembered: what the session keeps.
    """
    if step is not None or all(side.job.status != "running" for side in look.sides):
        return later(look, *question, step)
    name, newest = str(("heatmaps.asked", [side.id for side in look.sides], question.key)), instants(look)[-1].step
    steps: _Steps = remembered.get(name, _Steps(None, newest))
    found = later(look, *question, steps.asked)
    if found is not None:
        remembered[name] = _Steps(steps.asked, newest)
        return found
    remembered[name] = steps
    return None if steps.shown is None else later(look, *question, steps.shown)
