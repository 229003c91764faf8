"""What the net of a contestant answered at a moment of its run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from lab.boards.contestants import Contestant

T = TypeVar("T")


class Seen(NamedTuple, Generic[T]):
    """An answer, and whose it is."""

    run: Contestant
    step: int
    """That is looked at."""
    weights_step: int
    """That the weights are of which answered: another one where none of that step are kept."""
    answer: T


def answers_there(found: Sequence[Seen[T]] | str) -> Sequence[Seen[T]]:
    """The answers of some nets; none where there is a sentence in their place, which a card then says."""
    return () if isinstance(found, str) else found


def told_moment(seen: Seen[T]) -> str:
    """Of which step an answer is and, if those are others, which weights gave it."""
    moment = f"At step {seen.step}"
    if seen.weights_step == seen.step:
        return f"{moment}."
    return f"{moment}, by the weights of step {seen.weights_step}: of {seen.run.name} none nearer are kept."
