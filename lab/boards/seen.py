"""What the net of a contestant answered at a moment of its run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

from lab.boards.contestants import Contestant
from lab.figures.sheets import Origin

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Seen(NamedTuple, Generic[T_co]):
    """An answer, and whose it is."""

    run: Contestant
    step: int
    """That is looked at."""
    weights_step: int
    """That the weights are of which answered: another one where none of that step are kept."""
    answer: T_co


def origin_of(seen: Seen[Any], picture_name: str = "") -> Origin:
    """Of what an answer is, for the file of its numbers.

    Args:
        seen: the answer.
        picture_name: of the picture that it is about; nothing where it is about none.
    """
    return Origin(seen.run.name, seen.step, seen.weights_step, picture_name)


def at_steps(steps: Iterable[int]) -> str:
    """When something was, in words: of nets beside each other, one may have trained longer than the other."""
    different = list(map(str, dict.fromkeys(steps)))
    return f"at {'step' if len(different) == 1 else 'steps'} {' and '.join(different)}"


def answers_there(found: Sequence[Seen[T | str]]) -> list[Seen[T]]:
    """The answers of some nets, without those in whose place there is a sentence, which a card then says."""
    return [cast("Seen[T]", each) for each in found if not isinstance(each.answer, str)]


def said_instead(found: Sequence[Seen[T | str]]) -> list[str]:
    """Those sentences, each once."""
    return list(dict.fromkeys(each.answer for each in found if isinstance(each.answer, str)))


def told_moment(seen: Seen[T]) -> str:
    """Of which step an answer is and, if those are others, which weights gave it."""
    moment = f"At step {seen.step}"
    if seen.weights_step == seen.step:
        return f"{moment}."
    return f"{moment}, by the weights of step {seen.weights_step}: of {seen.run.name} none nearer are kept."
