"""JSON values that change from moment to moment, told once: what stays, what moves, and each different value once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

LARGE = 160
"""Bytes of JSON from which on a value is told once also where it never changes: it may be at other places, too."""
Path = tuple[str | int, ...]


def encoded(value: Any) -> bytes:
    """A value, which may contain arrays, as JSON."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


class Scenes:
    """What several things are at several moments.

    `moving` has, for each place that changes, its path and the number of its value in `values` at every moment, or the
    one number for all moments.
    """

    def __init__(self) -> None:
        self.moving: list[tuple[Path, list[int] | int]] = []
        self._places: dict[bytes, int] = {}

    @property
    def values(self) -> list[orjson.Fragment]:
        """All values that are told once, as JSON."""
        return [orjson.Fragment(value) for value in self._places]

    def still(self, path: Path, scenes: Sequence[Any]) -> Any:
        """What is the same at all moments of what stands at `path`, with None wherever something moves.

        Args:
            path: where it stands.
            scenes: what it is at every moment, or once for all moments.
        """
        first = scenes[0]
        if isinstance(first, dict) and all(isinstance(each, dict) and each.keys() == first.keys() for each in scenes):
            return {key: self.still((*path, key), [each[key] for each in scenes]) for key in first}
        if all(_is_list_of_objects(each) and len(each) == len(first) for each in scenes):
            columns = range(len(first))
            return [self.still((*path, index), [each[index] for each in scenes]) for index in columns]
        return self._value(path, scenes)

    def _value(self, path: Path, scenes: Sequence[Any]) -> Any:
        told = [encoded(each) for each in scenes]
        same = len(set(told)) == 1
        if same and len(told[0]) < LARGE:
            return scenes[0]
        places = [self._places.setdefault(each, len(self._places)) for each in told]
        self.moving.append((path, places[0] if same else places))
        return None


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
