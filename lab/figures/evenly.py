"""A few of many values that lie in order, evenly spaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def evenly(values: Sequence[T], most: int, keep: Sequence[T] = ()) -> list[T]:
    """At most `most` of the values, in order: all where there are no more, else evenly spaced from first to last.

    Args:
        values: to choose from, without repetition.
        most: how many to choose, at least 1; a single one is the last.
        keep: values that are chosen in the place of the nearest ones, neither the first nor the last.

    Raises:
        ValueError: `most` is below 1.
    """
    if most < 1:
        raise ValueError(f"{most} values are to be chosen; it must be at least 1.")
    count = len(values)
    if count <= most:
        return list(values)
    places = [round(index * (count - 1) / (most - 1)) for index in range(most)] if most > 1 else [count - 1]
    for place in sorted(values.index(each) for each in keep if each in values):
        inner = [index for index in range(1, most - 1) if values[places[index]] not in keep]
        if place not in places and inner:
            nearest = min(inner, key=lambda index: abs(places[index] - place))
            places[nearest] = place
            places.sort()
    return [values[place] for place in places]
